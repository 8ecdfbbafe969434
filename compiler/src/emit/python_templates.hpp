#pragma once

#include <string_view>

namespace espalier::compiler {

/// The files of a PyTorch project beside its network, as templates for `fill`.
extern std::string_view const python_main_template;
extern std::string_view const python_readme_template;

} // namespace espalier::compiler
