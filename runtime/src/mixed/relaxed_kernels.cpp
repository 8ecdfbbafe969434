#include <espalier/runtime/relaxed_kernels.hpp>

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/local_compiler.hpp>

#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

namespace espalier::runtime {

std::shared_ptr<compiler::kernel_library const> kernels_for(compiler::graph const& expanded, progress& report) {
  if (auto const* const wanted = std::getenv("ESPALIER_KERNELS"); wanted != nullptr && std::string_view{wanted} == "0")
    return nullptr;
  try {
    return compiler::kernel_library::compile(expanded, compiler::local_compiler("kernels"));
  } catch (user_error const& error) {
    report.begin("kernels", 1, 0);
    report.end(fmt::format("none, so that relaxed steps take several times as long: {}", error.what()));
    return nullptr;
  }
}

} // namespace espalier::runtime
