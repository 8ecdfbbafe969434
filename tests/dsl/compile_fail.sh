#!/usr/bin/env bash
# compile_fail.sh COMPILER CASE INCLUDE_DIR: CASE must be refused with the words of its first lines
# "// expect: WORDS", on lines of the user's own declaration, by g++ in at most 12 lines; with CONTROL defined it must
# compile without a warning. clang prints the sentence in pieces, which are joined here.
set -uo pipefail
export LC_ALL=C
compiler=$1 case=$2 include_dir=$3
max_lines=12

compile() {
  "$compiler" -std=c++20 -Wall -Wextra -Wconversion -Werror -fsyntax-only -I "$include_dir" "$@" "$case" 2>&1
}
fail() {
  printf '%s: %s\n%s\n' "$case" "$1" "$message"
  exit 1
}

words=$(sed -n 's|^// expect: *||p' "$case" | tr '\n' ' ' | sed 's| *$||')
message=
[[ -n $words ]] || fail "the first lines must be '// expect: WORDS'"
grep -qw CONTROL "$case" || fail "there is no '#ifdef CONTROL' variant that compiles"
message=$(compile -DCONTROL) || fail "the control does not compile:"
if message=$(compile); then fail "it compiles, but should not"; fi

text=$(sed -E 's|"\}, (espalier::dsl::)?message_text<30>\{"||g; s|\\(.)|\1|g' <<<"$message")
[[ $(sed 's| (line [0-9]*)||g' <<<"$text") == *"$words"* ]] || fail "the message lacks \"$words\":"

declared=$(awk '/^#ifdef CONTROL/ { skip = 1 } /^#else/ { skip = 0 } !skip && /^[^\/#]/ { printf " %d ", NR }' "$case")
for line in $(grep -oE '\(line [0-9]+\)' <<<"$text" | tr -dc '0-9\n'); do
  [[ $declared == *" $line "* ]] || fail "line $line is not one of the declaration:"
done

"$compiler" --version | grep -qi clang && exit 0
# From g++ 13 on, every step on the way to an error shows its source: three lines instead of one.
lines=$(grep -vcE '^ *[0-9]* \|' <<<"$message")
(($("$compiler" -dumpversion | cut -d. -f1) < 13)) && lines=$(wc -l <<<"$message")
((lines <= max_lines)) || fail "the message has $lines lines, more than $max_lines:"
