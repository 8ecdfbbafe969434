#!/usr/bin/env bash
# run.sh [SECONDS]: fuzzes the reader of text with libFuzzer, from the kept corpus and every shipped space; 600 seconds
# unless told. Exits 1 and leaves the input in build/fuzz/found where it finds a crash, a hang or a broken round trip.
# run.sh --keep: replaces the kept corpus by the smallest set that covers what the last run reached.
# Needs clang with libFuzzer: Debian's clang-19 and libclang-rt-19-dev, or those that CXX names.
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
corpus=$source_dir/tests/fuzz/corpus
build=$source_dir/build/fuzz
grown=$build/corpus

if [[ ${1:-} == --keep ]]; then
  kept=$(mktemp -d)
  trap 'rm -rf "$kept"' EXIT
  "$build/tests/fuzz/fuzz_parse_text" -set_cover_merge=1 -use_counters=0 -max_len=3000 "$kept" "$corpus" "$grown" 2>&1 | tail -1
  rm -f "$corpus"/*
  cp "$kept"/* "$corpus"
  echo "$(find "$corpus" -type f | wc -l) inputs, $(du -sb "$corpus" | cut -f1) bytes"
  exit
fi

compiler=${CXX:-$(command -v clang++-19 || command -v clang++ || true)}
[[ -n $compiler ]] || { echo "run.sh: no clang++; install clang-19 and libclang-rt-19-dev" >&2; exit 2; }
sanitizers=address,undefined
cmake -S "$source_dir" -B "$build" -G Ninja -D CMAKE_CXX_COMPILER="$compiler" -D CMAKE_BUILD_TYPE=RelWithDebInfo \
  -D CMAKE_CXX_FLAGS="-fsanitize=fuzzer-no-link,$sanitizers -fno-sanitize-recover=undefined" \
  -D ESPALIER_BUILD_RUNTIME=OFF -D ESPALIER_FUZZ=ON >/dev/null
cmake --build "$build" --target fuzz_parse_text fuzz_seeds
mkdir -p "$grown" "$build/found"
"$build/tests/fuzz/fuzz_seeds" "$build/seeds" "$build/words.dict"
for case in "$source_dir"/tests/compiler/passes/*/*.ir; do
  cp "$case" "$build/seeds/$(basename "$(dirname "$case")")-$(basename "$case")"
done
"$build/tests/fuzz/fuzz_parse_text" -max_total_time="${1:-600}" -timeout=10 -rss_limit_mb=2048 -max_len=12000 \
  -dict="$build/words.dict" -artifact_prefix="$build/found/" -print_final_stats=1 "$grown" "$corpus" "$build/seeds"
