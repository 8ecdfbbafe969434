#!/usr/bin/env bash
# A latency table: measured, continued, used, and refused where it lacks an operation.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

espalier latency fashion-blocks --runs 3 -o table.json
says "operations of fashion-blocks"
cp table.json whole.json
espalier latency fashion-blocks --runs 3 -o table.json
says " 0 of them measured now"
cmp -s table.json whole.json || fail "a whole table changed"

espalier sample fashion-blocks --largest -o largest.json
espalier sample fashion-blocks --smallest -o smallest.json
espalier cost fashion-blocks largest.json --latency table.json --json
rows=$(python3 -c 'import json, sys; print(len(json.loads(sys.argv[1])))' "$output")
total=$(field $((rows - 1)) ms)
python3 -c 'import json, sys; t = json.loads(sys.argv[1]); s = sum(r["ms"] for r in t[:-1]); assert t[-1]["ms"] > 0 and abs(s - t[-1]["ms"]) < 1e-9' "$output" ||
  fail "the shares do not add up to $total ms"

python3 - <<'END'
import json
table = json.load(open("table.json"))
key = next(k for k in table["operations"] if k.startswith("linear"))
del table["operations"][key]
json.dump(table, open("lacking.json", "w"))
table["operations"]["linear"] = {"ms": 1, "least": 2, "greatest": 3, "runs": 1}
json.dump(table, open("disordered.json", "w"))
END
refused "has no entry for linear" -- cost fashion-blocks largest.json --latency lacking.json
refused "which is no order" -- cost fashion-blocks largest.json --latency disordered.json
espalier latency fashion-blocks --runs 3 -o lacking.json
says " 1 of them measured now"
refused "measures on cpu" -- latency fashion-blocks --device npu -o other.json

finish
