#!/usr/bin/env bash
# Architectures that are scored without training them: by a supernet of an earlier search, and by a table.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

data data
espalier search tiny.hpp --strategy single-path --data data --epochs 2 --batch 16 --trials 12 --population 4 --out supernet
espalier trials supernet --json
printf '%s\n' "$output" >selected.json

by_supernet=(search tiny.hpp --data data --supernet supernet --strategy)
espalier "${by_supernet[@]}" exhaustive --out every --json
printf '%s\n' "$output" >found.json
espalier trials every --json
printf '%s\n' "$output" >every.json
python3 - <<'SCRIPT' || fail "the supernet scores otherwise: $(<selected.json)"
import json
selected, every, found = (json.load(open(f)) for f in ("selected.json", "every.json", "found.json"))
scores = {t["architecture"]: t["score"] for t in every}
assert len(every) == len(scores) == 3**2 * 3 * 3**2
assert len({t["score"] for t in every}) > 1
assert all(scores[t["architecture"]] == t["score"] for t in selected) and len(selected) == 12
assert found[0]["validation_accuracy"] == max(scores.values())
SCRIPT

refused "supernet.pt does not exist" -- search tiny.hpp --data data --supernet every --strategy random --out refused
refused "give one of them" -- "${by_supernet[@]}" random --table table.csv --out refused
refused "single-path trains the weights that judge its architectures" -- "${by_supernet[@]}" single-path --out refused
refused "darts trains the weights that judge its architectures" -- "${by_supernet[@]}" darts --out refused
data other
printf 'x' | dd of=other/train-images-idx3-ubyte bs=1 seek=500 conv=notrunc status=none
refused "give the same" -- search tiny.hpp --data other --supernet supernet --strategy random --out refused
refused "--data is missing" -- search tiny.hpp --strategy random --out refused

# A table of all cells, in which the sum of an edge's digit times its place is the accuracy.
python3 - <<'SCRIPT'
import itertools
with open("table.csv", "w") as table:
    print("edges,cifar10,pixel3", file=table)
    for digits in itertools.product(range(5), repeat=6):
        print("".join(map(str, digits)), sum(d * (i + 1) for i, d in enumerate(digits)), 7, sep=",", file=table)
SCRIPT
by_table=(search nas-bench-201-cifar10 --table table.csv --column cifar10 --strategy)
for strategy in aging-evolution bo-forest; do
  espalier "${by_table[@]}" $strategy --trials 60 --population 10 --out "$strategy" --json
  printf '%s\n' "$output" >"$strategy.json"
  STRATEGY=$strategy python3 - <<'SCRIPT' || fail "$strategy: the score is not the table's: $(<"$strategy.json")"
import json, os
strategy = os.environ["STRATEGY"]
operations = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
edges = ["node0/edge0", "node1/edge0", "node1/edge1", "node2/edge0", "node2/edge1", "node2/edge2"]
decisions = json.load(open(f"{strategy}/architecture.json"))["decisions"]
score = sum(operations.index(decisions["cell/" + edge]) * (i + 1) for i, edge in enumerate(edges)) / 100
assert abs(json.load(open(f"{strategy}.json"))[0]["validation_accuracy"] - score) < 1e-9
assert score > 0.5  # the mean is 0.42, the most 0.84
SCRIPT
done
refused "latency" -- search nas-bench-201-cifar10 --table table.csv --column latency --strategy random --out refused
refused "recorded" "cifar10" "pixel3" -- search nas-bench-201-cifar10 --table table.csv --column pixel3 --strategy aging-evolution --trials 60 --population 10 --out aging-evolution
refused "and this space has" -- search tiny.hpp --table table.csv --column cifar10 --strategy random --out refused
[[ ! -e refused ]] || fail "a refused search leaves $(ls refused)"

finish
