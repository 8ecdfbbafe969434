#include <espalier/compiler/passes/remove_dead_code.hpp>

#include "rewrite.hpp"

#include <algorithm>
#include <set>

namespace espalier::compiler {

namespace {

region without_dead_code(region const& in) {
  region out{in.arguments, {}, in.yields};
  std::set<std::string> read(in.yields.begin(), in.yields.end());
  for (auto op = in.operations.rbegin(); op != in.operations.rend(); ++op) {
    if (!read.contains(op->name()))
      continue;
    auto kept = *op;
    rewrite_held(kept, without_dead_code);
    if (kept.form() == structure::block)
      remove_unused_arguments(kept);
    read.insert(kept.operands.begin(), kept.operands.end());
    out.operations.push_back(std::move(kept));
  }
  std::ranges::reverse(out.operations);
  return out;
}

} // namespace

graph remove_dead_code(graph const& g) {
  require_expanded(g, "remove_dead_code");
  return {g.name, without_dead_code(g.body)};
}

} // namespace espalier::compiler
