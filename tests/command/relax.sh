#!/usr/bin/env bash
# Every strategy that relaxes, and what its options say.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

data data
search() { espalier search tiny.hpp --strategy "$1" --data data --epochs 3 --batch 16 --out "$@"; }
for strategy in $("$ESPALIER" strategies --json | python3 -c 'import json, sys
print(*(s["strategy"] for s in json.load(sys.stdin) if s["reading"] == "relax"))'); do
  search "$strategy"
  [[ -s $strategy/architecture.json && -s $strategy/epochs.json || -s $strategy/epochs-3.json ]] ||
    fail "$strategy leaves $(ls "$strategy")"
done
((${#strategy} > 0)) || fail "no strategy relaxes"

# value FILE EXPRESSION: of the JSON in a file, as `j`.
value() { python3 -c 'import json, sys; j = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"; }
mv darts first
search darts --order 2 --cost macs --cost-target median --cost-weight 0.3 --eigenvalue-every 1 --stop-when skips
[[ $(value darts/run.json 'sorted(j["options"].keys() & {"order", "cost", "stop", "eigenvalue_every"})') == "['cost', 'eigenvalue_every', 'order', 'stop']" ]] ||
  fail "run.json does not hold the options: $(cat darts/run.json)"
[[ $(value darts/result.json 'j["relaxation"]["eigenvalue"] != 0 and sum(j["relaxation"]["operations"].values()) > 0') == True ]] ||
  fail "result.json does not tell of the relaxation: $(cat darts/result.json)"
refused order -- search tiny.hpp --strategy darts --data data --epochs 3 --batch 16 --out darts

espalier latency tiny.hpp --runs 2 -o table.json
espalier search tiny.hpp --strategy fbnet --data data --cost table.json --epochs 2 --out timed
espalier search tiny.hpp --strategy gdas --data data --cost table.json --cost-target 0.5 --epochs 2 --out timed-gdas
base=(search tiny.hpp --data data --epochs 1 --out refused)
refused "--cost-target is 'fast'" -- "${base[@]}" --strategy darts --cost table.json --cost-target fast
refused "--cost-target is 'many'" -- "${base[@]}" --strategy darts --cost macs --cost-target many
refused "give --cost" -- "${base[@]}" --strategy darts --cost-target 100
refused "give --cost-target" -- "${base[@]}" --strategy darts --cost macs
refused "nothing.json" -- "${base[@]}" --strategy darts --cost nothing.json --cost-target 1
refused "eigenvalue and skips" -- "${base[@]}" --strategy darts --stop-when bored
refused "order 3" -- "${base[@]}" --strategy darts --order 3
refused "leave them out" -- "${base[@]}" --strategy random --order 1
[[ ! -e refused ]] || fail "a refused search leaves $(ls refused)"

finish
