#include "cost_terms.hpp"

#include "collect_decisions.hpp"
#include "decided_number.hpp"
#include "decided_value.hpp"
#include "joined_type.hpp"

#include <espalier/compiler/error.hpp>

#include <map>
#include <set>
#include <type_traits>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using needs = decided_value<char>; // whether an architecture has it

// The types of a value. Of what a concatenation of the unread gives, which depends on too many decisions at once, the
// channels are the sum of parts, each over a few decisions; the type has none.
struct types {
  decided_value<tensor_type> whole;
  std::vector<decided_value<int>> parts{};
};

operation_cost times(operation_cost cost, long long n) {
  cost.macs *= n;
  return cost;
}
double times(double measure, long long n) {
  return measure * static_cast<double>(n);
}
operation_cost minus(operation_cost const& a, operation_cost const& b) {
  return {a.params - b.params, a.macs - b.macs};
}
double minus(double a, double b) {
  return a - b;
}

char both(char a, char b) {
  return a & b;
}

bool takes_unread(operation const& op) {
  return op.form() == structure::concat && op.attribute("unread") == 1;
}

// A leaf with all its numbers between exact types.
struct bound_leaf {
  attribute_values numbers;
  tensor_type in;
  tensor_type out;
  bool operator==(bound_leaf const&) const = default;
};

bound_leaf bind(operation const& op, attribute_values numbers, tensor_type const& in) {
  int edge_stride = 1;
  numbers = dsl::resolve(*op.declaration, numbers, in, edge_stride);
  return {numbers, in, op.declaration->infer(numbers, in).type};
}

template <class Value>
class term_extraction {
public:
  term_extraction(decision_space const& space, operation_measure<Value> const& measure)
      : space_(space), algebra_(space), measure_(measure) {}

  types visit(region const& in, std::vector<types> const& arguments, needs const& needed, types const& block_input,
              long long repetitions) {
    return region_visit{*this, in, arguments, needed, block_input, repetitions}.visit_all();
  }

  std::vector<cost_term<Value>> take() && {
    std::vector<cost_term<Value>> terms;
    for (auto& [reads, values] : terms_)
      terms.push_back({reads, std::move(values)});
    return terms;
  }

private:
  class region_visit {
  public:
    region_visit(term_extraction& whole, region const& in, std::vector<types> const& arguments, needs const& needed,
                 types const& block_input, long long repetitions)
        : whole_(whole), algebra_(whole.algebra_), in_(in), block_input_(block_input), repetitions_(repetitions) {
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
    // What every architecture that has the region has, so that it needs no table. What takes the unread takes what
    // nothing else needs.
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
      for (std::size_t i = 0; i < op.operands.size(); ++i) {
        if (certain_.contains(op.operands[i]))
          continue;
        auto const read = algebra_.combined(own->second, reads(op, i), both);
        auto const known = needed_.find(op.operands[i]);
        needed_[op.operands[i]] =
            known == needed_.end()
                ? read
                : algebra_.combined(known->second, read, [](char a, char b) -> char { return a | b; });
      }
    }

    // Where an operation that exists reads one of its operands.
    [[nodiscard]] needs reads(operation const& op, std::size_t operand) const {
      if (op.form() == structure::pick)
        return picks(op.decided.front().value, operand);
      if (op.form() != structure::select)
        return decided_algebra::constant(char{1});
      auto const count = decided_operands(op).size();
      if (static_cast<std::size_t>(op.attribute("least")) >= count)
        return decided_algebra::constant(char{1});
      auto const own = decision(op.label);
      auto const first = op.operands.size() - count;
      if (operand >= first)
        return decided_algebra::takes(own, operand - first);
      auto none = decided_algebra::constant(char{1});
      for (std::size_t o = 0; o < count; ++o)
        none = algebra_.combined(none, decided_algebra::takes(own, o), [](char n, char t) -> char { return n & !t; });
      return none;
    }

    [[nodiscard]] needs picks(decided_number const& which, std::size_t operand) const {
      if (!is_decision(which))
        return algebra_.mapped(number(which), [&](int w) -> char { return w == static_cast<int>(operand); });
      auto const own = decision(which.label);
      auto const& numbers = whole_.space_[static_cast<std::size_t>(own)].numbers;
      auto const option = std::ranges::find(numbers, static_cast<int>(operand)) - numbers.begin();
      return decided_algebra::takes(own, static_cast<std::size_t>(option));
    }

    // Where no other operation reads a value.
    [[nodiscard]] needs unread(std::string const& name) const {
      auto made = decided_algebra::constant(char{1});
      for (auto const& op : in_.operations)
        for (std::size_t i = 0; i < op.operands.size() && !takes_unread(op); ++i)
          if (op.operands[i] == name && needed_.contains(op.name())) {
            auto const read = algebra_.combined(needed_.at(op.name()), reads(op, i), both);
            made = algebra_.combined(made, read, [](char all, char r) -> char { return all & !r; });
          }
      return made;
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
        return algebra_.of_choice(i, [&](std::size_t option) { return numbers[option]; });
      }
      auto const without = [](decided_number const&) -> dsl::quantity { return 0; };
      if (n.operands.empty())
        return algebra_.mapped(block_input_.whole, [&](tensor_type const& in) {
          return static_cast<int>(quantity_of(n, number_scope::of(dsl::shape_of(in)), without).low);
        });
      auto const second = n.operands.size() > 1 ? number(n.operands[1]) : decided_algebra::constant(0);
      return algebra_.combined(number(n.operands[0]), second, [&](int a, int b) {
        return static_cast<int>(n.declaration->evaluate(dsl::quantities_of(n.attributes), a, b).low);
      });
    }

    // An operation's numbers.
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
        return whole_.visit(op.regions.front(), arguments, needed_.at(op.name()), inside, repetitions_);
      }
      case structure::choice:
        return visit_choice(op);
      case structure::recurrence:
        return visit_recurrence(op);
      case structure::graph_cell:
      case structure::chain:
        throw not_additive{};
      default:
        return takes_unread(op) ? visit_unread(op) : visit_join(op);
      }
    }

    [[nodiscard]] std::vector<types> types_of(std::vector<std::string> const& names) const {
      std::vector<types> found;
      for (auto const& name : names)
        found.push_back(types_.at(name));
      return found;
    }

    types visit_leaf(operation const& op) {
      auto const& in = types_.at(op.operands.front());
      if (!in.parts.empty())
        return visit_leaf_of_parts(op, in);
      auto const bound = algebra_.combined(
          numbers(op), in.whole, [&](attribute_values const& values, auto const& t) { return bind(op, values, t); });
      whole_.add(algebra_.combined(bound, needed_.at(op.name()), [&](bound_leaf const& leaf, char needed) {
        return needed != 0 ? measure_of(op, leaf) : Value{};
      }));
      return {algebra_.mapped(bound, [](bound_leaf const& leaf) { return leaf.out; })};
    }

    [[nodiscard]] Value measure_of(operation const& op, bound_leaf const& leaf) const {
      auto bound = op;
      bound.attributes = leaf.numbers;
      bound.decided.clear();
      bound.results.front().type = leaf.out;
      return times(whole_.measure_(bound, leaf.in), repetitions_);
    }

    // A measure that rises evenly with the channels is that of none and what each part adds.
    types visit_leaf_of_parts(operation const& op, types const& in) {
      if (!in.whole.reads.empty() || !op.decided.empty())
        throw not_additive{};
      auto const of = [&](int channels) {
        auto type = in.whole.values.front();
        type.channels = channels;
        return bind(op, op.attributes, type);
      };
      bool const keeps = of(2).out.channels == 2 && of(4).out.channels == 4;
      if (!rises_evenly(op, of) || (!keeps && !(of(2).out == of(4).out)))
        throw not_additive{};
      auto const none = minus(measure_of(op, of(2)), minus(measure_of(op, of(4)), measure_of(op, of(2))));
      auto const& needed = needed_.at(op.name());
      whole_.add(algebra_.mapped(needed, [&](char n) { return n != 0 ? none : Value{}; }));
      for (auto const& part : in.parts)
        whole_.add(algebra_.combined(part, needed, [&](int channels, char n) {
          return n != 0 && channels > 0 ? minus(measure_of(op, of(channels)), none) : Value{};
        }));
      auto type = of(2).out;
      if (!keeps)
        return {decided_algebra::constant(type)};
      type.channels = 0;
      return {decided_algebra::constant(type), in.parts};
    }

    template <class Bind>
    [[nodiscard]] bool rises_evenly(operation const& op, Bind const& of) const {
      if constexpr (std::is_same_v<Value, double>) {
        return false; // a time does not
      } else {
        auto const middle = measure_of(op, of(4));
        return minus(measure_of(op, of(6)), middle) == minus(middle, measure_of(op, of(2)));
      }
    }

    types visit_choice(operation const& op) {
      auto const i = decision(op.label);
      auto const& candidates = whole_.space_[static_cast<std::size_t>(i)].candidates;
      types made;
      for (std::size_t o = 0; o < candidates.size(); ++o) {
        auto const chosen = algebra_.of_choice(i, [&](std::size_t option) -> char { return option == o; });
        auto const needed = algebra_.combined(needed_.at(op.name()), chosen, both);
        auto const type = whole_.visit(op.regions[static_cast<std::size_t>(candidates[o])], types_of(op.operands),
                                       needed, block_input_, repetitions_);
        if (!type.parts.empty())
          throw not_additive{};
        auto const pair = algebra_.combined(type.whole, chosen, [](auto const& t, char c) { return std::pair{t, c}; });
        made.whole = o == 0 ? type.whole : algebra_.combined(made.whole, pair, [](auto const& a, auto const& b) {
          return b.second != 0 ? b.first : a;
        });
      }
      return made;
    }

    types visit_recurrence(operation const& op) {
      auto const& in = types_.at(op.operands.front()).whole;
      auto const widths = algebra_.mapped(numbers(op), [](attribute_values const& n) { return n[0]; });
      auto const features = algebra_.mapped(in, [](tensor_type const& t) {
        return tensor_type{dsl::tensor_kind::vector, t.channels, 1, 1};
      });
      auto const state = algebra_.mapped(widths, [](int width) {
        return tensor_type{dsl::tensor_kind::vector, width, 1, 1};
      });
      auto const positions = in.values.front().positions();
      for (auto const& t : in.values)
        if (t.positions() != positions)
          throw not_additive{};
      whole_.visit(op.regions.front(), {{features}, {state}}, needed_.at(op.name()), block_input_,
                   repetitions_ * positions);
      return {algebra_.combined(in, widths, [](tensor_type t, int width) {
        t.kind = dsl::tensor_kind::sequence;
        t.channels = width;
        return t;
      })};
    }

    // A join of those operands that it reads; where it reads none, which no architecture may say or which adds nothing,
    // as of the first.
    types visit_join(operation const& op) {
      auto made = decided_algebra::constant(std::vector<tensor_type>{});
      for (std::size_t i = 0; i < op.operands.size(); ++i) {
        auto const& type = types_.at(op.operands[i]);
        if (!type.parts.empty() && op.operands.size() == 1)
          return type;
        if (!type.parts.empty())
          throw not_additive{};
        auto const read = algebra_.combined(type.whole, reads(op, i),
                                            [](tensor_type const& t, char r) { return r != 0 ? t : tensor_type{}; });
        made = algebra_.combined(made, read, [](std::vector<tensor_type> all, tensor_type const& t) {
          if (t.channels > 0)
            all.push_back(t);
          return all;
        });
      }
      if constexpr (std::is_same_v<Value, operation_cost>)
        if (op.form() == structure::weighted_sum)
          whole_.add(algebra_.combined(needed_.at(op.name()), made, [&](char needed, auto const& all) {
            return needed != 0 ? operation_cost{static_cast<long long>(all.size()), 0} : operation_cost{};
          }));
      auto const first = types_.at(op.operands.front()).whole.values.front();
      return {algebra_.mapped(made, [&](std::vector<tensor_type> const& operands) {
        return operands.empty() ? first : joined_type(op, operands);
      })};
    }

    types visit_unread(operation const& op) {
      types made;
      for (auto const& operand : op.operands) {
        auto const& type = types_.at(operand);
        if (!type.parts.empty() || !type.whole.reads.empty())
          throw not_additive{};
        auto const& whole = type.whole.values.front();
        made.parts.push_back(
            algebra_.mapped(unread(operand), [&](char is_loose) { return is_loose != 0 ? whole.channels : 0; }));
        made.whole = decided_algebra::constant(whole);
      }
      made.whole.values.front().channels = 0;
      return made;
    }

    term_extraction& whole_;
    decided_algebra const& algebra_;
    region const& in_;
    types block_input_;
    long long repetitions_;
    std::map<std::string, types> types_;
    std::set<std::string> certain_;
    std::map<std::string, needs> needed_;
  };

  void add(decided_value<Value> const& term) {
    auto& sum = terms_[term.reads];
    sum.resize(term.values.size());
    for (std::size_t n = 0; n < term.values.size(); ++n)
      sum[n] += term.values[n];
  }

  decision_space const& space_;
  decided_algebra algebra_;
  operation_measure<Value> const& measure_;
  std::map<std::vector<reading>, std::vector<Value>> terms_;
};

} // namespace

template <class Value>
Value measured(region const& network, operation_measure<Value> const& measure) {
  Value sum{};
  for (auto const& op : network.operations) {
    if (op.form() == structure::choice)
      throw internal_error("a choice has no measure: the network still decides");
    if (op.regions.empty())
      sum += measure(op, network.type_of(op.operands.front()));
    for (auto const& held : op.regions) {
      auto const once = measured(held, measure);
      sum += op.form() == structure::recurrence ? times(once, op.type().positions()) : once;
    }
  }
  return sum;
}

template <class Value>
std::vector<cost_term<Value>> measured_terms(graph const& expanded, decision_space const& space,
                                             operation_measure<Value> const& measure) {
  try {
    term_extraction<Value> extraction{space, measure};
    types const input{decided_algebra::constant(expanded.input())};
    extraction.visit(expanded.body, {input}, decided_algebra::constant(char{1}), input, 1);
    return std::move(extraction).take();
  } catch (too_many_combinations const&) {
    throw not_additive{};
  }
}

template operation_cost measured(region const&, operation_measure<operation_cost> const&);
template double measured(region const&, operation_measure<double> const&);
template std::vector<cost_term<operation_cost>> measured_terms(graph const&, decision_space const&,
                                                               operation_measure<operation_cost> const&);
template std::vector<cost_term<double>> measured_terms(graph const&, decision_space const&,
                                                       operation_measure<double> const&);

} // namespace espalier::compiler
