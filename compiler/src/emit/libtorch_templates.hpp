#pragma once

#include <string_view>

namespace espalier::compiler {

/// The files of a LibTorch project beside its network, as templates for `fill`.
extern std::string_view const libtorch_classifier_template;
extern std::string_view const libtorch_runner_template;
extern std::string_view const libtorch_safetensors_template;
extern std::string_view const libtorch_cmake_template;
extern std::string_view const libtorch_readme_template;

/// Parts of both programs: what is thrown at the user, the command `check`, and `main`.
extern std::string_view const libtorch_failures_template;
extern std::string_view const libtorch_check_template;
extern std::string_view const libtorch_main_template;

} // namespace espalier::compiler
