#!/usr/bin/env bash
# Headers that do not compile, and names that nobody knows.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

cat >even.hpp <<'HEADER'
#include <espalier/dsl.hpp>
using namespace espalier::dsl;
inline constexpr auto even = search_space("even", image(3, 32, 32), conv(4, channels(8)), global_avg_pool(), linear(10));
HEADER
sentence="kernel 4 is even, so that no padding keeps the size of the map; use an odd kernel such as 5 [even-kernel]"
refused '"even" has 1 fault' "%conv0: $sentence" -- describe even.hpp
cat even.hpp <(echo 'static_assert(count<even>() == 1);') >counted.hpp
refused "counted.hpp does not compile" "counted.hpp:4" "even (line 3): conv0: $sentence" -- describe counted.hpp
[[ $complaint != *dsl/facts.hpp* ]] || fail "lines of our own headers are shown: $complaint"
(($(wc -l <<<"$complaint") <= 14)) || fail "the compiler's message is not shortened: $complaint"

sed 's/conv(4/convolution(3/' even.hpp >unknown.hpp
refused "unknown.hpp:3" convolution -- describe unknown.hpp
sed 's/conv(4, channels(8))/max_pool(3, channels(8))/' even.hpp >wrong_number.hpp
refused "wrong_number.hpp:3" -- describe wrong_number.hpp
sed 's/;$//' even.hpp >no_semicolon.hpp
refused "no_semicolon.hpp" -- describe no_semicolon.hpp

refused "small::tiny" -- describe tiny.hpp::small::tinny
echo 'int x;' >none.hpp
refused "no search space found" "none.hpp::NAME" -- describe none.hpp
cat even.hpp <(sed -n '3s/ even/ second/p' even.hpp) >two.hpp
refused "2 search spaces" "two.hpp::even" "two.hpp::second" -- describe two.hpp
refused "cannot be read" -- describe missing.hpp
CXX=no-such-compiler refused "no-such-compiler" "CXX" -- describe tiny.hpp

refused "no search space 'darts-serch'" "did you mean 'darts-search'" -- describe darts-serch
echo 'espalier 1' >broken.ir
refused "broken.ir" -- describe broken.ir

refused "no strategy 'dart'" "did you mean 'darts'" -- search darts-search --strategy dart --data fashion-mnist --out run
[[ ! -e run ]] || fail "a search of an unknown strategy leaves a folder"
refused "no flag '--stratgy'" "did you mean '--strategy'" -- search darts-search --stratgy darts --data fashion-mnist --out run
refused "no command 'serch'" "did you mean 'search'" -- serch darts-search
refused "--out is required" -- search darts-search --strategy darts --data fashion-mnist
refused "--epochs" -- search darts-search --strategy darts --data fashion-mnist --out run --epochs -3
refused "--seed" -- sample darts-search --seed none
refused "one argument too many" -- describe darts-search darts-cifar10
refused "did you mean" -- completion bsh

finish
