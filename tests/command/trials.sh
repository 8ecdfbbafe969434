#!/usr/bin/env bash
# What a search tried: shared by several processes, listed, and written for other programs.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

data data
search=(search tiny.hpp --strategy aging-evolution --data data --epochs 2 --batch 16 --trials 24 --population 4 --out)

# Two processes, and a third one that is killed, end with the same network and with no trial twice.
"$ESPALIER" "${search[@]}" shared >killed.out 2>&1 &
killed=$!
for i in 1 2; do
  "$ESPALIER" "${search[@]}" shared --json >"$i.out" 2>"$i.complaint" &
  children[i]=$!
done
until [[ -e shared/study.db ]] || ! kill -0 $killed 2>/dev/null; do sleep 0.01; done
{ kill -KILL $killed && wait $killed; } 2>/dev/null
for i in 1 2; do wait ${children[i]} || fail "process $i of a shared search: $(<"$i.complaint")"; done
same 1.out 2.out
refused "options.seed: recorded 1, now 2" -- "${search[@]}" shared --seed 2
espalier trials shared --json
printf '%s\n' "$output" >all.json

# One alone that is resumed does nothing, and has the result of all.
espalier "${search[@]}" shared --json
printf '%s\n' "$output" >again.out
same 1.out again.out

espalier trials shared --best=3 --json
printf '%s\n' "$output" >best.json
espalier trials shared/study.db --pareto --json -o front
printf '%s\n' "$output" >front.json
espalier trials shared --best
says architecture state "complete"
python3 - <<'SCRIPT' || fail "the lists do not agree: $(<all.json)"
import json, os
everything, best, front, found = (json.load(open(f)) for f in ("all.json", "best.json", "front.json", "again.out"))
assert [t["number"] for t in everything] == list(range(1, 25))
assert len({t["architecture"] for t in everything}) == 24 and {t["state"] for t in everything} == {"complete"}
assert best == sorted(everything, key=lambda t: -t["score"])[:3]
assert found[0]["validation_accuracy"] == best[0]["score"]
beaten = lambda a: any(b["macs"] <= a["macs"] and b["score"] >= a["score"] and (b["macs"], b["score"]) != (a["macs"], a["score"])
                       for b in everything)
assert {(t["macs"], t["score"]) for t in front} == {(t["macs"], t["score"]) for t in everything if not beaten(t)}
assert sorted(os.listdir("front")) == sorted(f"{t['number']}.json" for t in front)
SCRIPT
for file in front/*.json; do espalier cost tiny.hpp "$file"; done

espalier export shared --csv trials.csv --optuna journal.log
python3 - <<'SCRIPT' || fail "the table does not hold the trials: $(<trials.csv)"
import csv, json
rows, trials = list(csv.DictReader(open("trials.csv"))), json.load(open("all.json"))
assert len(rows) == len(trials)
for row, t in zip(rows, trials):
    assert (int(row["number"]), row["state"], float(row["score"]), row["architecture"]) == (t["number"], t["state"], t["score"], t["architecture"])
front = json.load(open("front.json"))[0]["number"]
decisions = json.load(open(f"front/{front}.json"))["decisions"]
spelled = lambda value: "+".join(value) if isinstance(value, list) else value
row = rows[front - 1]
assert {k: row[k] for k in row if "/" in k and row[k]} == {k: spelled(v) for k, v in decisions.items()}
SCRIPT

# Optuna itself, where it is installed for one of these.
for python in python3 /usr/bin/python3; do
  $python -c 'import optuna' 2>/dev/null || continue
  $python - >optuna.out 2>&1 <<'SCRIPT' || fail "Optuna: $(<optuna.out)"
import json, optuna
if int(optuna.__version__.split(".")[0]) < 4:
    backend = optuna.storages.JournalFileStorage("journal.log")
else:
    backend = optuna.storages.journal.JournalFileBackend("journal.log")
study = optuna.load_study(study_name="tiny/aging-evolution", storage=optuna.storages.JournalStorage(backend))
trials = json.load(open("all.json"))
assert study.direction == optuna.study.StudyDirection.MAXIMIZE
assert [t.value for t in study.trials] == [t["score"] for t in trials]
assert [t.user_attrs["macs"] for t in study.trials] == [t["macs"] for t in trials]
assert all(t.state.name == "COMPLETE" and t.datetime_complete >= t.datetime_start for t in study.trials)
front = json.load(open("front.json"))[0]["number"]
decisions = json.load(open(f"front/{front}.json"))["decisions"]
spelled = {k: v for k, v in decisions.items() if isinstance(v, str)}
spelled |= {f"{k}[{o}]": True for k, v in decisions.items() if isinstance(v, list) for o in v}
assert {k: v for k, v in study.trials[front - 1].params.items() if v} == spelled
study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)  # which Optuna goes on with
assert len(study.trials) == len(trials) + 1
SCRIPT
  break
done

refused "there is no data/study.db" -- trials data
refused "--optuna FILE or --csv FILE" -- export shared
cp data/train-labels-idx1-ubyte letter.db
refused "it is no study" -- trials letter.db

finish
