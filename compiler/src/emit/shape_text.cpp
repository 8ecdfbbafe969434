#include "shape_text.hpp"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

std::string shape_text(tensor_type const& type) {
  switch (type.kind) {
  case dsl::tensor_kind::image:
    return fmt::format("[N, {}, {}, {}]", type.channels, type.height, type.width);
  case dsl::tensor_kind::vector:
    return fmt::format("[N, {}]", type.channels);
  case dsl::tensor_kind::ids:
    return fmt::format("[N, {}]", type.positions());
  default:
    return fmt::format("[N, {}, {}]", type.positions(), type.channels);
  }
}

std::string shapes_text(region const& body) {
  std::vector<std::string> inputs;
  for (auto const& argument : body.arguments)
    inputs.push_back(shape_text(argument.type));
  return fmt::format("{} -> {}", fmt::join(inputs, ", "), shape_text(body.type_of(body.yields.front())));
}

} // namespace espalier::compiler
