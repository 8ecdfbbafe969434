#!/usr/bin/env bash
# Paths of a trained supernet: selected within limits, as a front, and extracted with their weights.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

# shades FOLDER SEED: 400 training and 200 test images of noise, in ten classes of rising brightness.
shades() {
  mkdir -p "$1"
  python3 - "$@" <<'SCRIPT'
import random, struct, sys
folder, seed = sys.argv[1:]
random.seed(seed)
for part, count in (("train", 400), ("t10k", 200)):
    labels = [i % 10 for i in range(count)]
    pixels = [random.randrange(100) + 15 * label for label in labels for _ in range(28 * 28)]
    for name, magic, sizes, content in (("images-idx3", 0x803, (count, 28, 28), pixels), ("labels-idx1", 0x801, (count,), labels)):
        with open(f"{folder}/{part}-{name}-ubyte", "wb") as file:
            file.write(struct.pack(f">{len(sizes) + 1}I", magic, *sizes) + bytes(content))
SCRIPT
}
shades data 1
espalier search tiny.hpp --strategy single-path --data data --epochs 10 --batch 16 --learning-rate 0.1 --trials 2 --population 2 --out run
# value FILE EXPRESSION: of the JSON in a file, as `j`.
value() { python3 -c 'import json, sys; j = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"; }
cost() { "$ESPALIER" sample tiny.hpp "--$1" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["macs"])'; }
least=$(cost smallest) most=$(cost largest)
middle=$(((least + most) / 2))

select=(select tiny.hpp run --data data --trials 8 --population 4 --json)
refused "at most $((least - 1)) macs: the smallest has $least" -- "${select[@]}" --max-macs "$most,$((least - 1))" --out refused
refused "with a comma between" -- "${select[@]}" --max-macs "$most,,$least" --out refused
refused "a front has one limit" -- "${select[@]}" --pareto --max-macs "$most,$middle" --out refused
refused "data/run.json does not exist" -- select tiny.hpp data --data data --out refused
shades other 2
refused "give the same" -- select tiny.hpp run --data other --out refused
[[ ! -e refused ]] || fail "a refused selection leaves $(ls refused)"

espalier "${select[@]}" --max-macs "$most,$least" --out selected
selection=$output
[[ $(field 0 max_macs) == "$most" && $(field 1 max_macs) == "$least" ]] || fail "rows in another order: $output"
[[ $(field 1 macs) == "$least" ]] || fail "$(field 1 macs) macs, at most $least were asked for"
accuracy=$(field 0 test_accuracy)
awk -v a="$accuracy" 'BEGIN { exit !(a > 0.2) }' || fail "nothing was learned: $output"
"$ESPALIER" trials selected --json >selected.json
judged=$(value selected.json 'len(j)')
[[ $(value selected.json 'len({t["architecture"] for t in j})') == "$judged" ]] || fail "paths are judged twice"
espalier "${select[@]}" --max-macs "$most,$least" --out selected
"$ESPALIER" trials selected --json >again.json
[[ $output == "$selection" ]] || fail "the same command gives $output"
same selected.json again.json
refused "trials: recorded 8, now 9" -- "${select[@]/8/9}" --max-macs "$most,$least" --out selected

for i in 0 1; do
  output=$selection
  row="$(field $i architecture) $(field $i test_accuracy)"
  espalier evaluate tiny.hpp selected/$((i + 1)).json --weights run/supernet.pt --data data --json
  [[ "$(field 0 architecture) $(field 0 test_accuracy)" == "$row" ]] || fail "selected $row, evaluated $output"
done

espalier "${select[@]/8/12}" --pareto --out front
"$ESPALIER" trials front --json >judged.json
[[ -s front/front.svg && -s front/1.json ]] || fail "files are missing: $(ls front)"
python3 - <<'SCRIPT' || fail "the front is $(<front/front.json)"
import json
front = [(m["macs"], -m["validation_accuracy"]) for m in json.load(open("front/front.json"))]
judged = [(t["macs"], -t["score"]) for t in json.load(open("judged.json"))]
assert front == sorted(set(front)) and set(front) <= set(judged)
assert [m["architecture"] for m in json.load(open("front/front.json"))][0] == json.load(open("front/1.json"))
assert not any(a[0] <= b[0] and a[1] <= b[1] and a != b for a in judged for b in front)
SCRIPT
espalier select tiny.hpp run --data data --max-memory 300k --trials 4 --population 2 --out one
says memory "test accuracy"

sed 's/channels(4)/channels(8)/; s/edge)(4)/edge)(8)/' tiny.hpp >wide.hpp
refused "does not fit the supernet" "is needed" -- select wide.hpp run --data data --out refused
espalier train tiny.hpp selected/1.json --data data --epochs 1 --batch 32 --out alone
refused "use \`espalier emit\`" -- extract tiny.hpp selected/1.json --weights alone/weights.pt --data data -o network

espalier extract tiny.hpp selected/1.json --weights run/supernet.pt --data data -o network
{ cmake -S network -B network/build -DCMAKE_BUILD_TYPE=Debug && cmake --build network/build; } >built 2>&1 || fail "the project does not build: $(<built)"
project() { (cd network && build/network "$@"); }
project check >checked || fail "the project differs from where it comes from: $(<checked)"
evaluated=$(project evaluate ../data)
[[ $evaluated == "accuracy $(printf %.4f "$accuracy") "* ]] || fail "selected with $accuracy, the project says $evaluated"

finish
