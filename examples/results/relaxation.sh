#!/usr/bin/env bash
# The DARTS family on Fashion-MNIST: what it finds, trained beside random cells and cells of one operation, all at widths
# that make their multiply-adds as equal as can be. The tables of docs/results.md; the same command goes on where it stopped.
#   relaxation.sh darts-fashion|fashion-cells [--fast] [--seeds N] [--out DIR]      --fast: that everything runs, in minutes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source examples/results/common.bash

read_options "$@"
space=$subject
case $space in # the header and namespace, nodes of a cell, multiply-adds that all are trained with, channels of the stem, the cells
  darts-fashion) header=darts_fashion nodes=4 macs=2500000 stem='3 * W' cells='repeat(2, normal(W)), reduction(2 * W), repeat(2, normal(2 * W))' ;;
  fashion-cells) header=fashion nodes=3 macs=2000000 stem='2 * W' cells='normal(W), reduction(2 * W), normal(2 * W)' ;;
  *) refuse "unknown space $space (known: darts-fashion, fashion-cells)" ;;
esac
if [[ $fast == yes ]]; then
  searching=(--images 640 --epochs 2) training=(--images 640 --epochs 1)
else
  searching=(--images 12000 --epochs 10) training=(--images 12000 --epochs 6)
fi
searching+=(--batch 32 --learning-rate 0.05 --data fashion-mnist)
# Rates of the architecture parameters: the published ones, times the published steps over those here.
declare -A methods=(
  [first-order]="--strategy darts --architecture-learning-rate 0.003"
  [second-order]="--strategy darts --order 2 --architecture-learning-rate 0.003"
  [pc-darts]="--strategy pc-darts --architecture-learning-rate 0.0015"
  [beta-darts]="--strategy beta-darts --architecture-learning-rate 0.003"
)
operations=(max_pool_3x3 avg_pool_3x3 skip_connect sep_conv_3x3 sep_conv_5x5 dil_conv_3x3 dil_conv_5x5)
begin

for ((seed = 1; seed <= seeds; ++seed)); do
  for method in first-order second-order pc-darts beta-darts; do
    echo "$espalier search $space --threads 1 --seed $seed --out $out/search/$method-$seed ${searching[*]} ${methods[$method]}"
  done
done | in_parallel

one_operation() { # NAME: every node applies it to the two inputs of its cell
  local cell node lines=() fingerprint
  fingerprint=$(grep '"fingerprint"' "$out/random/1.json")
  for cell in normal reduction; do
    for ((node = 0; node < nodes; ++node)); do
      ((node == 0)) || lines+=("\"$cell/node$node/inputs\": [\"input0\", \"input1\"]")
      lines+=("\"$cell/node$node/edge0\": \"$1\"" "\"$cell/node$node/edge1\": \"$1\"")
    done
  done
  (IFS=, && echo "{\"space\": \"$space\", $fingerprint \"decisions\": {${lines[*]}}}")
}
mkdir -p "$out/architectures"
$espalier sample "$space" -n 6 --seed 1 -o "$out/random" >/dev/null
for i in 1 2 3 4 5 6; do cp "$out/random/$i.json" "$out/architectures/random-$i.json"; done
for operation in "${operations[@]}"; do one_operation "$operation" >"$out/architectures/$operation.json"; done
for found in "$out"/search/*; do cp "$found/architecture.json" "$out/architectures/$(basename "$found").json"; done

wide() { # WIDTH: the same cells, so many channels wide
  local file=$out/widths/$1.hpp
  [[ -e $file ]] || cat >"$file" <<HEADER
#include "$PWD/examples/spaces/$header.hpp"
using namespace espalier::dsl;
using namespace spaces::$header;
constexpr int W = $1;
inline constexpr auto wide = search_space("$space", image(1, 28, 28), conv(3, channels($stem), stride(2)), batch_norm(),
                                          $cells, global_avg_pool(), linear(10));
HEADER
  echo "$file::wide"
}
macs_of() { # WIDTH ARCHITECTURE
  $espalier cost "$(wide "$1")" "$2" --json | grep -o '"macs": [0-9]*' | tail -1 | grep -o '[0-9]*$'
}
width_of() { # ARCHITECTURE: the width of the nearest multiply-adds
  local below=3 above=48 width found # whose multiply-adds are fewer, and not
  while ((above - below > 1)); do
    width=$(((below + above) / 2))
    found=$(macs_of $width "$1")
    if ((found < macs)); then below=$width; else above=$width; fi
  done
  found=$(($(macs_of $below "$1") + $(macs_of $above "$1")))
  if ((found < 2 * macs)); then echo $above; else echo $below; fi
}
mkdir -p "$out/widths"
train() { # NAME SEED
  local width
  width=$(cat "$out/widths/$1" 2>/dev/null || width_of "$out/architectures/$1.json")
  echo "$width" >"$out/widths/$1"
  echo "$espalier train $(wide "$width") $out/architectures/$1.json --threads 1 --data fashion-mnist ${training[*]} --seed $2 --out $out/trained/$1-seed-$2"
}
{
  for ((seed = 1; seed <= seeds; ++seed)); do
    for method in "${!methods[@]}"; do train "$method-$seed" "$seed"; done
  done
  for i in 1 2 3 4 5 6; do train random-$i $(((i - 1) % seeds + 1)); done
  for operation in "${operations[@]}"; do train "$operation" 1; done
} | in_parallel
best=$(for operation in "${operations[@]}"; do
  echo "$(results test_accuracy "$out/trained/$operation-seed-1") $operation"
done | sort -n | tail -1 | cut -d' ' -f2)
for ((seed = 2; seed <= seeds; ++seed)); do train "$best" "$seed"; done | in_parallel

row() { # NAME FOLDER...: accuracies, multiply-adds and seconds of trainings; seconds of the searches behind them
  local name=$1 folder search searches=() seconds=-
  shift
  for folder in "$@"; do
    search=$out/search/$(basename "$folder" | sed 's/-seed-.*//')
    [[ ! -e $search ]] || searches+=("$search")
  done
  ((${#searches[@]} == 0)) || seconds=$(results seconds "${searches[@]}" | mean 1 %d)
  echo "| $name | $(results test_accuracy "$@" | statistics 100) | $(results macs "$@" | mean 1e-6 %.2fM) | $seconds |"
}
{
  echo "| $space | accuracy, % (mean ± deviation) | each | macs | seconds of search |"
  echo "|---|---|---|---|---|"
  for method in first-order second-order pc-darts beta-darts; do row "$method" "$out"/trained/$method-*; done
  row "random cells" "$out"/trained/random-*
  row "$best everywhere, the best of one operation" "$out/trained/$best"-seed-*
  for operation in "${operations[@]}"; do [[ $operation == "$best" ]] || row "$operation everywhere" "$out/trained/$operation-seed-1"; done
} | tee "$out/table.md"
