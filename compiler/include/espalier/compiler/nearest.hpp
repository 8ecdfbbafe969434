#pragma once

#include <span>
#include <string>
#include <string_view>

namespace espalier::compiler {

/// The tail of a message about an unknown name: " (did you mean 'darts'?)" where known names are near, else " (known:
/// a, b)".
std::string suggest(std::string_view given, std::span<const std::string> known);

} // namespace espalier::compiler
