#!/usr/bin/env bash
# Weights that are damaged, or another network's.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

data data
espalier sample tiny.hpp --smallest -o small.json
espalier sample tiny.hpp --largest -o large.json
espalier train tiny.hpp large.json --data data --out run --epochs 1 --batch 32
evaluate() { refused "$@" -- evaluate tiny.hpp small.json --weights weights.pt --data data; }

evaluate weights.pt
head -c 2000 run/weights.pt >weights.pt
evaluate weights.pt "not a file of weights"
cp run/weights.pt weights.pt
evaluate weights.pt "fits neither" "belongs to nothing" "is missing"
refused "fits neither" -- emit tiny.hpp small.json -o network --weights weights.pt
[[ ! -e network ]] || fail "an emission without fitting weights leaves $(ls -A network)"
sed 's/channels(4)/channels(8)/; s/edge)(4)/edge)(8)/' tiny.hpp >wide.hpp
refused "fits neither" "is needed" -- evaluate wide.hpp large.json --weights weights.pt --data data

finish
