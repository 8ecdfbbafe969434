#!/usr/bin/env bash
# errors_page.sh RULES CASES PAGE [--update]: PAGE (docs/errors.md) has a section for every rule of RULES (rules.hpp),
# made from the rule's case in the folder CASES; cases of no rule come last. Fails where the page differs or a rule has
# no case; --update writes the page.
set -euo pipefail
export LC_ALL=C
rules=$1 cases=$2 page=$3 update=${4:-}

# The code of a case with CONTROL defined (1) or not (0), without what every case begins and ends with.
code() {
  awk -v control="$2" '
    /^#ifdef CONTROL/ { skip = !control; next }
    /^#else/ { skip = control; next }
    /^#endif/ { skip = 0; next }
    /^\/\/|^#include|^using namespace|^static_assert\(valid/ || skip { next }
    NF > 0 { for (; blank > 0 && printed; --blank) print ""; blank = 0; print; printed = 1; next }
    { blank = 1 }' "$1"
}

section() { # the heading and the case
  printf '\n## %s\n\n' "$1"
  awk '/^\/\/ expect:/ || !/^\/\// { next } { sub(/^\/\/ ?/, "") } NF > 0' "$2"
  printf '\n```text\n%s\n```\n' "$(sed -n 's|^// expect: *||p' "$2")"
  printf '\nWrong:\n\n```cpp\n%s\n```\n\nRight:\n\n```cpp\n%s\n```\n' "$(code "$2" 0)" "$(code "$2" 1)"
}

made=$(mktemp)
trap 'rm -f "$made"' EXIT
{
  cat <<'INTRODUCTION'
# Errors

What the language finds wrong in a search space: while compiling, at the first use of the space (`valid<net>()`,
`count<net>()`, ...), and in spaces read from text. A message names the space, the place with its line, what is wrong
with the numbers of one architecture that shows it, a remedy, and the rule. Each rule has a section here; the
messages leave the lines out.
INTRODUCTION
  ids=$(sed -n 's/^ *{rule::\([a-z_0-9]*\),.*/\1/p' "$rules" | grep -vx none)
  for id in $ids; do
    [[ -f $cases/$id.cpp ]] || { echo "the rule $id has no case $cases/$id.cpp" >&2; exit 1; }
    section "${id//_/-}" "$cases/$id.cpp"
  done
  printf '\n# Arguments of a wrong type\n'
  for case in "$cases"/*.cpp; do
    id=$(basename "$case" .cpp)
    grep -qx "$id" <<<"$ids" || section "${id//_/ }" "$case"
  done
} >"$made"

if [[ $update == --update ]]; then
  cp "$made" "$page"
elif ! diff -u "$page" "$made"; then
  echo "$page is not what the rules and cases say; run: $0 $rules $cases $page --update" >&2
  exit 1
fi
