#!/usr/bin/env bash
# Published encodings become architectures that the other commands read; what does not fit is listed.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

cat >genotype.json <<'JSON'
{"normal": [["sep_conv_3x3", 0], ["sep_conv_3x3", 1], ["sep_conv_3x3", 0], ["sep_conv_3x3", 1],
            ["sep_conv_3x3", 1], ["skip_connect", 0], ["skip_connect", 0], ["dil_conv_3x3", 2]],
 "normal_concat": [2, 3, 4, 5],
 "reduce": [["max_pool_3x3", 0], ["max_pool_3x3", 1], ["skip_connect", 2], ["max_pool_3x3", 1],
            ["max_pool_3x3", 0], ["skip_connect", 2], ["skip_connect", 2], ["max_pool_3x3", 1]],
 "reduce_concat": [2, 3, 4, 5]}
JSON
espalier import darts genotype.json -o a.json
espalier cost darts-cifar10 a.json
[[ $output == *3,349,342* && $output == *528,359,040* ]] || fail "DARTS V2 costs $output"
espalier import darts genotype.json darts-imagenet
[[ $output == *'"normal/node3/edge2": "dil_conv_3x3"'* ]] || fail "import prints $output"
[[ $complaint == *note*4,718,752*3,349,342* ]] || fail "import says of another skeleton $complaint"
espalier import darts genotype.json --network
[[ $output == 'espalier 1'*'network "darts"'* ]] || fail "import --network prints $output"
echo '|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|' >cell.txt
espalier import nas-bench-201 cell.txt --network

sed 's/"sep_conv_3x3", 1/"sep_conv_7x7", 1/' genotype.json >wider.json
refused "wider.json" "normal/node0/edge1: there is no option 'sep_conv_7x7'" -- import darts wider.json
sed 's/sep_conv_3x3/sep_conv_4x4/; s/\["skip_connect", 2\]/["skip_connect", 7]/' genotype.json >wrong.json
refused "faults" "normal[0][0]: there is no 'sep_conv_4x4'" "found 7" -- import darts wrong.json
refused "did you mean 'darts'" -- import dart genotype.json
echo '[{"n": 2, "edges": [[0, 1]]}]' >graphs.json
refused "no space holds" "--network" -- import randwire graphs.json
finish
