#!/usr/bin/env bash
# compile_time.sh SOURCE_DIR OUT_DIR [--write]: what the language costs to compile, as user seconds of the compiler and
# its memory: bare file, bare include, flat spaces of n edges in three encodings, 60 operations declared in two ways, and
# every shipped space. Every run goes to OUT_DIR/compile_time.csv; medians of RUNS (5) runs with their range to the
# standard output, and with --write into docs/performance.md. COMPILERS is "g++ clang++" where both are present.
set -euo pipefail
export LC_ALL=C
source_dir=$1 out=$2
here=$(dirname "${BASH_SOURCE[0]}")
runs=${RUNS:-5}
limit=60  # seconds, for one compilation
patience=15 # seconds: what takes longer is run once
read -ra compilers <<<"${COMPILERS:-g++ $(command -v clang++-19 || command -v clang++ || true)}"
# shellcheck source=sources.bash
source "$here/sources.bash"

command -v /usr/bin/time >/dev/null || { echo "compile_time needs /usr/bin/time (package time)" >&2; exit 1; }
mkdir -p "$out/sources"
csv=$out/compile_time.csv
echo 'compiler,case,n,run,user_seconds,memory_mb' >"$csv"

cases=() # NAME N FILE
add_case() { # NAME N SOURCE
  printf '%s\n' "$3" >"$out/sources/$1.$2.cpp"
  cases+=("$1 $2 $out/sources/$1.$2.cpp")
}
sizes='14 56 112 224 448'
add_case 'bare' 0 ''
add_case 'include' 0 '#include <espalier/dsl.hpp>'
for n in $sizes; do add_case 'ours' "$n" "$(ours "$n")"; done
for n in $sizes; do add_case 'types' "$n" "$(types "$n")"; done
for n in $sizes; do add_case 'hana' "$n" "$(hana "$n")"; done
for n in 0 60; do add_case 'reflected' "$n" "$(reflected "$n")"; done
for n in 0 60; do add_case 'adapted' "$n" "$(adapted "$n")"; done
for header in "$source_dir"/examples/spaces/*.hpp; do
  [[ $header == */all.hpp ]] && continue
  add_case "$(basename "$header" .hpp)" 0 "#include <spaces/$(basename "$header")>"
done

# USER_SECONDS MEMORY_MB, or nothing where it fails or takes too long.
measure() { # COMPILER FILE
  /usr/bin/time -f '%U %M' -o "$out/time" timeout "$limit" "$1" -std=c++20 -c -o "$out/object.o" \
    -I "$source_dir/dsl/include" -I "$source_dir/examples" "$2" >"$out/messages" 2>&1 || return 1
  awk 'END { printf "%s %.0f\n", $1, $2 / 1024 }' "$out/time"
}

declare -A stopped # of a compiler: the n from which on a case fails or is too slow; a case slow enough to run once
for ((run = 1; run <= runs; ++run)); do
  for compiler in "${compilers[@]}"; do
    for entry in "${cases[@]}"; do
      read -r name n file <<<"$entry"
      ((n < ${stopped["$compiler $name"]:-1000000})) && [[ -z ${stopped["$compiler $name $n"]:-} ]] || continue
      if ! result=$(measure "$compiler" "$file"); then
        stopped["$compiler $name"]=$n
        echo "$(basename "$compiler"): $name $n: stopped after $limit s, or failed: $(head -1 "$out/messages")" >&2
        continue
      fi
      read -r seconds memory <<<"$result"
      echo "$(basename "$compiler"),$name,$n,$run,$seconds,$memory" >>"$csv"
      awk -v s="$seconds" -v p="$patience" 'BEGIN { exit !(s > p) }' && stopped["$compiler $name $n"]=1
    done
  done
done

# The longest symbol of objects that use spaces and their facts at run time.
longest=0
for space in flat spaces::darts::imagenet spaces::fashion::cells; do
  { if [[ $space == flat ]]; then ours 56; else echo "$space" | sed 's|\(.*\)::.*|#include <\1.hpp>|; s|::|/|'; fi
    echo "unsigned long size() { return $space.view().nodes.size(); }
unsigned used() { auto n = espalier::dsl::count<$space>(); return n.divide(10); }
long long facts() { return espalier::dsl::min_params<$space>() + espalier::dsl::max_macs<$space>() + espalier::dsl::fits<$space>(espalier::dsl::macs(1)); }"
  } >"$out/sources/symbols.cpp"
  for compiler in "${compilers[@]}"; do
    "$compiler" -std=c++20 -O0 -c -o "$out/object.o" -I "$source_dir/dsl/include" -I "$source_dir/examples" \
      "$out/sources/symbols.cpp"
    length=$(nm "$out/object.o" | awk '{ if (length($NF) > most) most = length($NF) } END { print most + 0 }')
    longest=$((length > longest ? length : longest))
  done
done

awk -F, -v symbol="$longest" -f "$here/table.awk" "$csv" | tee "$out/compile_time.md"
if [[ ${3:-} == --write ]]; then
  page=$source_dir/docs/performance.md
  awk -v table="$out/compile_time.md" '
    /^<!-- compile_time -->$/ { print; while ((getline line < table) > 0) if (line !~ /^headline /) print line; inside = 1 }
    /^<!-- end -->$/ { inside = 0 }
    !inside || /^<!-- end -->$/ { if ($0 != "<!-- compile_time -->") print }' "$page" >"$out/performance.md"
  cp "$out/performance.md" "$page"
fi
