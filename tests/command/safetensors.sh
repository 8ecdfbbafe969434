#!/usr/bin/env bash
# Weights as safetensors: what a project writes is read again, and damaged files are refused.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

data data
espalier sample tiny.hpp --largest -o large.json
espalier train tiny.hpp large.json --data data --epochs 1 --batch 32 --out trained --json
accuracy=$(field 0 test_accuracy)
espalier emit tiny.hpp large.json -o network --weights trained/weights.pt --weights-format safetensors
for file in weights.safetensors parity.safetensors safetensors.hpp; do
  [[ -s network/$file ]] || fail "no $file: $(ls network)"
done
[[ ! -e network/weights.pt ]] || fail "weights in two formats: $(ls network)"
espalier emit tiny.hpp large.json -o again --weights network/weights.safetensors --weights-format safetensors
diff -r network again || fail "weights change on the way"
espalier evaluate tiny.hpp large.json --weights network/weights.safetensors --data data --json
[[ $(field 0 test_accuracy) == "$accuracy" ]] || fail "evaluated $(field 0 test_accuracy), trained to $accuracy"

evaluate() { refused weights.safetensors "$@" -- evaluate tiny.hpp large.json --weights weights.safetensors --data data; }
head -c 4 network/weights.safetensors >weights.safetensors
evaluate "4 bytes"
head -c 1000 network/weights.safetensors >weights.safetensors
evaluate "are there"
sed '1s/F32/F64/' network/weights.safetensors >weights.safetensors
evaluate "F64 of shape"
refused "--weights-format pickle" -- emit tiny.hpp large.json -o network --weights-format pickle

finish
