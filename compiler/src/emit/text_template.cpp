#include "text_template.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

constexpr std::string_view condition = "@if ";
constexpr std::string_view end_of_condition = "@end@";

} // namespace

std::string fill(std::string_view text, std::initializer_list<std::pair<std::string_view, std::string>> values) {
  auto const value_of = [&](std::string_view name) -> std::string const& {
    auto const* const found = std::ranges::find(values, name, &std::pair<std::string_view, std::string>::first);
    if (found == values.end())
      throw internal_error(fmt::format("the template names @{}@, which has no value", name));
    return found->second;
  };
  std::string result;
  bool is_kept = true;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n') + 1);
    text.remove_prefix(line.size());
    if (line.starts_with(end_of_condition)) {
      is_kept = true;
    } else if (line.starts_with(condition)) {
      is_kept = !value_of(line.substr(condition.size(), line.rfind('@') - condition.size())).empty();
    } else if (is_kept) {
      for (auto at = line.find('@'); at != std::string_view::npos; at = line.find('@')) {
        auto const end = line.find('@', at + 1);
        result += line.substr(0, at);
        result += value_of(line.substr(at + 1, end - at - 1));
        line.remove_prefix(end + 1);
      }
      result += line;
    }
  }
  return result;
}

} // namespace espalier::compiler
