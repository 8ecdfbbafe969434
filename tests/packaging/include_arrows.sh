#!/usr/bin/env bash
# include_arrows.sh SOURCE_DIR: dsl/ and compiler/ include nothing of LibTorch and nothing to their right; dsl/ none of
# the slow headers either. What stands in a raw string is text that is emitted, not an include.
set -uo pipefail
cd "$1"
status=0

forbid() { # FOLDER PATTERN
  local found
  found=$(find "$1" \( -name '*.hpp' -o -name '*.cpp' \) -print0 | PATTERN=$2 xargs -0 -r perl -0777 -ne '
    s/R"(\w*)\((.*?)\)\1"//gs;
    print "$ARGV: $_\n" for /^\s*(#\s*include\s*$ENV{PATTERN}.*)$/gm;')
  [[ -z $found ]] && return
  printf '%s/ must not include:\n%s\n' "$1" "$found"
  status=1
}

torch='<(?:torch|ATen|c10|caffe2)/'
forbid dsl "(?:$torch|<(?:fmt|range|nlohmann)/|<(?:iostream|ranges)>|[<\"]espalier/(?:compiler|runtime)/)"
forbid compiler "(?:$torch|[<\"]espalier/runtime/)"
exit $status
