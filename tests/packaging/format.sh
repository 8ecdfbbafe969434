#!/usr/bin/env bash
# format.sh SOURCE_DIR [CLANG_FORMAT]: all our C++ is as clang-format 14 lays it out; other versions differ, so without
# that one the check is skipped (77). Emitted code has a style of its own, which the emission tests check.
set -uo pipefail
cd "$1"
if [[ -z ${2:-} ]]; then
  echo "skipped: no clang-format 14 here"
  exit 77
fi
find dsl compiler runtime examples tests -path '*/golden' -prune -o \( -name '*.hpp' -o -name '*.cpp' \) -print0 |
  xargs -0 "$2" --dry-run -Werror
