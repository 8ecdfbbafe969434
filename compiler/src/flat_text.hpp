#pragma once

#include <espalier/compiler/graph.hpp>

#include <optional>
#include <string>

namespace espalier::compiler {

/// C++ that includes a header and prints its search space `name`, one node a line: numbers first, then the name.
std::string flat_printer_source(std::string const& header, std::string const& name);

/// The graph of a space that such a program printed, or nothing where the text is none.
std::optional<graph> read_flat(std::string const& text);

} // namespace espalier::compiler
