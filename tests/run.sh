#!/usr/bin/env bash
# Installs what is missing, builds Release in build/release and runs every test: dsl and compiler first, in seconds,
# before the first file that includes LibTorch. Last, networks of some shipped spaces, which the commit chooses, are
# emitted, built and compared with their supernets, and one is searched by every strategy with every evaluator;
# tests/nightly.sh does so with all of them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=$(env -u OMP_NUM_THREADS nproc) # which would heed it
export OMP_NUM_THREADS=1

# What is emitted is compared with PyTorch and OpenCV, and Python with its formatter; Optuna opens an exported study.
bash examples/install_packages.sh python3-torch libopencv-dnn-dev black python3-optuna

cmake --preset release
cmake --build --preset release --target torch_free_tests -j "$jobs"
ctest --preset release -j "$jobs" -L torch-free --no-tests=error

cmake --build --preset release -j "$jobs"
ctest --preset release -j "$jobs" -LE torch-free --no-tests=error

bash tests/emission/spaces.sh build/release rotating
bash tests/search_matrix/spaces.sh build/release rotating
