#!/usr/bin/env bash
# A project to deploy: folded weights, the same parity, and nothing where it means nothing.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

data data
espalier search tiny.hpp --strategy darts --data data --epochs 1 --batch 16 --out darts
refused "--weights FILE" -- emit tiny.hpp darts --deploy -o network
refused "--deploy --to python" "only cpp" -- emit tiny.hpp darts --deploy --to python -o network --weights darts/supernet.pt

espalier emit tiny.hpp darts -o plain --weights darts/supernet.pt --weights-format safetensors
espalier emit tiny.hpp darts --deploy -o network --weights darts/supernet.pt --weights-format safetensors
espalier emit tiny.hpp darts --deploy -o again --weights darts/supernet.pt --weights-format safetensors
diff -r network again || fail "two emissions differ"
same plain/parity.safetensors network/parity.safetensors
grep -q running_mean plain/weights.safetensors || fail "the plain network has no statistics"
grep -q running_mean network/weights.safetensors && fail "statistics are not folded"
grep -q InferenceMode network/network.hpp || fail "gradients are computed"

finish
