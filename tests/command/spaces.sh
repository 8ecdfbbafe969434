#!/usr/bin/env bash
# What the command says about spaces, without data: shipped ones, a header, and its text form.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

espalier spaces
says darts-search darts-cifar10 1,076,746,950,455,072,400
espalier spaces --json
[[ $(field 0 space) ]] || fail "spaces --json: no name"

espalier strategies
says darts single-path aging-evolution random
espalier strategies --json
[[ $(field 0 strategy) ]] || fail "strategies --json: no name"

espalier describe darts-cifar10
says "image of 3 x 32 x 32" "1,076,746,950,455,072,400 (1.08e18)" "normal/node*/edge*" "one of 7" params macs median
espalier describe darts-cifar10 --json
[[ $(field architectures) == 1076746950455072400 ]] || fail "describe --json: $(field architectures) architectures"
[[ $(field costs 0 maximum) -gt $(field costs 0 minimum) ]] || fail "describe --json: costs $(field costs)"

espalier ir tiny.hpp
printf '%s\n' "$output" >tiny.ir
espalier ir tiny.ir
[[ $output == "$(<tiny.ir)" ]] || fail "the text of the text is another one"
espalier ir tiny.hpp::small::tiny
[[ $output == "$(<tiny.ir)" ]] || fail "a named space of a header is another one"
espalier ir tiny.hpp --expanded
says select concat "normal/node0/edge1"
espalier describe tiny.hpp
header_description=$output
espalier describe tiny.ir
[[ $output == "$header_description" ]] || fail "a space as text is described differently"

# A compiler that stops working: what is known is not compiled again, what has changed is.
printf '#!/bin/sh\nexec g++ "$@"\n' >compiler && chmod +x compiler
CXX=./compiler espalier describe tiny.hpp
printf '#!/bin/sh\nexit 1\n' >compiler
CXX=./compiler espalier describe tiny.hpp
[[ $output == "$header_description" ]] || fail "a known header is described differently"
echo '// changed' >>tiny.hpp
CXX=./compiler refused "cannot compile" "set CXX" -- describe tiny.hpp
sed -i 's/"tiny"/"changed"/' tiny.hpp
espalier describe tiny.hpp
says changed

printf '%s\n' '#include "tiny.hpp"' 'inline constexpr auto outer = espalier::dsl::search_space("outer", espalier::dsl::image(1, 8, 8),
  small::edge, espalier::dsl::global_avg_pool());' >outer.hpp
espalier describe outer.hpp
says outer
sed -i 's/skip_connect(), sep_conv(3)/skip_connect()/' tiny.hpp
espalier describe outer.hpp
says "one of 3"

espalier graph darts-cifar10 -o cells.svg
[[ -s cells-normal.svg && -s cells-reduction.svg ]] || fail "no pictures: $(ls)"
espalier graph darts-cifar10 --whole -o all.svg
[[ -s all.svg ]] || fail "no picture: $(ls)"
espalier sample fashion-cells --largest -o a.json
espalier graph a.json -o a.svg
grep -q sep_conv_5x5 a-normal.svg || fail "a picture without its operations"
refused "no picture format" -- graph darts-search -o x.txt
espalier graph fashion-cells a.json -o b.svg
same a-normal.svg b-normal.svg
refused "was made for" -- graph tiny.hpp a.json -o x.svg

finish
