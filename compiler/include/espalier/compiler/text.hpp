#pragma once

#include <espalier/compiler/graph.hpp>

#include <string>
#include <string_view>

namespace espalier::compiler {

/// The deterministic text form, one operation a line. `parse(print(g)) == g`.
std::string print(graph const& g);

/// A type as the text form writes it: `image[3, 32, 32]`, `vector[10]`, or `?` where it is unknown.
std::string print(tensor_type const& type);

/// Reads the text form. A fault is a `user_error` with `origin`, line and column.
graph parse(std::string_view text, std::string_view origin = "<text>");

/// 16 hexadecimal digits that identify a text (FNV-1a, 64 bits).
std::string fingerprint(std::string_view text);

} // namespace espalier::compiler
