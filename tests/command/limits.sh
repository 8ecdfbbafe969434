#!/usr/bin/env bash
# Limits on memory and latency: kept by what is drawn, recorded by a search, refused where nothing satisfies them.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

# milliseconds FOLDER COUNT: of each architecture in it, by the table, in rising order.
milliseconds() {
  for ((i = 1; i <= $2; ++i)); do
    "$ESPALIER" cost fashion-blocks "$1/$i.json" --latency table.json --json |
      python3 -c 'import json, sys; print(json.load(sys.stdin)[-1]["ms"])'
  done | sort -g
}
espalier latency fashion-blocks --runs 2 -o table.json
espalier sample fashion-blocks -n 5 --seed 1 -o any
median=$(milliseconds any 5 | sed -n 3p)
espalier sample fashion-blocks -n 5 --seed 2 --max-latency "table.json:$median" --max-memory 1M -o quick
slowest=$(milliseconds quick 5 | tail -1)
python3 -c 'import sys; sys.exit(float(sys.argv[1]) > float(sys.argv[2]) + 1e-9)' "$slowest" "$median" ||
  fail "$slowest ms, at most $median were asked for"

refused "at most 1e-06 ms of latency: the smallest has" -- sample fashion-blocks --max-latency table.json:0.000001
refused "at most 10 bytes of memory" "the architecture of fewest" -- sample fashion-blocks --max-memory 10
refused "--max-memory is 'much'" -- sample fashion-blocks --max-memory much
refused "latency.json:2.5" -- sample fashion-blocks --max-latency table.json
refused "--max-latency is 'fast'" -- sample fashion-blocks --max-latency table.json:fast
refused "has no entry" -- sample darts-search --max-latency table.json:1

data data
espalier latency tiny.hpp --runs 2 -o tiny.json
base=(search tiny.hpp --data data --batch 16 --epochs 1 --trials 3)
espalier "${base[@]}" --strategy random --max-memory 300k --max-latency tiny.json:1000 --out limited
python3 -c 'import json; o = json.load(open("limited/run.json"))["options"]; assert o["max_memory"] == 300000 and o["max_latency"]["ms"] == 1000' ||
  fail "run.json does not hold the limits: $(cat limited/run.json)"
refused max_memory -- "${base[@]}" --strategy random --max-memory 400k --max-latency tiny.json:1000 --out limited
refused "darts cannot keep a limit" -- "${base[@]}" --strategy darts --max-memory 300k --out refused
refused "darts cannot keep a limit" -- "${base[@]}" --strategy darts --max-latency tiny.json:1000 --out refused
[[ ! -e refused ]] || fail "a refused search leaves $(ls refused)"

finish
