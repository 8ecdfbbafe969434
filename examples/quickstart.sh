#!/usr/bin/env bash
# Installs, builds, and takes one search space the whole way on real images: declare, compile, search, emit, train.
#   quickstart.sh [--fast] [--seed N] [--out DIR]      --fast: every step in about a minute, accuracy aside
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fast=no seed=1 out=
while (($#)); do
  case $1 in
    --fast) fast=yes ;;
    --seed) seed=${2:?--seed needs a number}; shift ;;
    --out) out=${2:?--out needs a folder}; shift ;;
    *) echo "quickstart.sh: unknown option $1 (known: --fast, --seed N, --out DIR)" >&2; exit 2 ;;
  esac
  shift
done
if [[ $fast == yes ]]; then
  out=${out:-build/quickstart-fast} build_type=Debug
  darts=(--images 640 --batch 32 --epochs 1)
  training=(--epochs 1 --images 1600)
  paths=(--images 3200 --epochs 1 --population 4 --trials 6)
  evolution=(--images 640 --epochs 1 --population 2 --trials 4)
else
  out=${out:-build/quickstart} build_type=Release
  darts=(--images 9600 --batch 32 --epochs 2 --learning-rate 0.1)
  training=(--epochs 2 --images 20000)
  paths=(--images 40000 --epochs 4 --population 20 --trials 80)
  evolution=(--images 8000 --epochs 1 --population 10 --trials 30)
fi
darts+=(--architecture-learning-rate 0.01)
training+=(--batch 64 --learning-rate 0.05 --seed "$seed")
space=examples/spaces/fashion.hpp::spaces::fashion::cells
data=fashion-mnist
images=/usr/share/datasets/fashion-mnist
jobs=$(env -u OMP_NUM_THREADS nproc) # which would heed it
# A second thread makes one run 1.2 to 1.4 times as fast; two runs of one thread each, side by side, use two cores better.
export OMP_NUM_THREADS=1

bold=$(tput bold 2>/dev/null || true) plain=$(tput sgr0 2>/dev/null || true)
step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
espalier() { build/release/espalier --threads 1 "$@"; }
quietly() { # prints what a command said only if it fails
  local log
  log=$(mktemp)
  "$@" >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; return 1; }
  rm -f "$log"
}
search() { # STRATEGY OPTION...
  espalier search "$space" --strategy "$1" --data $data --out "$out/$1" --seed "$seed" "${@:2}"
}
train() { # ARCHITECTURE FOLDER
  quietly espalier train "$space" "$1" --data $data --out "$2" "${training[@]}"
}

bash examples/install_packages.sh
step "Building (a few minutes the first time)"
quietly cmake --preset release
quietly cmake --build --preset release --target espalier -j "$jobs"
mkdir -p "$out"
out=$(realpath --relative-base="$PWD" "$out")

step "1-2. The space, compiled from examples/spaces/fashion.hpp"
espalier describe "$space"
quietly espalier sample "$space" -n 3 --seed "$seed" -o "$out/random"
quietly espalier sample "$space" --smallest -o "$out/smallest.json"
quietly espalier sample "$space" --largest -o "$out/largest.json"
mapfile -t random < <(ls "$out"/random/*.json)
# What the found architecture is compared with: each is trained by whoever comes first, here or in the background.
claims=$(mktemp -d)
trap 'rm -rf "$claims"' EXIT
train_rivals() {
  local rival architecture
  for rival in random-1 random-2 random-3 smallest largest; do
    mkdir "$claims/$rival" 2>/dev/null || continue
    architecture=$out/$rival.json
    [[ $rival != random-* ]] || architecture=${random[${rival#random-} - 1]}
    train "$architecture" "$out/$rival"
  done
}
train_rivals &
rivals=$!

step "3. Searching it: DARTS, first order; one half of the images trains weights, the other architecture parameters"
search darts "${darts[@]}"

step "4. The architecture, drawn and emitted as a C++ project of its own"
espalier graph "$space" "$out/darts/architecture.json" -o "$out/darts/cell.svg"
project=$out/darts/project
espalier emit "$space" "$out/darts/architecture.json" --weights "$out/darts/supernet.pt" --data $data -o "$project"

step "5. The project as its receiver builds it: the same numbers as the supernet's path, then trained from new weights"
quietly cmake -S "$project" -B "$project/build" -DCMAKE_BUILD_TYPE="$build_type"
quietly cmake --build "$project/build"
network=$(realpath "$project/build/network")
(cd "$project" && "$network" check)
mkdir -p "$out/darts/trained"
[[ -e $out/darts/trained/result.json ]] ||
  "$network" train $images --output "$out/darts/trained/weights.pt" "${training[@]}"
train_rivals
wait $rivals
echo
echo "Beside it, trained alike: 3 random architectures, the smallest and the largest"
espalier results "$out/darts" "$out"/random-{1,2,3} "$out/smallest" "$out/largest"

step "6. The same header, unchanged: single-path sampling (macs at most the median) and, meanwhile, aging evolution"
evolve() { quietly search aging-evolution "${evolution[@]}" && train "$out/aging-evolution/architecture.json" "$out/aging-evolution/trained"; }
evolve &
evolving=$!
search single-path --max-macs median "${paths[@]}"
train "$out/single-path/architecture.json" "$out/single-path/trained"
wait $evolving
echo
espalier results "$out/darts" "$out/single-path" "$out/aging-evolution"

echo
echo "Next: look at $out/darts/cell-normal.svg, read $project/network.hpp,"
echo "then change a line of examples/spaces/fashion.hpp and run this again with --out ANOTHER_FOLDER."
