#!/usr/bin/env bash
# consumer.sh BUILD_DIR CONSUMER_DIR WORK_DIR CMAKE_OPTION...: installs BUILD_DIR into WORK_DIR/prefix, then configures,
# builds and runs the consumer against it alone.
set -euo pipefail
build=$1 consumer=$2 work=$3
shift 3

rm -rf "$work"
cmake --install "$build" --prefix "$work/prefix" >/dev/null
cmake -S "$consumer" -B "$work/build" -D CMAKE_PREFIX_PATH="$work/prefix" "$@"
cmake --build "$work/build"
"$work/build/declare"
"$work/build/write_file" "$work/written"
"$work/prefix/bin/espalier" --help >/dev/null
