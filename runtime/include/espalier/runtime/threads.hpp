#pragma once

#include <string>
#include <string_view>

namespace espalier::runtime {

/// Lets LibTorch and OpenBLAS use that many threads, 0 for one a core, and returns how many these are, for the run's
/// record.
int use_threads(int count);

/// Whether a file such as /usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0 is the plain reference BLAS, by its path.
bool is_reference_blas(std::string_view library);

/// A warning with its remedy if this process multiplies matrices with the plain reference BLAS (27 times slower), else
/// empty.
std::string blas_warning();

} // namespace espalier::runtime
