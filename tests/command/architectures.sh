#!/usr/bin/env bash
# Sampling and costs, for a person and as JSON.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

espalier sample darts-search -n 3 --seed 7
first=$output
espalier sample darts-search -n 3 --seed 7
[[ $output == "$first" ]] || fail "one seed gives two samples"
espalier sample darts-search -n 3 --seed 8
[[ $output != "$first" ]] || fail "two seeds give one sample"

espalier describe darts-search --json
median=$(field costs 1 median)
smallest=$(field costs 1 minimum)
largest=$(field costs 1 maximum)
espalier sample darts-search -n 5 --max-macs median --json
for i in 0 1 2 3 4; do
  (($(field $i macs) <= median)) || fail "$(field $i macs) macs, at most $median were asked for"
done
espalier sample darts-search --smallest --json -o smallest.json
[[ $(field 0 macs) == "$smallest" ]] || fail "the smallest has $(field 0 macs) macs, not $smallest"
espalier sample darts-search --largest --json -o largest.json
[[ $(field 0 macs) == "$largest" ]] || fail "the largest has $(field 0 macs) macs, not $largest"
refused "the smallest" -- sample darts-search --max-macs 10
refused "12.5M" -- sample darts-search --max-macs much

espalier sample darts-search -n 2 -o samples
[[ -s samples/1.json && -s samples/2.json ]] || fail "no files of samples: $(ls samples)"
refused "give a folder" -- sample darts-search -n 2 -o samples.json

espalier cost darts-search largest.json
says total normal/node0/edge0 sep_conv_5x5
espalier cost darts-search largest.json --json
espalier cost darts-cifar10 largest.json
says total

finish
