#!/usr/bin/env bash
# Sampled supernets on Fashion-MNIST: whether they rank architectures as training alone does, what one supernet gives at
# five budgets, and what attentive sampling gains. The tables of docs/results.md; the same command goes on where it stopped.
#   sampling.sh ranking|budgets|attention [--fast] [--seeds N] [--out DIR]      --fast: that everything runs, in minutes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source examples/results/common.bash

read_options "$@"
images=15000 # that train weights, of a supernet or of a network alone; a supernet is judged on as many others
trials=150 population=30
ranked=20 drawn=200        # architectures that are ranked, and of which the selected one's rivals are the nearest
front_trials=200 floor=0.8 # of a Pareto front, and the accuracy above which its hypervolume lies
case $subject in           # epochs of a supernet, and of a network alone; limits on multiply-adds
  ranking) space=fashion-blocks supernet_epochs=60 epochs=5 ;;
  budgets) space=mobile-fashion supernet_epochs=8 epochs=8 limits=(0.75M 1.25M 2M 3.5M 6M) ;;
  attention) space=mobile-fashion supernet_epochs=8 limits=(1M 2M 4M) rules=(uniform best-up worst-up) ;;
  *) refuse "unknown subject $subject (known: ranking, budgets, attention)" ;;
esac
if [[ $fast == yes ]]; then
  images=640 supernet_epochs=1 epochs=1 trials=8 population=4 ranked=6 drawn=20 front_trials=12 floor=0
fi
data=(--threads 1 --data fashion-mnist)
recipe=("${data[@]}" --batch 64 --learning-rate 0.05)
mapfile -t every_seed < <(seq "$seeds")
begin
mkdir -p "$out"/{inherited,selected,fronts,drawn}

# Commands, a line each, whose results are named NAME-SEED.
supernet() { # NAME SEED OPTION...
  echo "$espalier search $space ${recipe[*]} --images $((2 * images)) --epochs $supernet_epochs --seed $2 --out $out/supernets/$1-$2 ${*:3}"
}
alone() { # NAME SEED ARCHITECTURE
  echo "$espalier train $space $3 ${recipe[*]} --images $images --epochs $epochs --seed $2 --out $out/alone/$1-$2"
}
keep() { # FILE COMMAND...: writes the file, whole or not at all
  [[ -e $1 ]] || { "${@:2}" >"$1.part" && mv "$1.part" "$1"; }
}
export -f keep
inherit() { # NAME SEED ARCHITECTURE SUPERNET
  echo "keep $out/inherited/$1-$2.json $espalier evaluate $space $3 --weights $out/supernets/$4-$2/supernet.pt ${data[*]} --json"
}
choose() { # SUPERNET SEED: the best architecture within each limit
  echo "keep $out/selected/$1-$2.json $espalier select $space $out/supernets/$1-$2 --max-macs $(IFS=, && echo "${limits[*]}")" \
    "${data[*]} --trials $trials --population $population --seed $2 --out $out/selected/$1-$2 --json"
}
front() { # SUPERNET SEED
  echo "keep $out/fronts/$1-$2.json $espalier select $space $out/supernets/$1-$2 --pareto" \
    "${data[*]} --trials $front_trials --population $population --seed $2 --out $out/fronts/$1-$2 --json"
}

rivals() { # SEED: the numbers of three drawn architectures with nearly as many multiply-adds as the selected one, and no more
  local found=$out/supernets/single-path-$1 file=$out/drawn/$1.json
  keep "$file" $espalier sample $space -n $drawn --seed "$1" --max-macs "$(results macs "$found")" -o "$out/drawn/$1" --json
  paste -d ' ' <(values "$file" macs) <(values "$file" architecture) <(values "$file" number) |
    grep -v " $(results architecture "$found") " | sort -u -k 2,2 | sort -nr | sed -n 1,3p | cut -d ' ' -f 3
}
inherited() { # NAME: accuracies, of each seed
  local file
  for file in "$out/inherited/$1"-*.json; do values "$file" test_accuracy; done
}
of_ranked() { # KEY SEED...: what training them alone gave, the mean of the seeds
  local i seed
  for i in $(seq $ranked); do
    for seed in "${@:2}"; do results "$1" "$out/alone/$i-$seed"; done | mean 1 '%.6f\n'
  done
}
kendall_tau() { # of two columns: tau-b, in which ties neither agree nor disagree
  awk '{ x[NR] = $1; y[NR] = $2 }
    END {
      for (i = 2; i <= NR; i++)
        for (j = 1; j < i; j++) {
          product = (x[i] - x[j]) * (y[i] - y[j])
          agreement += (product > 0) - (product < 0)
          different_x += x[i] != x[j]
          different_y += y[i] != y[j]
        }
      print agreement ? agreement / sqrt(different_x * different_y) : 0
    }'
}
hypervolume() { # MACS: of points (multiply-adds, accuracy), as a share of what lies above the floor and below MACS
  sort -n | awk -v most="$1" -v floor="$floor" '
    BEGIN { best = floor }
    $2 > best { volume += (most - $1) * ($2 - best); best = $2 }
    END { print volume / (most * (1 - floor)) }'
}

ranking() {
  local seed other i rival nearest
  $espalier sample $space -n $ranked --seed 1 -o "$out/architectures" >/dev/null
  for seed in "${every_seed[@]}"; do
    supernet single-path "$seed" --strategy single-path --max-macs median --trials $trials --population $population
    for i in $(seq $ranked); do alone "$i" "$seed" "$out/architectures/$i.json"; done
  done | in_parallel
  for seed in "${every_seed[@]}"; do
    for i in $(seq $ranked); do inherit "$i" "$seed" "$out/architectures/$i.json" single-path; done
    alone selected "$seed" "$out/supernets/single-path-$seed/architecture.json"
    nearest=$(rivals "$seed")
    for rival in $nearest; do alone "rival-$rival" "$seed" "$out/drawn/$seed/$rival.json"; done
  done | in_parallel
  {
    echo "| $space | mean ± deviation | each | macs |"
    echo "|---|---|---|---|"
    echo "| Kendall's tau: inherited and stand-alone accuracy | $(for seed in "${every_seed[@]}"; do
      for i in $(seq $ranked); do values "$out/inherited/$i-$seed.json" test_accuracy; done |
        paste - <(of_ranked test_accuracy "${every_seed[@]}") | kendall_tau
    done | statistics 1) | - |"
    ((seeds == 1)) || echo "| Kendall's tau: stand-alone accuracies of two seeds | $(for seed in "${every_seed[@]}"; do
      for other in $(seq $((seed - 1))); do
        paste <(of_ranked test_accuracy "$seed") <(of_ranked test_accuracy "$other") | kendall_tau
      done
    done | statistics 1) | - |"
    echo "| Kendall's tau: multiply-adds and stand-alone accuracy |" \
      "$(paste <(of_ranked macs "${every_seed[@]}") <(of_ranked test_accuracy "${every_seed[@]}") | kendall_tau | statistics 1) | - |"
    echo "| the selected one, trained alone: accuracy, % | $(results test_accuracy "$out"/alone/selected-* | statistics 100) |" \
      "$(results macs "$out"/alone/selected-* | mean 1e-6 %.2fM) |"
    echo "| random ones of as many macs, trained alone: accuracy, % | $(results test_accuracy "$out"/alone/rival-* | statistics 100) |" \
      "$(results macs "$out"/alone/rival-* | mean 1e-6 %.2fM) |"
  } | tee "$out/table.md"
}

# Supernets whose architectures `select` searches afterwards try one themselves.
budgets() {
  local seed i
  for seed in "${every_seed[@]}"; do supernet big-nas "$seed" --strategy big-nas --trials 1; done | in_parallel
  for seed in "${every_seed[@]}"; do choose big-nas "$seed"; done | in_parallel
  for seed in "${every_seed[@]}"; do
    for i in $(seq "${#limits[@]}"); do
      inherit "$i" "$seed" "$out/selected/big-nas-$seed/$i.json" big-nas
      alone "$i" "$seed" "$out/selected/big-nas-$seed/$i.json"
    done
  done | in_parallel
  {
    echo "| macs, at most | macs | with the supernet's weights: accuracy, % | each | trained alone: accuracy, % | each |"
    echo "|---|---|---|---|---|---|"
    for i in $(seq "${#limits[@]}"); do
      echo "| ${limits[i - 1]} | $(results macs "$out/alone/$i"-* | mean 1e-6 %.2fM) | $(inherited "$i" | statistics 100) |" \
        "$(results test_accuracy "$out/alone/$i"-* | statistics 100) |"
    done
    echo "| seconds of training, all | | $(results seconds "$out"/supernets/* | mean 1 %d) | |" \
      "$(results seconds "$out"/alone/* | mean "${#limits[@]}" %d) | |"
  } | tee "$out/table.md"
}

attention() {
  local seed i rule most file row
  for seed in "${every_seed[@]}"; do
    for rule in "${rules[@]}"; do supernet "$rule" "$seed" --strategy attentive-nas --attention "$rule" --trials 1; done
  done | in_parallel
  for seed in "${every_seed[@]}"; do
    for rule in "${rules[@]}"; do choose "$rule" "$seed" && front "$rule" "$seed"; done
  done | in_parallel
  for seed in "${every_seed[@]}"; do
    for rule in "${rules[@]}"; do
      for i in $(seq "${#limits[@]}"); do inherit "$rule-$i" "$seed" "$out/selected/$rule-$seed/$i.json" "$rule"; done
    done
  done | in_parallel
  most=$($espalier sample $space --largest --json | values /dev/stdin macs)
  {
    echo "| attention | hypervolume, % |$(printf ' accuracy within %s macs, %% |' "${limits[@]}") seconds of training |"
    echo "|---|---|$(printf -- '%.0s---|' "${limits[@]}")---|"
    for rule in "${rules[@]}"; do
      row="| $rule | $(for file in "$out/fronts/$rule"-*/front.json; do
        paste <(values "$file" macs) <(values "$file" validation_accuracy) | hypervolume "$most"
      done | statistics 100 | cut -d '|' -f 1)|"
      for i in $(seq "${#limits[@]}"); do row+=" $(inherited "$rule-$i" | statistics 100 | cut -d '|' -f 1)|"; done
      echo "$row $(results seconds "$out/supernets/$rule"-* | mean 1 %d) |"
    done
  } | tee "$out/table.md"
}

"$subject"
