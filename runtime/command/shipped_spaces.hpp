#pragma once

#include <espalier/dsl/space_view.hpp>

#include <string>
#include <vector>

namespace espalier::command {

/// A search space that the command knows by its name.
struct shipped_space {
  dsl::space_view space;
  std::string what;
};

/// Every one of them.
std::vector<shipped_space> const& shipped_spaces();

} // namespace espalier::command
