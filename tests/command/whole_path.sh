#!/usr/bin/env bash
# Search, train, evaluate and emit one tiny space.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

data data
search() { espalier search tiny.hpp --strategy "$1" --data data --epochs 1 --batch 16 --trials 2 --population 2 --out "$@"; }
search darts --json
[[ $(field 0 strategy) == darts && $(field 0 macs) -gt 0 ]] || fail "search --json: $output"
search random --max-macs median
[[ -s random/architecture.json && -s random/result.json && -s darts/supernet.pt ]] || fail "files are missing: $(ls darts random)"

espalier train tiny.hpp darts --data data --epochs 2 --batch 32 --out trained --json
accuracy=$(field 0 test_accuracy)
espalier evaluate tiny.hpp trained --weights trained/weights.pt --data data --json
[[ $(field 0 test_accuracy) == "$accuracy" ]] || fail "evaluated $(field 0 test_accuracy), trained to $accuracy"
espalier evaluate tiny.hpp darts --weights darts/supernet.pt --data data
says "of a supernet"

espalier graph darts -o cell.svg
[[ -s cell.svg ]] || fail "no picture: $(ls)"

espalier results darts random trained
says darts random trained "test accuracy"
mkdir darts/trained && cp trained/result.json darts/trained
espalier results darts --json
[[ $(field 0 test_accuracy) == "$accuracy" && $(field 0 strategy) == darts ]] || fail "results of a search and what was trained: $output"
rm -r darts/trained
espalier results darts/ trained --json
[[ $(field 0 run) == darts && $(field 1 run) == trained ]] || fail "results --json: $output"
refused "no result.json" -- results data

for weights in darts/supernet.pt trained/weights.pt; do
  rm -rf network again
  espalier emit tiny.hpp darts -o network --weights $weights --data data
  says cmake
  espalier emit tiny.hpp darts -o again --weights $weights --data data
  diff -r network again || fail "two emissions differ"
  mkdir network/build
  espalier emit tiny.hpp darts -o network --weights $weights --data data
  for file in network.hpp main.cpp CMakeLists.txt README.md weights.pt parity.pt architecture.json; do
    [[ -s network/$file ]] || fail "no $file: $(ls network)"
  done
done
espalier sample tiny.hpp --largest -o other.json
refused "another network" "--force" -- emit tiny.hpp other.json -o network
espalier emit tiny.hpp other.json -o network --force

finish
