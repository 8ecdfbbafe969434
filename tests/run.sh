#!/usr/bin/env bash
# Installs what is missing, builds Release in build/release and runs every test: dsl and compiler first, in seconds,
# before the first file that includes LibTorch.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export OMP_NUM_THREADS=1
jobs=$(nproc)

# What is emitted is compared with PyTorch and OpenCV, and Python with its formatter.
bash examples/install_packages.sh python3-torch libopencv-dnn-dev black

cmake --preset release
cmake --build --preset release --target torch_free_tests -j "$jobs"
ctest --preset release -j "$jobs" -L torch-free --no-tests=error

cmake --build --preset release -j "$jobs"
ctest --preset release -j "$jobs" -LE torch-free --no-tests=error
