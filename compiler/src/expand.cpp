#include <espalier/compiler/expand.hpp>
#include <espalier/dsl/operation_table.hpp>

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/fault_text.hpp>
#include <espalier/compiler/names.hpp>
#include <espalier/dsl/operations/network.hpp>

#include "region_builder.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using dsl::declaration_of;
using dsl::rule;

class expansion {
public:
  // Appends one structured operation to `into`; its operands are found through `values`, where its results are put.
  void append(operation const& op, region_builder& into, std::map<std::string, std::string>& values,
              std::string const& path, int& edge_stride, std::string const& name = {}) {
    std::vector<std::string> operands;
    for (auto const& operand : op.operands)
      operands.push_back(values.at(operand));
    switch (op.form()) {
    case structure::repeat:
      return append_repeat(op, into, values, operands, path);
    case structure::cell:
      values[op.name()] = append_cell(op, into, operands);
      return;
    case structure::choice:
      values[op.name()] = append_choice(op, into, operands.front(), path, edge_stride, name);
      return;
    case structure::block:
      values[op.name()] = append_block(op, into, operands, path, edge_stride, name);
      return;
    case structure::leaf:
      values[op.name()] = append_leaf(op, into, operands.front(), edge_stride, name);
      return;
    case structure::select:
    case structure::add:
    case structure::concat:
      values[op.name()] = append_join(op, into, operands, name);
      return;
    default:
      throw internal_error(fmt::format("{} is not expanded", op.declaration->name));
    }
  }

  region expand_region(region const& structured, std::vector<tensor_type> const& types, std::string const& path,
                       int& edge_stride) {
    auto arguments = structured.arguments;
    std::map<std::string, std::string> values;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      arguments[i].type = types[i];
      values[arguments[i].name] = arguments[i].name;
    }
    region_builder into{std::move(arguments)};
    for (auto const& op : structured.operations)
      append(op, into, values, path, edge_stride);
    return std::move(into).finish(values.at(structured.yields.front()));
  }

private:
  static std::string joined(std::string const& path, std::string const& name) {
    return path.empty() ? name : path + "/" + name;
  }

  [[noreturn]] static void refuse(operation const& op, std::string const& path, dsl::fault const& problem) {
    throw user_error(fmt::format("%{}{}: {}", path.empty() ? "" : path + "/", op.results.empty() ? op.label : op.name(),
                                 sentence(problem)));
  }

  static std::string append_leaf(operation op, region_builder& into, std::string const& operand, int& edge_stride,
                                 std::string const& name) {
    auto const in = into.type_of(operand);
    op.attributes = dsl::resolve(*op.declaration, op.attributes, in, edge_stride);
    auto const result = op.declaration->infer(op.attributes, in);
    if (result.problem)
      refuse(op, name, result.problem);
    op.operands = {operand};
    if (op.is("skip_connect") && op.attribute("stride") > 1)
      return append_reduction("skip_connect", into, operand, in.channels, name);
    return into.append(std::move(op), result.type, name);
  }

  // A choice, select, add or concat that is already expanded (a graph read from text) or a select made from a cell.
  static std::string append_join(operation op, region_builder& into, std::vector<std::string> operands,
                                 std::string const& name) {
    auto type = into.type_of(operands.front());
    if (op.form() == structure::concat) {
      type.channels = 0;
      for (auto const& operand : operands)
        type.channels += into.type_of(operand).channels;
    }
    op.operands = std::move(operands);
    return into.append(std::move(op), type, name);
  }

  std::string append_block(operation op, region_builder& into, std::vector<std::string> operands,
                           std::string const& path, int& edge_stride, std::string const& name) {
    std::vector<tensor_type> types;
    for (auto const& operand : operands)
      types.push_back(into.type_of(operand));
    auto const inner_path = name.empty() ? joined(path, op.name()) : path;
    op.regions = {expand_region(op.regions.front(), types, inner_path, edge_stride)};
    op.operands = std::move(operands);
    auto const type = op.regions.front().type_of(op.regions.front().yields.front());
    return into.append(std::move(op), type, name);
  }

  std::string append_choice(operation op, region_builder& into, std::string const& operand, std::string const& path,
                            int& edge_stride, std::string const& name) {
    if (op.label.empty())
      op.label = name.empty() ? joined(path, op.name()) : path; // a cell's edge already has its path
    auto const names = candidate_names(op);
    tensor_type type{};
    int stride_after = edge_stride;
    for (std::size_t i = 0; i < op.regions.size(); ++i) {
      int stride = edge_stride;
      op.regions[i] = expand_region(op.regions[i], {into.type_of(operand)}, op.label + "/" + names[i], stride);
      auto const candidate = op.regions[i].type_of(op.regions[i].yields.front());
      if (i == 0)
        type = candidate, stride_after = stride;
      else if (candidate != type)
        refuse(op, path,
               {rule::candidates_disagree, candidate.channels != type.channels ? candidate.channels : candidate.height,
                candidate.channels != type.channels ? type.channels : type.height});
    }
    edge_stride = stride_after;
    op.operands = {operand};
    return into.append(std::move(op), type, name);
  }

  void append_repeat(operation const& op, region_builder& into, std::map<std::string, std::string>& values,
                     std::vector<std::string> carried, std::string const& path) {
    auto const& body = op.regions.front();
    auto const own_path = joined(path, op.results.back().name);
    for (int k = 0; k < op.attribute("count"); ++k) {
      std::map<std::string, std::string> inner;
      for (std::size_t i = 0; i < carried.size(); ++i)
        inner[body.arguments[i].name] = carried[i];
      int edge_stride = 1;
      for (auto const& repeated : body.operations)
        append(repeated, into, inner, fmt::format("{}/{}", own_path, k), edge_stride);
      for (std::size_t i = 0; i < carried.size(); ++i)
        carried[i] = inner.at(body.yields[i]);
    }
    for (std::size_t i = 0; i < carried.size(); ++i)
      values[op.results[i].name] = carried[i];
  }

  // ReLU, factorized reduction and batch normalization, as one block.
  static std::string append_reduction(std::string const& label, region_builder& into, std::string const& operand,
                                      int channels, std::string const& name) {
    return append_preprocess(label, into, operand, make(dsl::operations::factorized_reduce{channels}, "", {}), name);
  }

  static std::string append_preprocess(std::string const& label, region_builder& into, std::string const& operand,
                                       operation reduction, std::string const& name) {
    auto const in = into.type_of(operand);
    auto const out = reduction.declaration->infer(reduction.attributes, in);
    if (out.problem)
      throw user_error(fmt::format("%{}: {}", name, sentence(out.problem)));
    region_builder body{{{"x", in}}};
    reduction.operands = {body.append(make(dsl::operations::relu{}, "", {"x"}), in)};
    auto const reduced = body.append(std::move(reduction), out.type);
    auto const normalized = body.append(make(dsl::operations::batch_norm{}, "", {reduced}), out.type);
    auto op = make(dsl::operations::block{}, label, {operand});
    op.regions.push_back(std::move(body).finish(normalized));
    return into.append(std::move(op), out.type, name);
  }

  struct cell_numbers {
    int channels, nodes, keep, stride;
    explicit cell_numbers(operation const& op)
        : channels(op.attribute("channels")), nodes(op.attribute("nodes")), keep(op.attribute("keep")),
          stride(op.attribute("stride")) {}
  };

  std::string append_cell(operation const& op, region_builder& into, std::vector<std::string> const& operands) {
    cell_numbers const shape{op};
    auto const before = into.type_of(operands[0]);
    auto const now = into.type_of(operands[1]);
    region_builder body{{{"before", before}, {"now", now}}};
    std::vector<std::string> values;
    if (before.height == now.height) {
      values.push_back(append_projection(body, "before", shape.channels, "input0"));
    } else {
      if (before.height != 2 * now.height)
        refuse(op, "", {rule::cell_inputs_disagree, before.height, now.height});
      values.push_back(append_reduction("relu_factorized_reduce_bn", body, "before", shape.channels, "input0"));
    }
    values.push_back(append_projection(body, "now", shape.channels, "input1"));
    for (int i = 0; i < shape.nodes; ++i)
      values.push_back(append_node(op, shape, i, body, values));
    auto const nodes = std::vector<std::string>(values.begin() + 2, values.end());
    auto type = body.type_of(nodes.front());
    type.channels *= shape.nodes;
    auto const output = body.append(make(dsl::operations::concat{}, "", nodes), type, "output");
    auto cell = make(dsl::operations::block{}, op.label, operands);
    cell.regions.push_back(std::move(body).finish(output));
    return into.append(std::move(cell), type);
  }

  static std::string append_projection(region_builder& into, std::string const& operand, int channels,
                                       std::string const& name) {
    return append_preprocess("relu_conv_bn", into, operand,
                             make(dsl::operations::conv{.kernel = 1, .channels = channels, .stride = 1}, "", {}), name);
  }

  std::string append_node(operation const& cell, cell_numbers const& shape, int i, region_builder& into,
                          std::vector<std::string> const& values) {
    auto const& edge = cell.regions.front();
    std::vector<std::string> edges;
    for (std::size_t j = 0; j < values.size(); ++j) {
      std::map<std::string, std::string> inner{{edge.arguments.front().name, values[j]}};
      int edge_stride = j < 2 ? shape.stride : 1;
      append(edge.operations.front(), into, inner, fmt::format("{}/node{}/edge{}", cell.label, i, j), edge_stride,
             fmt::format("node{}_edge{}", i, j));
      edges.push_back(inner.at(edge.yields.front()));
    }
    auto const type = into.type_of(edges.front());
    for (auto const& e : edges)
      if (into.type_of(e) != type)
        refuse(cell, "", {rule::edge_changes_shape, into.type_of(e).height, type.height});
    auto op =
        make(dsl::operations::select{shape.keep, shape.keep}, fmt::format("{}/node{}/inputs", cell.label, i), edges);
    return into.append(std::move(op), type, fmt::format("node{}", i));
  }
};

} // namespace

namespace {

bool is_darts_cell(operation const& op) {
  return op.attribute("inputs") == 2 && op.attribute("picks") == 0 && op.attribute("output") == 0 &&
         op.regions.size() == 1 && op.attribute("stride") > 0 && op.attribute("keep") > 0;
}

// The leaves that networks and emitted source have, and their numbers that must be as preset.
constexpr std::array<std::string_view, 10> executable_leaves{
    "conv",   "factorized_reduce", "batch_norm",     "relu", "max_pool", "avg_pool", "none",
    "linear", "skip_connect",      "global_avg_pool"};
constexpr std::array<std::string_view, 3> numbers_as_preset{"kernel_width", "bias", "padded"};

bool is_executable(operation const& op) {
  switch (op.form()) {
  case structure::leaf:
    if (op.is("none") && op.attribute("channels") != dsl::inherited)
      return false;
    return std::ranges::find(executable_leaves, op.declaration->name) != executable_leaves.end() &&
           std::ranges::all_of(numbers_as_preset, [&](std::string_view name) {
             auto const i = op.declaration->index_of(name);
             return i == dsl::max_attributes || op.attributes[i] == op.declaration->attributes[i].preset;
           });
  case structure::block:
  case structure::choice:
  case structure::repeat:
  case structure::cell:
  case structure::select:
  case structure::add:
  case structure::concat:
    return true;
  default:
    return false;
  }
}

std::string obstacle_in(region const& r) {
  for (auto const& op : r.operations) {
    auto const form = op.form();
    auto const what = !is_executable(op)                              ? fmt::format("a {}", op.declaration->name)
                      : !op.decided.empty()                           ? "a number that is a decision"
                      : form == structure::cell && !is_darts_cell(op) ? "a cell unlike DARTS'"
                                                                      : "";
    if (!what.empty())
      return fmt::format("{} holds {}", op.results.empty() ? std::string{op.declaration->name} : "%" + op.name(), what);
    for (auto const& held : op.regions)
      if (auto found = obstacle_in(held); !found.empty())
        return found;
  }
  return {};
}

} // namespace

std::string obstacle(graph const& structured) {
  return obstacle_in(structured.body);
}

graph expand(graph const& structured) {
  if (auto const found = obstacle(structured); !found.empty())
    throw user_error(
        fmt::format("\"{}\": {}: this version counts, checks and prints such a space, but builds no network "
                    "of it",
                    structured.name, found));
  auto const is_typed = [](operation const& op) { return op.type().channels > 0; };
  if (structured.is_expanded() && std::ranges::all_of(structured.body.operations, is_typed))
    return structured;
  int edge_stride = 1;
  return {structured.name, expansion{}.expand_region(structured.body, {structured.input()}, "", edge_stride)};
}

} // namespace espalier::compiler
