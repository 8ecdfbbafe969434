#include <espalier/compiler/passes/canonicalize.hpp>

#include "rewrite.hpp"

#include <algorithm>

namespace espalier::compiler {

namespace {

class canonical_form {
public:
  region of(region const& in) {
    out_ = {in.arguments, {}, in.yields};
    reads_ = reads_of(in);
    for (auto const& argument : in.arguments)
      places_.emplace(argument.name, places_.size());
    for (auto op : in.operations) {
      rewrite_held(op, [](region const& held) { return canonical_form{}.of(held); });
      if (op.form() == structure::add)
        flatten(op);
      if (op.form() == structure::add || op.form() == structure::average)
        std::ranges::sort(op.operands, {}, [&](std::string const& name) { return places_.at(name); });
      for (auto const& result : op.results)
        places_.emplace(result.name, places_.size());
      out_.operations.push_back(std::move(op));
    }
    return std::move(out_);
  }

private:
  // Puts the terms of sums that nothing else reads in their place.
  void flatten(operation& sum) {
    std::vector<std::string> terms;
    for (auto const& operand : sum.operands) {
      auto const inner = std::ranges::find_if(out_.operations, [&](operation const& op) {
        return op.form() == structure::add && op.name() == operand && reads_.at(operand) == 1;
      });
      if (inner == out_.operations.end()) {
        terms.push_back(operand);
        continue;
      }
      terms.insert(terms.end(), inner->operands.begin(), inner->operands.end());
      out_.operations.erase(inner);
    }
    sum.operands = std::move(terms);
  }

  region out_;
  std::map<std::string, int> reads_;
  std::map<std::string, std::size_t> places_; // in the order of definition
};

} // namespace

graph canonicalize(graph const& g) {
  require_expanded(g, "canonicalize");
  return {g.name, canonical_form{}.of(g.body)};
}

} // namespace espalier::compiler
