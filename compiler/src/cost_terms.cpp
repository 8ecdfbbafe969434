#include "cost_terms.hpp"

#include "joined_type.hpp"
#include "needed_values.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/dsl/operations/normalization.hpp>

#include <map>
#include <type_traits>

namespace espalier::compiler {

namespace {

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
      : context_(space), measure_(measure) {}

  types visit(region const& in, std::vector<types> const& arguments, needs const& needed, types const& block_input,
              long long repetitions) {
    return region_visit{*this, in, arguments, needed, block_input, repetitions}.visit_all();
  }

  term_list<Value> take() && {
    term_list<Value> made{{}, std::move(context_.derived)};
    for (auto& [reads, values] : terms_)
      made.terms.push_back({reads, std::move(values)});
    return made;
  }

private:
  class region_visit {
  public:
    region_visit(term_extraction& whole, region const& in, std::vector<types> const& arguments, needs const& needed,
                 types const& block_input, long long repetitions)
        : whole_(whole), context_(whole.context_), algebra_(context_.algebra), in_(in), needed_(context_, in, needed),
          block_input_(block_input), repetitions_(repetitions) {
      for (std::size_t i = 0; i < arguments.size(); ++i)
        types_[in.arguments[i].name] = arguments[i];
    }

    types visit_all() {
      for (auto const& op : in_.operations)
        if (!is_statement(op.form()) && needed_.contains(op.name()))
          types_[op.name()] = visit(op);
      return types_.at(in_.yields.front());
    }

  private:
    // An operation's numbers.
    [[nodiscard]] decided_value<attribute_values> numbers(operation const& op) const {
      auto const* const input = block_input_.parts.empty() ? &block_input_.whole : nullptr;
      auto all = decided_algebra::constant(op.attributes);
      for (auto const& decided : op.decided)
        all = algebra_.combined(all, context_.number(decided.value, input), [&](attribute_values values, int v) {
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
        return visit_graph_cell(op);
      case structure::chain:
        throw not_additive{};
      default:
        if (takes_unread(op))
          return parts_of(op, [&](std::size_t i) { return needed_.unread(op.operands[i]); });
        if (op.form() == structure::select && op.attribute("join") == 1)
          return parts_of(op, [&](std::size_t i) { return needed_.reads(op, i); });
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
      bound.results = {{"", leaf.out}};
      return times(whole_.measure_(bound, leaf.in), repetitions_);
    }

    // A measure that rises evenly with the channels is that of none and what each part adds.
    types visit_leaf_of_parts(operation const& op, types const& in) {
      if (!in.whole.reads.empty())
        throw not_additive{};
      auto const of = [&](attribute_values const& numbers, int channels) {
        auto type = in.whole.values.front();
        type.channels = channels;
        return bind(op, numbers, type);
      };
      auto const all = numbers(op);
      bool const keeps = of(all.values.front(), 2).out.channels == 2 && of(all.values.front(), 4).out.channels == 4;
      for (auto const& numbers : all.values)
        if (!rises_evenly(op, numbers, of) || (keeps ? !op.decided.empty() : of(numbers, 2).out != of(numbers, 4).out))
          throw not_additive{};
      auto const of_none = [&](attribute_values const& numbers) {
        auto const two = measure_of(op, of(numbers, 2));
        return minus(two, minus(measure_of(op, of(numbers, 4)), two));
      };
      auto const& needed = needed_.at(op.name());
      whole_.add(algebra_.combined(all, needed,
                                   [&](auto const& numbers, char n) { return n != 0 ? of_none(numbers) : Value{}; }));
      for (auto const& part : in.parts) {
        auto const more = algebra_.combined(part, all, [&](int channels, attribute_values const& numbers) {
          return channels > 0 ? minus(measure_of(op, of(numbers, channels)), of_none(numbers)) : Value{};
        });
        whole_.add(algebra_.combined(more, needed, [](Value const& v, char n) { return n != 0 ? v : Value{}; }));
      }
      if (!keeps)
        return {algebra_.mapped(all, [&](attribute_values const& numbers) { return of(numbers, 2).out; })};
      auto type = of(all.values.front(), 2).out;
      type.channels = 0;
      return {decided_algebra::constant(type), in.parts};
    }

    template <class Bind>
    [[nodiscard]] bool rises_evenly(operation const& op, attribute_values const& numbers, Bind const& of) const {
      if constexpr (std::is_same_v<Value, double>) {
        return false; // a time does not
      } else {
        auto const middle = measure_of(op, of(numbers, 4));
        return minus(measure_of(op, of(numbers, 6)), middle) == minus(middle, measure_of(op, of(numbers, 2)));
      }
    }

    types visit_choice(operation const& op) {
      auto const i = context_.decision_at(op.label);
      auto const& candidates = context_[i].candidates;
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
        auto const read = algebra_.combined(type.whole, needed_.reads(op, i),
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

    // The channels side by side of those operands that it takes.
    template <class Taken>
    types parts_of(operation const& op, Taken taken) {
      types made;
      for (std::size_t i = 0; i < op.operands.size(); ++i) {
        auto const& type = types_.at(op.operands[i]);
        auto size = type.whole.values.front();
        size.channels = 0;
        if (made.parts.empty())
          made.whole = decided_algebra::constant(size);
        for (auto t : type.whole.values)
          if (t.channels = 0; !type.parts.empty() || t != made.whole.values.front())
            throw not_additive{};
        made.parts.push_back(algebra_.combined(
            type.whole, taken(i), [](tensor_type const& t, char is_taken) { return is_taken != 0 ? t.channels : 0; }));
      }
      return made;
    }

    // Each vertex of NAS-Bench-101 depends on its place among the edges, which tells its width, and on its operation.
    types visit_graph_cell(operation const& op) {
      if constexpr (std::is_same_v<Value, double>) {
        throw not_additive{}; // what is cut to size takes time
      } else {
        auto const edges = context_.decision_at(op.label + "/edges");
        auto const& needed = needed_.at(op.name());
        auto const& in = types_.at(op.operands.front());
        if (!in.parts.empty())
          throw not_additive{};
        auto const out = algebra_.combined(numbers(op), in.whole, [&](attribute_values const& n, tensor_type t) {
          auto const own = n[op.declaration->channels];
          t.channels = own > 0 ? own : t.channels;
          return t;
        });
        auto const vertices = context_.vertices(edges, op.attribute("nodes") + 2);
        for (std::size_t v = 1; v < vertices.size(); ++v) {
          auto const is_last = v + 1 == vertices.size();
          auto const own = algebra_.combined(out, vertices[v], [&](tensor_type t, graph_vertex const& vertex) {
            t.channels = is_last || vertex.reads == 0 ? t.channels : vertex.width(t.channels);
            return t;
          });
          auto const exists = algebra_.combined(
              needed, vertices[v], [](char n, graph_vertex const& vertex) -> char { return n & (vertex.reads != 0); });
          auto const projects = algebra_.combined(exists, vertices[v], [](char n, graph_vertex const& vertex) -> char {
            return n & static_cast<char>(vertex.reads_vertex(0));
          });
          add_projection(in.whole, own, projects);
          if (!is_last)
            whole_.visit(op.regions[v - 1], {types{own}}, exists, block_input_, repetitions_);
        }
        return {out};
      }
    }

    // 1x1 convolution, batch normalization and ReLU.
    void add_projection(decided_value<tensor_type> const& in, decided_value<tensor_type> const& out,
                        needs const& needed) {
      auto const conv = make(dsl::operations::conv{.kernel = 1});
      auto const norm = make(dsl::operations::batch_norm{});
      auto const both_types = algebra_.combined(in, out, [](auto const& i, auto const& o) {
        return std::pair{i, o.channels};
      });
      whole_.add(algebra_.combined(both_types, needed, [&](auto const& t, char n) {
        if (n == 0)
          return Value{};
        auto numbers = conv.attributes;
        numbers[conv.declaration->channels] = t.second;
        auto const projected = bind(conv, numbers, t.first);
        auto cost = measure_of(conv, projected);
        return cost += measure_of(norm, bind(norm, norm.attributes, projected.out));
      }));
    }

    term_extraction& whole_;
    decided_context& context_;
    decided_algebra const& algebra_;
    region const& in_;
    needed_values needed_;
    types block_input_;
    long long repetitions_;
    std::map<std::string, types> types_;
  };

  void add(decided_value<Value> const& term) {
    auto& sum = terms_[term.reads];
    sum.resize(term.values.size());
    for (std::size_t n = 0; n < term.values.size(); ++n)
      sum[n] += term.values[n];
  }

  decided_context context_;
  operation_measure<Value> const& measure_;
  std::map<std::vector<cost_variable>, std::vector<Value>> terms_;
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
term_list<Value> measured_terms(graph const& expanded, decision_space const& space,
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
template term_list<operation_cost> measured_terms(graph const&, decision_space const&,
                                                  operation_measure<operation_cost> const&);
template term_list<double> measured_terms(graph const&, decision_space const&, operation_measure<double> const&);

} // namespace espalier::compiler
