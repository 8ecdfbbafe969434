# What the scripts of this folder share. Each runs in an empty folder of its own, which is removed.
set -uo pipefail
: "${ESPALIER:?is the path of the command}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export XDG_CACHE_HOME=$work/cache
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# espalier ARGUMENTS...: exits with 0; what it printed is in $output, what it complained about in $complaint.
espalier() {
  output=$("$ESPALIER" "$@" 2>complaint)
  local status=$?
  complaint=$(<complaint)
  ((status == 0)) || fail "espalier $* exits with $status: $complaint"
}

# refused TEXT... -- ARGUMENTS...: exits with 2 and complains with every one of the texts.
refused() {
  local texts=()
  while [[ $1 != -- ]]; do texts+=("$1") && shift; done
  shift
  output=$("$ESPALIER" "$@" 2>complaint)
  local status=$?
  complaint=$(<complaint)
  ((status == 2)) || fail "espalier $* exits with $status instead of 2: $complaint"
  for text in "${texts[@]}"; do
    [[ $complaint == *"$text"* ]] || fail "espalier $* does not say '$text': $complaint"
  done
}

# says TEXT...: the last output holds every one of the texts.
says() {
  for text in "$@"; do
    [[ $output == *"$text"* ]] || fail "'$text' is missing in: $output"
  done
}

# field KEY...: the value of a key of the last output, which must be JSON.
field() {
  printf '%s' "$output" >field.json
  cat >field.cmake <<'SCRIPT'
file(READ field.json text)
string(JSON value GET "${text}" ${keys})
execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${value}")
SCRIPT
  cmake "-Dkeys=$(IFS=';' && echo "$*")" -P field.cmake 2>field.error || echo "not JSON: $(<field.error)"
}

# same FIRST SECOND: two files of equal bytes.
same() { cmp -s "$1" "$2" || fail "$1 and $2 differ"; }

finish() {
  ((failures == 0)) || exit 1
  echo "passed"
  exit 0
}

# A space that is trained in seconds: 7x7 maps of 4 channels, one cell of two nodes.
cat >tiny.hpp <<'HEADER'
#pragma once
#include <espalier/dsl.hpp>

namespace small {
using namespace espalier::dsl;
inline constexpr auto edge = choice(none(), max_pool(3), skip_connect(), sep_conv(3));
inline constexpr auto tiny = search_space("tiny", image(1, 28, 28), conv(3, channels(4), stride(4)), batch_norm(),
                                          cell("normal", nodes(2), keep(2), edge)(4), global_avg_pool(), linear(10));
} // namespace small
HEADER

big_endian() { printf "\\x$(printf %02x $(($1 >> 24 & 255)))\\x$(printf %02x $(($1 >> 16 & 255)))\\x$(printf %02x $(($1 >> 8 & 255)))\\x$(printf %02x $(($1 & 255)))"; }

# images FILE COUNT SIDE, labels FILE COUNT: IDX files of made-up content.
images() {
  { printf '\0\0\x08\x03' && big_endian "$2" && big_endian "$3" && big_endian "$3" && seq 1 "$(($2 * $3 * $3))" | head -c "$(($2 * $3 * $3))"; } >"$1"
}
labels() {
  { printf '\0\0\x08\x01' && big_endian "$2" && for ((i = 0; i < $2; ++i)); do printf "\\x0$((i % 10))"; done; } >"$1"
}

# data FOLDER: 160 training and 40 test images of 28x28 in ten classes.
data() {
  mkdir -p "$1"
  images "$1/train-images-idx3-ubyte" 160 28
  labels "$1/train-labels-idx1-ubyte" 160
  images "$1/t10k-images-idx3-ubyte" 40 28
  labels "$1/t10k-labels-idx1-ubyte" 40
}
