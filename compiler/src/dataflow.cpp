#include <espalier/compiler/dataflow.hpp>

#include <algorithm>
#include <set>

namespace espalier::compiler {

bool is_computed_from(region const& in, std::string_view value, std::string_view earlier) {
  std::set<std::string_view> needed{value};
  for (auto op = in.operations.rbegin(); op != in.operations.rend(); ++op)
    if (std::ranges::any_of(op->results, [&](auto const& made) { return needed.contains(made.name); }))
      needed.insert(op->operands.begin(), op->operands.end());
  return needed.contains(earlier);
}

} // namespace espalier::compiler
