#!/usr/bin/env bash
# exit_codes.sh REFERENCE_CHECK: other architectures of the same form are computed and not remembered, and what is
# wrong is said: 0 where all numbers agree, 1 where one does not, 2 for a file or a flag that is none.
set -uo pipefail
check=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# expect STATUS TEXT FILE: reference_check FILE exits so, and prints the text.
expect() {
  local output status
  output=$("$check" "$3" 2>&1)
  status=$?
  ((status == $1)) && [[ $output == *"$2"* ]] && return
  echo "FAILED: $3 exits with $status, expected $1 and '$2': $output"
  failures=$((failures + 1))
}

# one ID ARCHITECTURE EXPECT: a file of one check.
one() {
  echo "{\"checks\": [{\"id\": \"$1\", \"architecture\": $2, \"expect\": $3}]}" >"$work/one.json"
}

# A separable convolution of 3x3 has 2 (9 c + c^2 + 2 c) parameters, one of 5x5 32 c more. Eight of them stand in a cell,
# and the 20 cells have 36, 72 and 144 channels: 6, 7 and 7 of them.
cell='"uniform_operation": "sep_conv_5x5", "concat": [2, 3, 4, 5], "skeletons": "cifar = C36 L20"'
one darts.uniform.all_sep_conv_5x5 "{$cell}" "{\"cifar\": {\"params\": $((4701718 + 8 * 32 * (6 * 36 + 7 * 72 + 7 * 144)))}}"
expect 0 "1 pass, 0 fail" "$work/one.json"
one darts.uniform.all_sep_conv_5x5 "{$cell}" '{"cifar": {"params": 4701718}}'
expect 1 "FAIL darts.uniform.all_sep_conv_5x5: expected cifar/params=4701718; got cifar/params=51" "$work/one.json"

# The edge 0-3 from a 1x1 to a 3x3 convolution: 8 c^2 more in each of 5 cells of 16, 32 and 64 channels.
one nb201.mixed '"|nor_conv_1x1~0|+|nor_conv_1x1~0|nor_conv_1x1~1|+|nor_conv_3x3~0|nor_conv_1x1~1|nor_conv_1x1~2|"' \
  "{\"cifar10\": {\"params\": $((241306 + 5 * 8 * (16 * 16 + 32 * 32 + 64 * 64)))}}"
expect 0 "1 pass" "$work/one.json"

# Counts beyond 64 bits, and bounds that the shipped file does not have.
one card.some_paper '{"formula": "(5*(B-2)!)^4 with B=5"}' '{"count": 810000}'
expect 0 "1 pass" "$work/one.json"
one card.nasnet_pair_controller_sequences '{}' '{"count": 5229943396058757337940161399357440001}'
expect 1 "got count=5229943396058757337940161399357440000" "$work/one.json"
one card.enas_macro_L40_6ops '{}' '{"count": 1}'
expect 1 "FAIL card.enas_macro_L40_6ops" "$work/one.json"
one card.metaqnn_cifar10_limit2 '{}' '{"count": 206}'
expect 0 "1 pass" "$work/one.json"
one card.enas_macro_L3_2ops '{}' '{"count": "64"}'
expect 0 "1 pass" "$work/one.json"
one card.enas_macro_L3 '{}' '{"count": 64}'
expect 1 "there is no space of the name 'enas_macro_L3'" "$work/one.json"
one spos.count_macs_le_270359360 '""' '{"count": 1}'
expect 0 "1 pass" "$work/one.json"

# Every number is compared, and one that is not computed is no pass.
one nb201.none '"|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"' '{"cifar10": {"params": 73306, "watts": 3}}'
expect 1 "cifar10/watts=nothing" "$work/one.json"
one nb201.broken '"|none~0|+|none~0|"' '{"cifar10": {"params": 73306}}'
expect 1 "the cell of NAS-Bench-201 has" "$work/one.json"
one latency.k9 '"k9e6"' '{"ms": 1}'
expect 1 "the latency table has no" "$work/one.json"
sed 's/: [0-9.]*\(,\?\)$/: 1\1/' "$(dirname "${BASH_SOURCE[0]}")/proxyless_mobile_latency.json" \
  >"$work/proxyless_mobile_latency.json" # a table beside the file: 3 layers, and 22 blocks, of a millisecond
one latency.k3e3 '"k3e3"' '{"ms": 25}'
expect 0 "1 pass" "$work/one.json"
rm "$work/proxyless_mobile_latency.json"
expect 1 "got ms=76.0480" "$work/one.json"
one ghn.GHN1_cifar10 '{"by": {"teleport": 3}}' '{"params": 1620668}'
expect 1 "a hypernetwork has no part 'teleport'" "$work/one.json"
one teleport.x '{}' '{"params": 1}'
expect 1 "there is no system 'teleport'" "$work/one.json"

# Another skeleton of SPOS: two layers a stage, which the file tells.
cat >"$work/skeleton.json" <<'JSON'
{"families": {"spos": {"stage_repeats": [2, 2, 2, 2], "stage_out_channels": [64, 160, 320, 640], "stem": 16, "head": 512}},
 "checks": [{"id": "spos.count_macs_le_9999999999", "architecture": "", "expect": {"count": 65536}},
            {"id": "spos.range", "architecture": "", "expect": {"min_params": 1540320, "max_params": 1839536, "min_macs": 135683008, "max_macs": 197512384}}]}
JSON
expect 0 "2 pass" "$work/skeleton.json"

expect 2 "cannot read" "$work/none.json"
echo '{"checks": [' >"$work/cut.json"
expect 2 "cut.json:" "$work/cut.json"
echo '{"checks": [{"id": "darts.x", "expect": {}}]}' >"$work/empty.json"
expect 2 "no number" "$work/empty.json"
expect 2 "usage" --all
((failures == 0))
