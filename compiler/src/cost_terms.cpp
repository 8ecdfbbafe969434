#include "cost_terms.hpp"

#include "collect_decisions.hpp"
#include "decided_number.hpp"
#include "decided_value.hpp"
#include "joined_type.hpp"

#include <espalier/compiler/error.hpp>

#include <map>
#include <set>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using dsl::operation_cost;
using types = decided_value<tensor_type>;
using needs = decided_value<char>; // whether an architecture has it

// What only a whole architecture says.
struct not_additive {};

class term_extraction {
public:
  term_extraction(decision_space const& space, operation_measure const& measure)
      : space_(space), algebra_(space), measure_(measure) {}

  types visit(region const& in, std::vector<types> const& arguments, needs const& needed, types const& block_input,
              long long times) {
    return region_visit{*this, in, arguments, needed, block_input, times}.visit_all();
  }

  std::vector<decided_value<operation_cost>> take() && {
    std::vector<decided_value<operation_cost>> terms;
    for (auto& [decisions, values] : terms_)
      terms.push_back({decisions, std::move(values)});
    return terms;
  }

private:
  class region_visit {
  public:
    region_visit(term_extraction& whole, region const& in, std::vector<types> const& arguments, needs const& needed,
                 types const& block_input, long long times)
        : whole_(whole), algebra_(whole.algebra_), in_(in), block_input_(block_input), times_(times) {
      for (std::size_t i = 0; i < arguments.size(); ++i)
        types_[in.arguments[i].name] = arguments[i];
      mark_certain();
      for (auto const& name : certain_)
        needed_[name] = needed;
      for (auto op = in.operations.rbegin(); op != in.operations.rend(); ++op)
        if (!is_statement(op->form()))
          pass_on_needs(*op);
    }

    types visit_all() {
      for (auto const& op : in_.operations)
        if (!is_statement(op.form()) && needed_.contains(op.name()))
          types_[op.name()] = visit(op);
      return types_.at(in_.yields.front());
    }

  private:
    // What every architecture that has the region has, so that it needs no table.
    void mark_certain() {
      certain_.insert(in_.yields.begin(), in_.yields.end());
      for (auto op = in_.operations.rbegin(); op != in_.operations.rend(); ++op)
        if (!is_statement(op->form()) && op->form() != structure::pick && op->form() != structure::select &&
            certain_.contains(op->name()))
          certain_.insert(op->operands.begin(), op->operands.end());
    }

    void pass_on_needs(operation const& op) {
      auto const own = needed_.find(op.name());
      if (own == needed_.end())
        return;
      if (op.form() == structure::concat && op.attribute("unread") == 1)
        throw not_additive{};
      for (std::size_t i = 0; i < op.operands.size(); ++i) {
        if (certain_.contains(op.operands[i]))
          continue;
        auto const read = algebra_.combined(own->second, reads(op, i), [](char a, char b) -> char { return a & b; });
        auto const known = needed_.find(op.operands[i]);
        needed_[op.operands[i]] =
            known == needed_.end()
                ? read
                : algebra_.combined(known->second, read, [](char a, char b) -> char { return a | b; });
      }
    }

    // Where an operation that exists reads one of its operands.
    [[nodiscard]] needs reads(operation const& op, std::size_t operand) const {
      if (op.form() == structure::pick) {
        auto const which = number(op.decided.front().value);
        auto const is_it = [&](int w, char) -> char { return w == static_cast<int>(operand); };
        return algebra_.combined(which, decided_algebra::constant(char{1}), is_it);
      }
      if (op.form() == structure::concat && op.attribute("unread") == 1)
        throw not_additive{};
      if (op.form() != structure::select)
        return decided_algebra::constant(char{1});
      auto const count = decided_operands(op).size();
      if (static_cast<std::size_t>(op.attribute("least")) >= count)
        return decided_algebra::constant(char{1});
      auto const first = op.operands.size() - count;
      return algebra_.of(decision(op.label), [&](std::uint32_t kept) -> char {
        return operand < first ? kept == 0 : (kept >> (operand - first) & 1U) != 0;
      });
    }

    [[nodiscard]] int decision(std::string const& path) const {
      auto const i = whole_.space_.find(path);
      if (i < 0)
        throw internal_error(fmt::format("the graph decides {}, which its decision space does not hold", path));
      return i;
    }

    // A number in every combination of the decisions that it holds.
    [[nodiscard]] decided_value<int> number(decided_number const& n) const {
      if (is_decision(n)) {
        auto const i = decision(n.label);
        auto const& numbers = whole_.space_[static_cast<std::size_t>(i)].numbers;
        return algebra_.of(i, [&](std::uint32_t option) { return numbers[option]; });
      }
      auto const without = [](decided_number const&) -> dsl::quantity { return 0; };
      if (n.operands.empty())
        return algebra_.combined(block_input_, decided_algebra::constant(0), [&](tensor_type const& in, int) {
          return static_cast<int>(quantity_of(n, number_scope::of(dsl::shape_of(in)), without).low);
        });
      auto const second = n.operands.size() > 1 ? number(n.operands[1]) : decided_algebra::constant(0);
      return algebra_.combined(number(n.operands[0]), second, [&](int a, int b) {
        return static_cast<int>(n.declaration->evaluate(dsl::quantities_of(n.attributes), a, b).low);
      });
    }

    // An operation with all its numbers.
    [[nodiscard]] decided_value<attribute_values> numbers(operation const& op) const {
      auto all = decided_algebra::constant(op.attributes);
      for (auto const& decided : op.decided)
        all = algebra_.combined(all, number(decided.value), [&](attribute_values values, int v) {
          values[decided.attribute] = v;
          return values;
        });
      return all;
    }

    types visit(operation const& op) {
      switch (op.form()) {
      case structure::leaf:
        return visit_leaf(op);
      case structure::block: {
        auto const arguments = types_of(op.operands);
        auto const& inside = op.label.empty() ? block_input_ : arguments.front();
        return whole_.visit(op.regions.front(), arguments, needed_.at(op.name()), inside, times_);
      }
      case structure::choice:
        return visit_choice(op);
      case structure::recurrence:
        return visit_recurrence(op);
      case structure::graph_cell:
        throw not_additive{};
      default:
        return visit_join(op);
      }
    }

    [[nodiscard]] std::vector<types> types_of(std::vector<std::string> const& names) const {
      std::vector<types> found;
      for (auto const& name : names)
        found.push_back(types_.at(name));
      return found;
    }

    types visit_leaf(operation const& op) {
      struct bound_leaf {
        attribute_values numbers;
        tensor_type in;
        tensor_type out;
        bool operator==(bound_leaf const&) const = default;
      };
      auto const bound =
          algebra_.combined(numbers(op), types_.at(op.operands.front()), [&](attribute_values values, auto const& in) {
            int edge_stride = 1;
            values = dsl::resolve(*op.declaration, values, in, edge_stride);
            return bound_leaf{values, in, op.declaration->infer(values, in).type};
          });
      whole_.add(algebra_.combined(bound, needed_.at(op.name()), [&](bound_leaf const& leaf, char needed) {
        return needed != 0 ? cost_of(op, leaf.numbers, leaf.in, leaf.out) : operation_cost{};
      }));
      return algebra_.combined(bound, decided_algebra::constant(0),
                               [](bound_leaf const& leaf, int) { return leaf.out; });
    }

    [[nodiscard]] operation_cost cost_of(operation const& op, attribute_values const& numbers, tensor_type const& in,
                                         tensor_type const& out) const {
      auto bound = op;
      bound.attributes = numbers;
      bound.decided.clear();
      bound.results.front().type = out;
      auto cost = whole_.measure_(bound, in);
      cost.macs *= times_;
      return cost;
    }

    types visit_choice(operation const& op) {
      auto const i = decision(op.label);
      auto const& candidates = whole_.space_[static_cast<std::size_t>(i)].candidates;
      types made;
      for (std::size_t o = 0; o < candidates.size(); ++o) {
        auto const chosen = algebra_.of(i, [&](std::uint32_t option) -> char { return option == o; });
        auto const needed =
            algebra_.combined(needed_.at(op.name()), chosen, [](char a, char b) -> char { return a & b; });
        auto const type = whole_.visit(op.regions[static_cast<std::size_t>(candidates[o])], types_of(op.operands),
                                       needed, block_input_, times_);
        auto const of_chosen = [](auto const& a, auto const& b) { return b.second != 0 ? b.first : a; };
        auto const pair = algebra_.combined(type, chosen, [](auto const& t, char c) { return std::pair{t, c}; });
        made = o == 0 ? type : algebra_.combined(made, pair, of_chosen);
      }
      return made;
    }

    types visit_recurrence(operation const& op) {
      auto const& in = types_.at(op.operands.front());
      auto const widths =
          algebra_.combined(numbers(op), in, [](attribute_values const& n, tensor_type const&) { return n[0]; });
      auto const features = algebra_.combined(in, decided_algebra::constant(0), [](tensor_type const& t, int) {
        return tensor_type{dsl::tensor_kind::vector, t.channels, 1, 1};
      });
      auto const state = algebra_.combined(widths, decided_algebra::constant(0), [](int width, int) {
        return tensor_type{dsl::tensor_kind::vector, width, 1, 1};
      });
      auto const positions = in.values.front().positions();
      for (auto const& t : in.values)
        if (t.positions() != positions)
          throw not_additive{};
      whole_.visit(op.regions.front(), {features, state}, needed_.at(op.name()), block_input_, times_ * positions);
      return algebra_.combined(in, widths, [](tensor_type t, int width) {
        t.kind = dsl::tensor_kind::sequence;
        t.channels = width;
        return t;
      });
    }

    // A join of those operands that exist; where none does, of type nothing.
    types visit_join(operation const& op) {
      auto made = decided_algebra::constant(std::vector<tensor_type>{});
      for (std::size_t i = 0; i < op.operands.size(); ++i) {
        auto const read = algebra_.combined(types_.at(op.operands[i]), reads(op, i),
                                            [](tensor_type const& t, char r) { return r != 0 ? t : tensor_type{}; });
        made = algebra_.combined(made, read, [](std::vector<tensor_type> all, tensor_type const& t) {
          if (t.channels > 0)
            all.push_back(t);
          return all;
        });
      }
      if (op.form() == structure::weighted_sum)
        whole_.add(algebra_.combined(needed_.at(op.name()), made, [&](char needed, auto const& operands) {
          return needed != 0 ? operation_cost{static_cast<long long>(operands.size()), 0} : operation_cost{};
        }));
      return algebra_.combined(made, decided_algebra::constant(0), [&](auto const& operands, int) {
        return operands.empty() ? tensor_type{} : joined_type(op, operands);
      });
    }

    term_extraction& whole_;
    decided_algebra const& algebra_;
    region const& in_;
    types block_input_;
    long long times_;
    std::map<std::string, types> types_;
    std::set<std::string> certain_;
    std::map<std::string, needs> needed_;
  };

  void add(decided_value<operation_cost> const& term) {
    auto& sum = terms_[term.decisions];
    sum.resize(term.values.size());
    for (std::size_t n = 0; n < term.values.size(); ++n)
      sum[n] += term.values[n];
  }

  decision_space const& space_;
  decided_algebra algebra_;
  operation_measure const& measure_;
  std::map<std::vector<int>, std::vector<operation_cost>> terms_;
};

} // namespace

std::optional<std::vector<decided_value<operation_cost>>> cost_terms(graph const& expanded, decision_space const& space,
                                                                     operation_measure const& measure) {
  try {
    term_extraction extraction{space, measure};
    auto const input = decided_algebra::constant(expanded.input());
    extraction.visit(expanded.body, {input}, decided_algebra::constant(char{1}), input, 1);
    return std::move(extraction).take();
  } catch (too_many_combinations const&) {
    return {};
  } catch (not_additive const&) {
    return {};
  }
}

} // namespace espalier::compiler
