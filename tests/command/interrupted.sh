#!/usr/bin/env bash
# A run that is killed and started again ends like one that was not.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

data data
espalier sample tiny.hpp --largest -o a.json

# start_and_kill FOLDER ARGUMENTS...: kills a run soon after it has written something new; fails if it ends by itself.
start_and_kill() {
  local folder=$1
  touch started
  "$ESPALIER" "${@:2}" --out "$folder" >/dev/null 2>&1 &
  local child=$!
  until [[ $(find "$folder" -newer started \( -name '*.pt' -o -name 'study.db*' \) 2>/dev/null) ]] || ! kill -0 $child; do
    sleep 0.02
  done
  sleep "0.0$((RANDOM % 10))"
  kill -KILL $child
  ! wait $child
} 2>/dev/null

# compare NAME ARGUMENTS...: runs once without and once with kills; the files named in `files` are equal.
compare() {
  local name=$1 kills=0
  shift
  espalier "$@" --out "$name-whole"
  for round in 1 2 3; do
    start_and_kill "$name-killed" "$@" && kills=$round
  done
  ((kills > 0)) || fail "$name: ends before it can be killed"
  espalier "$@" --out "$name-killed" --json
  for file in "${files[@]}"; do same "$name-whole/$file" "$name-killed/$file"; done
  seconds=$(field 0 seconds)
  awk -v s="$seconds" 'BEGIN { exit !(s > 0 && s < 600) }' || fail "$name: after $kills kills it claims to have taken $seconds seconds"
}

files=(weights.pt architecture.json)
compare train train tiny.hpp a.json --data data --epochs 40 --batch 16
files=(supernet.pt architecture.json)
compare darts search tiny.hpp --strategy darts --data data --epochs 30 --batch 16
compare single-path search tiny.hpp --strategy single-path --data data --epochs 30 --batch 16 --trials 8 --population 4
files=(architecture.json)
compare evolution search tiny.hpp --strategy aging-evolution --data data --epochs 2 --batch 16 --trials 30 --population 4

# The shell starts a background command deaf to SIGINT: it listens once it runs, which the first checkpoint shows.
"$ESPALIER" train tiny.hpp a.json --data data --epochs 100000 --batch 16 --out interrupted 2>complaint &
child=$!
until [[ $(find interrupted -name '*.pt' 2>/dev/null) ]] || ! kill -0 $child; do sleep 0.02; done
kill -INT $child
wait $child
(($? == 130)) && grep -q "the same command resumes" complaint || fail "an interruption is told differently: $(<complaint)"

finish
