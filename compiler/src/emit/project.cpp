#include "project.hpp"

#include <espalier/compiler/passes/fold_identities.hpp>
#include <espalier/compiler/passes/inline_blocks.hpp>
#include <espalier/compiler/passes/remove_dead_code.hpp>

#include <cstddef>

namespace espalier::compiler {

graph simplify_for_emission(graph const& network) {
  return inline_blocks(remove_dead_code(fold_identities(network)));
}

std::string grouped(long long value) {
  auto digits = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

} // namespace espalier::compiler
