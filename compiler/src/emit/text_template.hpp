#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace espalier::compiler {

/// Fills a text in which `@name@` stands for a value. Lines between `@if name@` and `@end@` are kept where the value is
/// not empty.
std::string fill(std::string_view text, std::initializer_list<std::pair<std::string_view, std::string>> values);

} // namespace espalier::compiler
