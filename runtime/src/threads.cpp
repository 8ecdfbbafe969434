#include <espalier/runtime/threads.hpp>

#include <espalier/compiler/error.hpp>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <thread>

namespace espalier::runtime {
namespace {

constexpr int most_threads = 1024;

/// The file that sgemm comes from, links resolved; empty where LibTorch has no such symbol.
std::string blas_library() {
  void* const sgemm = dlsym(RTLD_DEFAULT, "sgemm_");
  Dl_info origin{};
  if (sgemm == nullptr || dladdr(sgemm, &origin) == 0 || origin.dli_fname == nullptr)
    return {};
  std::error_code unresolved;
  std::filesystem::path const file = std::filesystem::canonical(origin.dli_fname, unresolved);
  return unresolved ? origin.dli_fname : file.string();
}

} // namespace

int use_threads(int count) {
  if (count < 0 || count > most_threads)
    throw user_error(fmt::format("cannot use {} threads: give 1 to {}, or 0 for one a core", count, most_threads));
  if (count == 0)
    count = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  at::set_num_threads(count);
  // OpenBLAS keeps a pool of its own, which LibTorch does not tell.
  if (void* const set_threads = dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))
    reinterpret_cast<void (*)(int)>(set_threads)(count);
  return count;
}

bool is_reference_blas(std::string_view library) {
  constexpr std::array optimized{"openblas", "mkl", "blis", "atlas", "flexiblas"};
  auto const named = [library](std::string_view name) { return library.find(name) != std::string_view::npos; };
  return library.substr(library.rfind('/') + 1).starts_with("libblas") &&
         std::none_of(optimized.begin(), optimized.end(), named);
}

std::string blas_warning() {
  std::string const library = blas_library();
  if (!is_reference_blas(library))
    return {};
  return fmt::format("matrix products use the plain reference BLAS ({}), about 27 times slower than OpenBLAS; "
                     "remedy: apt install libopenblas0-pthread",
                     library);
}

} // namespace espalier::runtime
