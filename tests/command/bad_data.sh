#!/usr/bin/env bash
# Data that is missing, cut off, or does not fit the space.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

espalier sample tiny.hpp --smallest -o a.json
train() { refused "$@" -- train tiny.hpp a.json --data data --out run; }

refused "did you mean 'fashion-mnist'" -- train tiny.hpp a.json --data fashion-mnst --out run
ESPALIER_DATA=$work refused "cifar10" "remedy" -- train tiny.hpp a.json --data cifar10 --out run

data data
rm data/t10k-labels-idx1-ubyte
train t10k-labels-idx1-ubyte

data data
truncate -s 1000 data/train-images-idx3-ubyte
train train-images-idx3-ubyte 1000 125456

data data
truncate -s 200000 data/train-images-idx3-ubyte
train train-images-idx3-ubyte 200000 125456

data data
images data/train-images-idx3-ubyte 160 20
images data/t10k-images-idx3-ubyte 40 20
train 1x28x28 1x20x20

data data
labels data/train-labels-idx1-ubyte 4
train 160 4

data data
sed 's/linear(10)/linear(7)/' tiny.hpp >seven.hpp
refused "vector[7]" "10 classes" "linear(10)" -- train seven.hpp a.json --data data --out run
refused "1000" "160" -- train tiny.hpp a.json --data data --out run --images 1000

[[ ! -e run ]] || fail "a run that never began leaves $(ls -A run)"

finish
