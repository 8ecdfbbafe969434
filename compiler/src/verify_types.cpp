#include "decided_number.hpp"
#include "joined_type.hpp"
#include "verify_faults.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/text.hpp>

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using dsl::rule;
using dsl::tensor_kind;
using types = std::vector<tensor_type>; // 0 channels: unknown, because of a fault already reported

bool is_known(tensor_type const& type) {
  return type.channels > 0;
}

bool is_none(region const& candidate) {
  return candidate.operations.size() == 1 && candidate.operations.front().is("none");
}

// The numbers in which two types differ.
dsl::fault disagreement(rule broken, tensor_type const& got, tensor_type const& want) {
  if (got.channels != want.channels)
    return {broken, got.channels, want.channels};
  if (got.height != want.height)
    return {broken, got.height, want.height};
  return {broken, got.width, want.width};
}

tensor_type strided(tensor_type type, int stride) {
  type.height = (type.height - 1) / stride + 1;
  type.width = (type.width - 1) / stride + 1;
  return type;
}

// What a faulty leaf was probably meant to give, so that the operations behind it are still checked.
tensor_type probable_type(operation const& leaf, attribute_values const& attributes, tensor_type const& in) {
  auto const& declaration = *leaf.declaration;
  auto out = in;
  if (declaration.channels < dsl::max_attributes && attributes[declaration.channels] > 0)
    out.channels = attributes[declaration.channels];
  if (declaration.stride < dsl::max_attributes && attributes[declaration.stride] > 1)
    out = strided(out, attributes[declaration.stride]);
  if (leaf.is("linear") || leaf.is("global_avg_pool"))
    return {tensor_kind::vector, out.channels, 1, 1};
  return out;
}

// Walks the graph with the types that flow through it, as dsl/check.hpp walks a declaration. A region that is entered
// again with the same types is not walked again, so that nested repeats cost no more than their bodies.
class type_check {
public:
  explicit type_check(fault_list& faults) : faults_(faults) {}

  types walk(region const& r, types const& arguments, int& edge_stride, bool in_cell) {
    std::vector<int> key{edge_stride, in_cell ? 1 : 0};
    for (auto const& type : arguments)
      key.insert(key.end(), {static_cast<int>(type.kind), type.channels, type.height, type.width});
    if (auto const found = seen_.find({&r, key}); found != seen_.end()) {
      edge_stride = found->second.edge_stride;
      return found->second.yields;
    }
    environment values;
    for (std::size_t i = 0; i < r.arguments.size(); ++i)
      define(r.arguments[i], i < arguments.size() ? arguments[i] : tensor_type{}, values);
    for (auto const& op : r.operations) {
      auto results = walk(r, op, values, edge_stride, in_cell);
      results.resize(op.results.size());
      for (std::size_t i = 0; i < results.size(); ++i)
        define(op.results[i], results[i], values);
    }
    auto yields = types_of(r.yields, values);
    seen_[{&r, std::move(key)}] = {yields, edge_stride};
    return yields;
  }

private:
  using environment = std::map<std::string_view, tensor_type>;

  struct outcome {
    types yields;
    int edge_stride = 1;
  };

  // The inferred type, or the recorded one where there is none; they must not contradict each other.
  void define(value const& v, tensor_type const& inferred, environment& values) {
    if (is_known(v.type) && is_known(inferred) && v.type != inferred) {
      inside const here{faults_, v};
      faults_.report("type-mismatch",
                     fmt::format("the type is written as {}, but is {}", print(v.type), print(inferred)),
                     "correct it or leave it out");
    }
    values.emplace(v.name, is_known(inferred) ? inferred : v.type);
  }

  // Unknown for a value that is not defined, which `check_structure` reports.
  static types types_of(std::vector<std::string> const& names, environment const& values) {
    types found;
    for (auto const& name : names)
      found.push_back(values.contains(name) ? values.at(name) : tensor_type{});
    return found;
  }

  types walk(region const& in, operation const& op, environment const& values, int& edge_stride, bool in_cell) {
    inside const here{faults_, op};
    auto operands = types_of(op.operands, values);
    operands.resize(std::max(operands.size(), std::size_t{1}));
    switch (op.form()) {
    case structure::choice:
      return {walk_choice(op, operands, edge_stride, in_cell)};
    case structure::block:
      return walk_block(op, operands, edge_stride, in_cell);
    case structure::select:
      check_select(in, op);
      [[fallthrough]];
    case structure::pick:
    case structure::add:
    case structure::concat:
    case structure::average:
    case structure::weighted_sum:
    case structure::highway:
      return {join(op, operands)};
    case structure::recurrence:
      return walk_recurrence(op, operands.front());
    case structure::leaf:
      return {walk_leaf(op, operands.front(), edge_stride)};
    case structure::chain:
      return walk_chain(op);
    default:
      return walk_structured(op, operands);
    }
  }

  types walk_block(operation const& op, types const& operands, int& edge_stride, bool in_cell) {
    if (op.regions.empty())
      return {};
    auto const outer = numbers_;
    if (!op.label.empty())
      numbers_ = number_scope::of(dsl::shape_of(operands.front()));
    auto const yields = walk(op.regions.front(), operands, edge_stride, in_cell);
    numbers_ = outer;
    return yields;
  }

  tensor_type walk_leaf(operation const& op, tensor_type const& in, int& edge_stride) {
    if (!is_known(in))
      return {};
    auto largest = op.attributes;
    for (auto const& number : op.decided) {
      if (auto const problem = fault_of(number.value)) {
        faults_.report(problem);
        return {};
      }
      largest[number.attribute] = static_cast<int>(quantity_of(number.value, numbers_).high);
    }
    auto const attributes = dsl::resolve(*op.declaration, largest, in, edge_stride);
    auto const result = op.declaration->infer(attributes, in);
    if (!result.problem)
      return result.type;
    if (!op.decided.empty()) // what holds of all architectures, the declaration's own check has settled
      return {};
    faults_.report(result.problem);
    return probable_type(op, attributes, in);
  }

  tensor_type walk_choice(operation const& op, types const& operands, int& edge_stride, bool in_cell) {
    int const stride_before = edge_stride;
    tensor_type first{};
    for (std::size_t c = 0; c < op.regions.size(); ++c) {
      int stride = stride_before;
      auto const yields = walk(op.regions[c], operands, stride, in_cell);
      if (c == 0)
        edge_stride = stride;
      if (yields.empty() || !is_known(yields.front()))
        continue;
      if (!is_known(first))
        first = yields.front();
      if (yields.front() == first)
        continue;
      inside const candidate{faults_, "%" + op.regions[c].yields.front()};
      faults_.report(disagreement(rule::candidates_disagree, yields.front(), first));
    }
    auto const count = static_cast<int>(op.regions.size());
    if (count < 2)
      faults_.report({rule::empty_choice, count, 2});
    else if (in_cell && std::ranges::all_of(op.regions, is_none))
      faults_.report({rule::only_none_to_choose, 0, count});
    return first;
  }

  // Only as far as its leaves go: such an operation stands in declarations, which the language checks.
  types walk_structured(operation const& op, types const& operands) {
    types yields;
    for (auto const& held : op.regions) {
      int edge_stride = 1;
      auto arguments = operands;
      arguments.resize(held.arguments.size());
      if (op.form() == structure::graph_cell && op.attribute("channels") > 0)
        arguments.front().channels = op.attribute("channels");
      yields = walk(held, arguments, edge_stride, false);
    }
    if (op.form() != structure::repeat)
      yields.clear();
    return yields;
  }

  // Each region reads what stands in its place, at its widest.
  types walk_chain(operation const& op) {
    for (auto const& held : op.regions) {
      int edge_stride = 1;
      types arguments;
      for (auto const& argument : held.arguments)
        arguments.push_back(argument.type);
      auto const outer = numbers_;
      if (!arguments.empty())
        numbers_ = number_scope::of(dsl::shape_of(arguments.front()));
      walk(held, arguments, edge_stride, false);
      numbers_ = outer;
    }
    return {};
  }

  void check_select(region const& in, operation const& op) {
    auto const count = static_cast<int>(op.operands.size());
    auto const least = op.attribute("least");
    auto const most = op.attribute("most");
    if (most < 1 || most > count)
      faults_.report({rule::keep_out_of_range, most, count});
    else if (least < 0 || least > most)
      faults_.report({rule::keep_out_of_range, least, most});
    for (auto const& operand : op.operands) {
      auto const* const edge = in.definition_of(operand);
      if (edge != nullptr && edge->form() == structure::choice && std::ranges::all_of(edge->regions, is_none))
        faults_.report({rule::only_none_to_choose, 0, static_cast<int>(edge->regions.size())});
    }
  }

  tensor_type join(operation const& op, types const& operands) {
    if (!std::ranges::all_of(operands, is_known))
      return {};
    bool const is_concat =
        op.form() == structure::concat || (op.form() == structure::select && op.attribute("join") == 1);
    auto const& first = operands.front();
    for (auto type : operands) {
      if (is_concat)
        type.channels = first.channels;
      if (type != first)
        faults_.report("operands-disagree", fmt::format("the operands are {} and {}", print(first), print(type)),
                       is_concat ? "make them agree in all but the channels" : "make them agree");
    }
    return joined_type(op, operands);
  }

  // The next state of a position's features and of the last state.
  types walk_recurrence(operation const& op, tensor_type const& in) {
    if (!is_known(in) || op.regions.empty())
      return {};
    tensor_type const features{tensor_kind::vector, in.channels, 1, 1};
    tensor_type const state{tensor_kind::vector, op.attribute("channels"), 1, 1};
    int edge_stride = 1;
    auto const next = walk(op.regions.front(), {features, state}, edge_stride, false);
    if (!next.empty() && is_known(next.front()) && next.front() != state)
      faults_.report("operands-disagree",
                     fmt::format("the state is {}, the next one {}", print(state), print(next.front())),
                     "make them agree");
    return {joined_type(op, {in})};
  }

  fault_list& faults_;
  number_scope numbers_;
  std::map<std::pair<region const*, std::vector<int>>, outcome> seen_;
};

} // namespace

void check_types(graph const& g, fault_list& faults) {
  if (g.body.arguments.empty() || !is_known(g.body.arguments.front().type))
    return;
  int edge_stride = 1;
  type_check{faults}.walk(g.body, {g.body.arguments.front().type}, edge_stride, false);
}

} // namespace espalier::compiler
