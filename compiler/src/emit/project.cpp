#include "project.hpp"

#include <cstddef>

namespace espalier::compiler {

std::string grouped(long long value) {
  auto digits = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

} // namespace espalier::compiler
