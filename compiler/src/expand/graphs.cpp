#include "expansion.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/dsl/operations/cells.hpp>
#include <espalier/dsl/operations/linear.hpp>
#include <espalier/dsl/operations/network.hpp>
#include <espalier/dsl/random_graph.hpp>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

// The edges of a wiring that are listed.
dsl::dag listed_graph(operation const& op) {
  dsl::dag g{op.attribute("nodes")};
  for (auto const& wire : op.regions.front().operations)
    if (wire.form() == structure::reference)
      g.connect(wire.attribute("from"), wire.attribute("to"));
  return g;
}

std::vector<int> predecessors(dsl::dag const& g, int node) {
  std::vector<int> found;
  for (int n = 0; n < node; ++n)
    if (g.has(n, node))
      found.push_back(n);
  return found;
}

bool has_successor(dsl::dag const& g, int node) {
  for (int n = node + 1; n < g.nodes; ++n)
    if (g.has(node, n))
      return true;
  return false;
}

decided_number doubled(decided_number n) {
  decided_number two{
      &dsl::declaration_of<dsl::operations::value>, {}, dsl::constants_of(dsl::operations::value{2}), {}};
  return {&dsl::declaration_of<dsl::operations::product>, {}, {}, {std::move(two), std::move(n)}};
}

// What a node, or the reader of the whole graph, makes of several values.
template <class Join>
std::string joined(region_builder& into, Join const& join, std::vector<std::string> values) {
  return values.size() == 1 ? values.front() : into.join(join, std::move(values));
}

} // namespace

// A block whose operations are the nodes.
std::string expansion::append_wired(operation const& op, dsl::dag const& g, expansion_scope& scope,
                                    std::string const& name) {
  region_builder body;
  body.add_argument("x", scope.shape_of(op.operands.front()));
  expansion_scope inside{body, {}, scope.path_to(op.name()), scope.numbers, 1};
  std::vector<std::string> nodes;
  for (int n = 0; n < g.nodes; ++n) {
    std::vector<std::string> read;
    for (int const p : predecessors(g, n))
      read.push_back(nodes[static_cast<std::size_t>(p)]);
    bool const is_source = read.empty();
    auto const input = is_source ? "x" : joined(body, dsl::operations::weighted_sum{}, std::move(read));
    int stride = is_source ? op.attribute("stride") : 1;
    auto const path = fmt::format("{}/{}", inside.path, n);
    nodes.push_back(append_inline(op.regions.front(), inside, {input}, path, stride).front());
  }
  std::vector<std::string> ends;
  for (int n = 0; n < g.nodes; ++n)
    if (!has_successor(g, n))
      ends.push_back(nodes[static_cast<std::size_t>(n)]);
  auto const output = joined(body, dsl::operations::average{}, std::move(ends));
  auto const type = body.shape_of(output);
  auto block =
      make(dsl::operations::block{}, op.label.empty() ? "wiring" : op.label, {scope.value_of(op.operands.front())});
  block.regions.push_back(std::move(body).finish(output));
  return scope.into.append(std::move(block), type, name);
}

std::string expansion::append_wiring(operation const& op, expansion_scope& scope) {
  if (op.attribute("generator") == 0)
    return append_wired(op, listed_graph(op), scope, {});
  auto const drawn = [&](long long seed) {
    return dsl::draw_graph(op.attribute("generator"), op.attribute("nodes"), op.attribute("neighbours"),
                           op.attribute("permille"), static_cast<std::uint64_t>(seed));
  };
  if (op.decided.empty())
    return append_wired(op, drawn(op.attribute("seed")), scope, {});
  auto seed = op.decided.front().value;
  name_decisions(seed, scope.path_to(op.name()) + "/seed");
  auto const all = quantity_of(seed, scope.numbers);
  std::vector<std::string> graphs;
  for (long long s = all.low; s <= all.high; ++s)
    graphs.push_back(append_wired(op, drawn(s), scope, fmt::format("{}_{}", op.name(), s)));
  return append_pick(scope.into, std::move(graphs), difference(std::move(seed), static_cast<int>(all.low)), {});
}

// DARTS' cell (Liu, Simonyan, Yang, ICLR 2019, appendix A.1.2), which is that of ENAS: a node's weights give a gate and
// a candidate, whose activation is decided.
std::string expansion::append_recurrent_cell(operation const& op, expansion_scope& scope) {
  auto const in = scope.shape_of(op.operands.front());
  auto recurrence = make(dsl::operations::recurrence{}, op.label, {scope.value_of(op.operands.front())});
  auto const constant = op.attribute("channels") > 0 ? op.attribute("channels") : static_cast<int>(in.channels.high);
  auto linear = make(dsl::operations::linear{.channels = 2 * constant, .bias = 0});
  recurrence.set_attribute("channels", constant);
  for (auto number : op.decided) {
    name_decisions(number.value, op.label + "/channels");
    recurrence.decided.push_back({recurrence.declaration->channels, number.value});
    linear.decided.push_back({linear.declaration->channels, doubled(number.value)});
  }
  auto const width = numbers_of(recurrence, scope.numbers)[recurrence.declaration->channels];
  region_builder step;
  step.add_argument("x", {dsl::tensor_kind::vector, in.channels, 1, 1});
  step.add_argument("state", {dsl::tensor_kind::vector, width, 1, 1});
  expansion_scope inside{step, {}, op.label, scope.numbers, 1};
  auto const gated = [&](std::string const& read, std::string const& state, region const& activation,
                         std::string const& node) {
    linear.operands = {read};
    int edge_stride = 1;
    auto const both = step.append_leaf(linear, numbers_of(linear, scope.numbers), edge_stride, node + "_linear");
    auto const gate = step.leaf(dsl::operations::chunk{0, 2}, both);
    auto const candidate = step.leaf(dsl::operations::chunk{1, 2}, both);
    auto const path = fmt::format("{}/{}/activation", op.label, node);
    auto const activated = append_edge(activation, inside, candidate, path, node + "_activation", 1, true);
    return step.join(dsl::operations::highway{}, {state, gate, activated}, node);
  };
  auto const joined_input = step.join(dsl::operations::concat{}, {"x", "state"});
  std::vector<std::string> states{gated(joined_input, "state", op.regions.front(), "root")};
  for (int i = 1; i <= op.attribute("nodes"); ++i) {
    auto const node = fmt::format("node{}", i);
    auto const read =
        states.size() == 1
            ? states.front()
            : append_pick(step, states, index_decision(fmt::format("{}/{}/input", op.label, node), i), node + "_input");
    states.push_back(gated(read, read, op.regions.back(), node));
  }
  states.erase(states.begin());
  auto const next = step.join(dsl::operations::average{}, std::move(states), "output");
  recurrence.regions.push_back(std::move(step).finish(next));
  return scope.into.append(std::move(recurrence), dsl::shape{dsl::tensor_kind::sequence, width, in.height, in.width});
}

// Every layer reads the one before it and a subset of the earlier ones; where they are concatenated, a subset of all
// earlier ones, or the input if that is empty.
std::string expansion::append_skip_chain(operation const& op, expansion_scope& scope) {
  auto const path = op.label.empty() ? scope.path_to(op.name()) : op.label;
  bool const concatenates = op.attribute("join") == 1;
  int const every = op.attribute("reduce_every");
  std::vector<std::string> outputs{scope.value_of(op.operands.front())};
  for (int k = 0; k < op.attribute("nodes"); ++k) {
    auto input = outputs.back();
    auto const label = fmt::format("{}/{}/inputs", path, k);
    if (concatenates && k > 0) {
      input = scope.into.append(make(dsl::operations::select{0, k, 1, 1}, label, outputs));
    } else if (k > 0) {
      auto earlier = outputs;
      earlier.pop_back();
      auto const skipped = scope.into.append(make(dsl::operations::select{0, k}, label, std::move(earlier)));
      input = scope.into.join(dsl::operations::add{}, {input, skipped});
    }
    int stride = 1;
    outputs.push_back(append_inline(op.regions.front(), scope, {input}, fmt::format("{}/{}", path, k), stride).front());
    if (every > 0 && (k + 1) % every == 0 && k + 1 < op.attribute("nodes"))
      for (std::size_t o = 0; o < outputs.size(); ++o)
        outputs[o] = append_preprocess(scope.into, outputs[o], {}, true, "relu_factorized_reduce_bn",
                                       fmt::format("{}_reduction{}_{}", op.name(), (k + 1) / every, o));
  }
  if (!concatenates)
    return outputs.back();
  outputs.erase(outputs.begin());
  return scope.into.join(dsl::operations::concat{1}, std::move(outputs));
}

// Which edges there are decides how wide a vertex is: the cell stays one operation until an architecture is bound.
std::string expansion::append_graph_cell(operation const& op, expansion_scope& scope) {
  auto cell = op;
  cell.operands = {scope.value_of(op.operands.front())};
  for (auto& number : cell.decided)
    name_decisions(number.value, op.label + "/channels");
  auto type = scope.into.shape_of(cell.operands.front());
  if (auto const channels = numbers_of(cell, scope.numbers)[cell.declaration->channels]; !channels.is(dsl::inherited))
    type.channels = channels;
  cell.regions.clear();
  auto of_vertex = type; // as wide as the edges say
  of_vertex.channels = {1, type.channels.high, 1, dsl::detail::mixed(op.label.size(), 0x3d4d51cb)};
  for (int v = 1; v <= op.attribute("nodes"); ++v) {
    region_builder vertex;
    vertex.add_argument("x", of_vertex);
    expansion_scope inside{vertex, {}, op.label, scope.numbers, 1};
    auto const made = append_edge(op.regions.front(), inside, "x", fmt::format("{}/vertex{}", op.label, v),
                                  fmt::format("vertex{}", v), 1, false);
    cell.regions.push_back(std::move(vertex).finish(made));
  }
  return scope.into.append(std::move(cell), type);
}

} // namespace espalier::compiler
