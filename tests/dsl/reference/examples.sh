#!/usr/bin/env bash
# examples.sh PAGES_DIR COMPILER INCLUDE_DIR...: the examples of all pages compile: each page's in a namespace of its
# own, and errors name the page and its line.
set -euo pipefail
pages=$1 compiler=$2
shift 2
examples=$(mktemp --suffix=.cpp)
trap 'rm -f "$examples"' EXIT

{
  echo '#include <espalier/dsl.hpp>'
  for page in "$pages"/*.md; do
    grep -q '^```cpp' "$page" || { [[ $page == */README.md ]] && continue; echo "#error $page has no example"; }
    name=$(basename "$page" .md)
    echo "namespace page_$name { using namespace espalier::dsl;"
    awk -v page="$page" '
      /^```cpp/ { inside = 1; printf "#line %d \"%s\"\n", NR + 1, page; next }
      /^```/    { inside = 0 }
      inside' "$page"
    echo '}'
  done
} >"$examples"
"$compiler" -std=c++20 -Wall -Wextra -Wconversion -Werror -fsyntax-only "${@/#/-I}" "$examples"
