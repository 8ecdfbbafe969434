#pragma once

#include <espalier/compiler/graph.hpp>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace espalier::compiler {

/// Whether an operation is a function of its operands: it holds no weights and decides nothing.
bool is_function(operation const& op);

/// Values that decisions choose among, after which options are named, and those that a `concat` takes where nothing
/// else reads them: none of them may give way to another value.
std::set<std::string> values_that_decisions_name(region const& in);

/// Whether a graph decides nothing.
bool is_network(graph const& g);

/// Throws a `user_error` unless a graph is expanded and every type in it is known.
void require_expanded(graph const& g, std::string_view pass);

/// Throws a `user_error` unless a graph is a network whose types are known.
void require_network(graph const& g, std::string_view pass);

/// How often each value of a region is read, by operations and by `yield`.
std::map<std::string, int> reads_of(region const& in);

/// A name that no value of the region has: the base and a number.
std::string free_name(region const& in, std::string_view base);

/// Removes arguments that a block's region does not read, and the operands for them; but not the first one where the
/// region holds formulas, which may be about it.
void remove_unused_arguments(operation& block);

/// An operation of a region, or (`inner`) one that a block of the region holds.
struct site {
  std::size_t at;
  std::string inner;
};

/// The operands of an operation in a block's region as values around the block; empty where one is made in the block.
std::vector<std::string> operands_around(operation const& block, operation const& inner);

/// Makes an operation in a block's region an argument of the block, for which it is given a value around it.
void lift(operation& block, std::string const& inner, std::string const& value_around);

/// Values that gave way to others.
class renaming {
public:
  void replace(std::string const& name, std::string const& by) { names_[name] = by; }
  void apply(std::string& name) const {
    if (auto const found = names_.find(name); found != names_.end())
      name = found->second;
  }
  void apply(std::vector<std::string>& names) const {
    for (auto& name : names)
      apply(name);
  }

private:
  std::map<std::string, std::string> names_;
};

/// Rewrites the regions of an operation; of a choice, a graph cell or a chain, those that its candidates hold: a
/// candidate stays one operation.
template <class Rewrite>
void rewrite_held(operation& op, Rewrite const& rewrite) {
  for (auto& held : op.regions) {
    if (op.form() != structure::choice && op.form() != structure::graph_cell && op.form() != structure::chain) {
      held = rewrite(held);
      continue;
    }
    for (auto& candidate : held.operations)
      rewrite_held(candidate, rewrite);
  }
}

} // namespace espalier::compiler
