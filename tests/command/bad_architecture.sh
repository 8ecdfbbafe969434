#!/usr/bin/env bash
# Architectures that are damaged, or another space's.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

espalier sample darts-search --largest -o a.json
refused a.json "was made for" -- cost tiny.hpp a.json
refused missing.json -- cost darts-search missing.json
mkdir empty
refused empty/architecture.json -- cost darts-search empty

head -c 300 a.json >cut.json
refused cut.json:12: "syntax error" -- cost darts-search cut.json
echo '[1, 2]' >list.json
refused list.json decisions -- cost darts-search list.json
sed 's/sep_conv_5x5/sep_conv_7x7/' a.json >unknown.json
refused unknown.json "sep_conv_7x7" "did you mean" -- cost darts-search unknown.json
sed '/edge/{x;s/^/x/;/^x$/{x;d};x}' a.json >incomplete.json
refused incomplete.json missing -- cost darts-search incomplete.json

finish
