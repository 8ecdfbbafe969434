#!/usr/bin/env bash
# What takes too long for every commit, after all that tests/run.sh does: networks of every shipped space, emitted, built by
# g++ and by clang++ and compared with their supernets, one of each as the project that `espalier emit` writes; a search of
# every shipped space by every strategy with every evaluator; ten minutes of fuzzing. About two and a half hours on two
# cores.
#
# Emitted projects are C++17, in which clang reads the headers of LibTorch 1.13 with libstdc++ 12. In C++20 it does not
# (std::vector's constexpr destructor needs c10::IValue complete), so that runtime/ itself is built by g++ alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash tests/run.sh
ESPALIER_ALL_ARCHITECTURES=1 OMP_NUM_THREADS=2 build/release/tests/runtime/runtime_tests "one-hot weights mean the sampled path*"
bash examples/install_packages.sh clang-19 libclang-rt-19-dev
bash tests/emission/spaces.sh build/release --own-project all
CXX=clang++-19 bash tests/emission/spaces.sh build/release all
bash tests/search_matrix/spaces.sh build/release all
bash tests/fuzz/run.sh 600
