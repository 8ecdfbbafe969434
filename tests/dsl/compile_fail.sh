#!/usr/bin/env bash
# compile_fail.sh COMPILER CASE INCLUDE_DIR: CASE must be refused, in at most 12 lines that contain the words of its
# first line "// expect: WORDS"; with CONTROL defined it must compile.
set -uo pipefail
export LC_ALL=C
compiler=$1 case=$2 include_dir=$3
max_lines=12

compile() { "$compiler" -std=c++20 -fsyntax-only -I "$include_dir" "$@" "$case" 2>&1; }
fail() {
  printf '%s: %s\n%s\n' "$case" "$1" "$message"
  exit 1
}

words=$(sed -n '1s|^// expect: *||p' "$case")
message=
[[ -n $words ]] || fail "the first line must be '// expect: WORDS'"
grep -qw CONTROL "$case" || fail "there is no '#ifdef CONTROL' variant that compiles"
message=$(compile -DCONTROL) || fail "the control does not compile:"
if message=$(compile); then fail "it compiles, but should not"; fi
[[ $message == *"$words"* ]] || fail "the message lacks \"$words\":"
lines=$(wc -l <<<"$message")
((lines <= max_lines)) || fail "the message has $lines lines, more than $max_lines:"
