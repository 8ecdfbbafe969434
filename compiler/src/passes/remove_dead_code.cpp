#include <espalier/compiler/passes/remove_dead_code.hpp>

#include "rewrite.hpp"

#include "../text_lexer.hpp"

#include <algorithm>
#include <set>

namespace espalier::compiler {

namespace {

// Constraints and budgets stay, and what they may be about: decisions.
bool holds_statements(region const& r) {
  return std::ranges::any_of(r.operations, [](operation const& op) {
    return is_statement(op.form()) || std::ranges::any_of(op.regions, holds_statements);
  });
}

bool holds_decisions(operation const& op) {
  return !op.decided.empty() || text::decides(op.form()) || std::ranges::any_of(op.regions, [](region const& held) {
    return std::ranges::any_of(held.operations, holds_decisions);
  });
}

class removal {
public:
  explicit removal(bool keeps_decisions) : keeps_decisions_(keeps_decisions) {}

  region without_dead_code(region const& in) const {
    region out{in.arguments, {}, in.yields};
    std::set<std::string> read(in.yields.begin(), in.yields.end());
    for (auto op = in.operations.rbegin(); op != in.operations.rend(); ++op) {
      bool const is_read = is_statement(op->form()) || read.contains(op->name());
      if (!is_read && !(keeps_decisions_ && holds_decisions(*op)))
        continue;
      auto kept = *op;
      rewrite_held(kept, [&](region const& held) { return without_dead_code(held); });
      if (kept.form() == structure::block)
        remove_unused_arguments(kept);
      read.insert(kept.operands.begin(), kept.operands.end());
      out.operations.push_back(std::move(kept));
    }
    std::ranges::reverse(out.operations);
    return out;
  }

private:
  bool keeps_decisions_;
};

} // namespace

graph remove_dead_code(graph const& g) {
  require_expanded(g, "remove_dead_code");
  return {g.name, removal{holds_statements(g.body)}.without_dead_code(g.body)};
}

} // namespace espalier::compiler
