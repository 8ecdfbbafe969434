#include "dot_text.hpp"

#include <fmt/format.h>

namespace espalier::compiler {

std::string html(std::string_view text) {
  std::string result;
  for (char const c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else
      result += c;
  }
  return result;
}

std::string dot_string(std::string_view text) {
  std::string result = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string headed_list(std::string_view heading, std::vector<std::string> const& lines) {
  std::string rows;
  for (auto const& line : lines)
    rows += fmt::format("<tr><td>{}</td></tr>", html(line));
  return fmt::format("<table border=\"0\" cellspacing=\"0\" cellpadding=\"1\"><tr><td><b>{}</b></td></tr>{}</table>",
                     html(heading), rows);
}

std::string shape(tensor_type const& type) {
  if (type.kind == dsl::tensor_kind::vector)
    return std::to_string(type.channels);
  return fmt::format("{} &times; {} &times; {}", type.channels, type.height, type.width);
}

} // namespace espalier::compiler
