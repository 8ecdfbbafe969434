#!/usr/bin/env bash
# Passes by name, on spaces and on text of every level.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

espalier ir fashion-cells --expanded
printf '%s\n' "$output" >expanded.ir
espalier opt fashion-cells --pass expand
[[ $output == "$(<expanded.ir)" ]] || fail "opt --pass expand prints another text than ir --expanded"

espalier sample fashion-cells --seed 1 -o a.json
espalier opt fashion-cells --pass expand,specialize,fold_identities,remove_dead_code --architecture a.json
says 'network "fashion-cells"' batch_norm
printf '%s\n' "$output" >network.ir
espalier opt network.ir --pass=fold_batch_norms --time --print-after-change
says 'network "fashion-cells"' "bias = 1"
[[ $complaint == *fold_batch_norms*" ms"* && $complaint == *"// after fold_batch_norms"* ]] ||
  fail "opt does not report: $complaint"
espalier opt network.ir --pass verify,infer_types --time --print-after-change
[[ $output == "$(<network.ir)" ]] || fail "inferred types are others"
[[ $complaint == *"nothing changed"* && $complaint != *"// after"* ]] || fail "opt reports a change: $complaint"
espalier opt network.ir --pass set_layout
says channels_last

refused "no pass 'fold_batchnorms' (did you mean 'fold_batch_norms'?)" -- opt network.ir --pass fold_batchnorms
refused "give --architecture" -- opt expanded.ir --pass specialize
refused "run specialize before it" -- opt expanded.ir --pass fold_batch_norms
refused "run expand before it" -- opt fashion-cells --pass canonicalize
sed 's/yield %linear0/yield %linear7/' network.ir >broken.ir
refused "unknown-value" -- opt broken.ir --pass canonicalize
finish
