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
one card.metaqnn_cifar10_limit2 '{}' '{"count": 206}'
expect 0 "1 pass" "$work/one.json"
one spos.count_macs_le_270359360 '""' '{"count": 1}'
expect 0 "1 pass" "$work/one.json"

# Every number is compared, and one that is not computed is no pass.
one nb201.none '"|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"' '{"cifar10": {"params": 73306, "watts": 3}}'
expect 1 "cifar10/watts=nothing" "$work/one.json"
one nb201.broken '"|none~0|+|none~0|"' '{"cifar10": {"params": 73306}}'
expect 1 "the cell of NAS-Bench-201 has" "$work/one.json"
one latency.k9 '"k9e6"' '{"ms": 1}'
expect 1 "the latency table has no" "$work/one.json"
one teleport.x '{}' '{"params": 1}'
expect 1 "there is no system 'teleport'" "$work/one.json"

expect 2 "cannot read" "$work/none.json"
echo '{"checks": [' >"$work/cut.json"
expect 2 "cut.json:" "$work/cut.json"
echo '{"checks": [{"id": "darts.x", "expect": {}}]}' >"$work/empty.json"
expect 2 "no number" "$work/empty.json"
expect 2 "usage" --all
((failures == 0))
