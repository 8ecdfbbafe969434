#include <espalier/compiler/operation_shapes.hpp>

#include "chain_layers.hpp"
#include "decided_number.hpp"

#include <espalier/compiler/text.hpp>
#include <espalier/dsl/operations/activation.hpp>
#include <espalier/dsl/operations/edges.hpp>
#include <espalier/dsl/operations/network.hpp>
#include <espalier/dsl/operations/normalization.hpp>

#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

struct by_sizes {
  bool operator()(tensor_type const& a, tensor_type const& b) const {
    return std::tie(a.kind, a.channels, a.height, a.width) < std::tie(b.kind, b.channels, b.height, b.width);
  }
};
using type_set = std::set<tensor_type, by_sizes>;

// Walks a supernet with all types that each value can have.
class shape_walk {
public:
  type_set visit(region const& in, std::vector<type_set> const& arguments, type_set const& block_input) {
    std::map<std::string_view, type_set> types;
    for (std::size_t i = 0; i < arguments.size(); ++i)
      types[in.arguments[i].name] = arguments[i];
    for (auto const& op : in.operations) {
      if (is_statement(op.form()))
        continue;
      std::vector<type_set> operands;
      for (auto const& operand : op.operands)
        operands.push_back(types.at(operand));
      types[op.name()] = visit(op, operands, block_input);
    }
    return types.at(in.yields.front());
  }

  std::vector<operation_shape> take() && { return std::move(found_); }

private:
  type_set visit(operation const& op, std::vector<type_set> const& operands, type_set const& block_input) {
    switch (op.form()) {
    case structure::leaf:
      return visit_leaf(op, operands.front(), block_input);
    case structure::block:
      return visit(op.regions.front(), operands, op.label.empty() ? block_input : operands.front());
    case structure::choice: {
      type_set all;
      for (auto const& candidate : op.regions)
        all.merge(visit(candidate, operands, block_input));
      return all;
    }
    case structure::recurrence:
      return visit_recurrence(op, operands.front(), block_input);
    case structure::graph_cell:
      return visit_graph_cell(op, operands.front(), block_input);
    case structure::chain:
      return visit_chain(op, operands.front());
    default:
      return visit_join(op, operands);
    }
  }

  // All values of a number.
  static std::set<int> values_of(decided_number const& n, type_set const& block_input) {
    std::set<int> values;
    if (is_decision(n)) {
      auto const options = options_of(n);
      return {options.begin(), options.end()};
    }
    if (n.operands.empty()) {
      for (auto const& in : block_input)
        values.insert(static_cast<int>(quantity_of(n, number_scope::of(dsl::shape_of(in))).low));
      return values;
    }
    auto const second = n.operands.size() > 1 ? values_of(n.operands[1], block_input) : std::set{0};
    for (int const a : values_of(n.operands[0], block_input))
      for (int const b : second)
        values.insert(static_cast<int>(n.declaration->evaluate(dsl::quantities_of(n.attributes), a, b).low));
    return values;
  }

  static std::vector<attribute_values> numbers_of(operation const& op, type_set const& block_input) {
    std::vector<attribute_values> all{op.attributes};
    for (auto const& number : op.decided) {
      std::vector<attribute_values> next;
      for (auto const& values : all)
        for (int const v : values_of(number.value, block_input)) {
          next.push_back(values);
          next.back()[number.attribute] = v;
        }
      all = std::move(next);
    }
    return all;
  }

  type_set visit_leaf(operation const& op, type_set const& inputs, type_set const& block_input) {
    type_set out;
    for (auto values : numbers_of(op, block_input))
      for (auto const& in : inputs) {
        int edge_stride = 1;
        auto const resolved = dsl::resolve(*op.declaration, values, in, edge_stride);
        auto const made = op.declaration->infer(resolved, in);
        if (made.problem) // of decisions that no architecture combines
          continue;
        out.insert(made.type);
        operation leaf{op.declaration, {}, {}, resolved, {}, {{"", made.type}}, {}};
        if (keys_.insert(operation_key(leaf, in)).second)
          found_.push_back({std::move(leaf), in});
      }
    return out;
  }

  type_set visit_recurrence(operation const& op, type_set const& inputs, type_set const& block_input) {
    type_set features;
    type_set states;
    type_set out;
    for (auto const& in : inputs)
      for (auto const& numbers : numbers_of(op, block_input)) {
        features.insert({dsl::tensor_kind::vector, in.channels, 1, 1});
        states.insert({dsl::tensor_kind::vector, numbers[0], 1, 1});
        out.insert({dsl::tensor_kind::sequence, numbers[0], in.height, in.width});
      }
    visit(op.regions.front(), {features, states}, block_input);
    return out;
  }

  // A vertex is as wide as the share of the output that some number of concatenated vertices leaves.
  type_set visit_graph_cell(operation const& op, type_set const& inputs, type_set const& block_input) {
    type_set out;
    type_set of_vertex;
    for (auto const& in : inputs)
      for (auto const& numbers : numbers_of(op, block_input)) {
        auto type = in;
        type.channels = numbers[0] > 0 ? numbers[0] : in.channels;
        out.insert(type);
        int const channels = type.channels;
        list(dsl::operations::none{1, channels}, {in}); // where no edge leads to the output
        for (int shares = 1; shares <= op.attribute("nodes"); ++shares)
          for (int const width : {channels / shares, channels / shares + (channels % shares > 0 ? 1 : 0)}) {
            type.channels = width;
            of_vertex.insert(type);
            list_projection(in, width);
          }
      }
    for (auto const& narrow : of_vertex)
      for (auto const& wide : of_vertex)
        if (wide.channels > narrow.channels && wide.height == narrow.height)
          list(dsl::operations::truncate{narrow.channels}, {wide});
    for (auto const& vertex : op.regions)
      visit(vertex, {of_vertex}, block_input);
    return out;
  }

  // Through the types of each state of a chain, layer by layer.
  type_set visit_chain(operation const& op, type_set const& inputs) {
    chain_layers const layers{op};
    std::vector<type_set> of_state(layers.states());
    of_state.front() = inputs;
    for (std::size_t p = 0; p < layers.size(); ++p) {
      auto after = of_state;
      for (std::size_t s = 0; s < layers.states(); ++s)
        for (auto const region : layers.options(p)) {
          auto const next = region == 0 ? layers.transitions(s).end() : layers.transitions(s).find(layers.name(region));
          if (of_state[s].empty() || next == layers.transitions(s).end())
            continue;
          auto const made = visit(op.regions[static_cast<std::size_t>(region)], {of_state[s]}, of_state[s]);
          after[static_cast<std::size_t>(next->second)].insert(made.begin(), made.end());
        }
      of_state = std::move(after);
    }
    type_set out;
    for (auto const& types : of_state)
      for (auto const& type : types) {
        auto const is_vector = type.kind == dsl::tensor_kind::vector;
        out.merge(is_vector ? type_set{type} : visit(op.regions.front(), {{type}}, {type}));
      }
    return out;
  }

  // What a vertex reads the cell's input through.
  void list_projection(tensor_type const& in, int width) {
    auto const projected = list(dsl::operations::conv{.kernel = 1, .channels = width}, {in});
    list(dsl::operations::batch_norm{}, projected);
    list(dsl::operations::relu{}, projected);
  }

  template <class Leaf>
  type_set list(Leaf const& leaf, type_set const& inputs) {
    return visit_leaf({&dsl::declaration_of<Leaf>, {}, {}, dsl::constants_of(leaf), {}, {}, {}}, inputs, inputs);
  }

  static type_set visit_join(operation const& op, std::vector<type_set> const& operands) {
    bool const is_subset = op.form() == structure::select || op.form() == structure::pick ||
                           (op.form() == structure::concat && op.attribute("unread") == 1);
    bool const concatenates =
        op.form() == structure::concat || (op.form() == structure::select && op.attribute("join") == 1);
    type_set all;
    for (auto const& types : operands)
      all.insert(types.begin(), types.end());
    if (!concatenates)
      return is_subset ? all : operands.front();
    type_set sums; // of the operands so far; one without channels where none is taken
    for (std::size_t i = 0; i < operands.size(); ++i) {
      type_set next = is_subset ? sums : type_set{};
      if (i == 0)
        next.insert(operands[i].begin(), operands[i].end());
      for (auto sum : sums)
        for (auto const& t : operands[i]) {
          auto joined = sum;
          joined.channels += t.channels;
          next.insert(joined);
        }
      if (is_subset)
        next.insert(operands[i].begin(), operands[i].end());
      sums = std::move(next);
    }
    return sums;
  }

  std::set<std::string> keys_;
  std::vector<operation_shape> found_;
};

} // namespace

std::string operation_key(operation const& leaf, tensor_type const& input) {
  std::string numbers;
  for (std::size_t i = 0; i < leaf.declaration->attribute_count; ++i)
    numbers +=
        fmt::format("{}{} = {}", numbers.empty() ? "" : ", ", leaf.declaration->attributes[i].name, leaf.attributes[i]);
  return fmt::format("{} {}{}", leaf.declaration->name, print(input),
                     numbers.empty() ? "" : fmt::format(" {{{}}}", numbers));
}

std::string operation_shape::key() const {
  return operation_key(leaf, input);
}

std::vector<operation_shape> operation_shapes(graph const& expanded) {
  shape_walk walk;
  type_set const input{expanded.input()};
  walk.visit(expanded.body, {input}, input);
  return std::move(walk).take();
}

} // namespace espalier::compiler
