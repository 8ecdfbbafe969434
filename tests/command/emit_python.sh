#!/usr/bin/env bash
# A Python project computes what the network that it came from computes.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

data data
espalier search tiny.hpp --strategy darts --data data --epochs 1 --batch 16 --out darts
espalier train tiny.hpp darts --data data --epochs 1 --batch 32 --out trained
refused "--to pyton" "did you mean 'python'?" -- emit tiny.hpp darts --to pyton -o network
refused "--weights-format archive" "safetensors" -- emit tiny.hpp darts --to python -o network --weights-format archive

for weights in darts/supernet.pt trained/weights.pt; do
  rm -rf network again
  espalier emit tiny.hpp darts --to python -o network --weights $weights
  says "python3 main.py"
  espalier emit tiny.hpp darts --to python -o again --weights $weights
  diff -r network again || fail "two emissions differ"
  for file in network.py main.py README.md weights.safetensors parity.safetensors architecture.json; do
    [[ -s network/$file ]] || fail "no $file: $(ls network)"
  done
  if /usr/bin/python3 -c "import torch" 2>import_error; then
    checked=$(cd network && /usr/bin/python3 main.py) || fail "$weights: $checked"
    [[ $checked == *"largest difference"* ]] || fail "no comparison: $checked"
    truncate -s -4 network/weights.safetensors
    (cd network && /usr/bin/python3 main.py 2>&1) && fail "weights that are cut are loaded"
  else
    echo "not compared: python3-torch is missing ($(<import_error))"
  fi
done

finish
