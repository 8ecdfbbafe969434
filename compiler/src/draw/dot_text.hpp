#pragma once

#include <espalier/compiler/graph.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace espalier::compiler {

/// A text as it stands in an HTML-like label of Graphviz.
std::string html(std::string_view text);

/// A text in double quotes.
std::string dot_string(std::string_view text);

/// A bold heading with lines below it, as an HTML-like label.
std::string headed_list(std::string_view heading, std::vector<std::string> const& lines);

/// `24 x 28 x 28`, or `10` for a vector, with a multiplication sign.
std::string shape(tensor_type const& type);

} // namespace espalier::compiler
