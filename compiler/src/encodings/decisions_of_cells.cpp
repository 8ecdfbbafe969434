#include "decisions_of.hpp"

#include <espalier/compiler/encodings/block_cells.hpp>
#include <espalier/compiler/encodings/darts.hpp>
#include <espalier/compiler/encodings/enas.hpp>
#include <espalier/compiler/encodings/nas_bench_101.hpp>
#include <espalier/compiler/encodings/nas_bench_201.hpp>
#include <espalier/compiler/encodings/nas_unet.hpp>
#include <espalier/compiler/encodings/recurrent_genotype.hpp>

#include <fmt/format.h>

#include <array>

namespace espalier::compiler::encodings {

namespace {

// State 0 and 1 are a cell's inputs, state i + 2 its node i.
std::string state_name(int state) {
  return state < 2 ? fmt::format("input{}", state) : fmt::format("node{}", state - 2);
}

std::vector<int> counted(int from, std::size_t count) {
  std::vector<int> numbers(count);
  for (std::size_t i = 0; i < count; ++i)
    numbers[i] = from + static_cast<int>(i);
  return numbers;
}

// Of every node, two of the states before it: a subset, but at the first node, which has no more; and an operation
// each.
template <class Edge, class Name>
void append_genotype_cell(encoded_architecture& into, std::vector<Edge> const& edges, std::vector<int> const& concat,
                          std::string const& label, Name shipped_name) {
  for (std::size_t e = 0; e + 1 < edges.size(); e += 2) {
    auto const& first = edges[e];
    auto const& second = edges[e + 1];
    auto const node = fmt::format("{}/node{}", label, e / 2);
    if (first.input == second.input)
      into.misfits.push_back(
          fmt::format("{}: both edges from {}; the cells of the space read two states", node, state_name(first.input)));
    if (e > 0)
      into.decisions.push_back({node, node + "/inputs", {state_name(first.input), state_name(second.input)}});
    for (auto const& edge : {first, second})
      into.decisions.push_back({node, fmt::format("{}/edge{}", node, edge.input), {shipped_name(edge.operation)}});
  }
  if (concat != counted(2, edges.size() / 2))
    into.misfits.push_back(fmt::format("{}/concat: states {}; the cells of the space concatenate all nodes", label,
                                       fmt::join(concat, ", ")));
}

// What each state is and what the encoding makes of it: the cells of a space concatenate the nodes that none reads.
void append_loose_ends(encoded_architecture& into, std::string const& label, std::vector<bool> const& is_read,
                       std::vector<bool> const& is_output, bool last_is_first) {
  for (std::size_t s = 0; s < is_read.size(); ++s) {
    if (is_output[s] == (s >= 2 && !is_read[s]))
      continue;
    auto const input = last_is_first && s < 2 ? 1 - static_cast<int>(s) : static_cast<int>(s);
    into.misfits.push_back(fmt::format("{}: state {} ({}) is {} and {} of the output; the output of the space's cells "
                                       "is all nodes that none reads",
                                       label, s, state_name(input), is_read[s] ? "read" : "read by none",
                                       is_output[s] ? "part" : "no part"));
  }
}

// The space's names of the released codes' operations.
std::string shipped_name(std::string const& name) {
  if (name == "none")
    return "skip_connect";
  if (name.starts_with("separable_"))
    return "sep_conv_" + name.substr(10, 3);
  if (name == "dilated_3x3_rate_2")
    return "dil_conv_3x3";
  if (name == "1x7_7x1" || name == "1x3_3x1" || name == "1x1" || name == "3x3")
    return "conv_" + name;
  return name;
}

// The released codes' state 0 is the last cell's output, which is input1 here.
std::string input_option(int state) {
  return std::to_string(state < 2 ? 1 - state : state);
}

void append_block_cell(encoded_architecture& into, block_cell const& cell, std::string const& label,
                       bool can_concatenate) {
  std::vector<bool> is_read(cell.used.size());
  std::vector<bool> is_output;
  for (bool const used : cell.used)
    is_output.push_back(!used);
  for (std::size_t e = 0; e < cell.operations.size(); ++e) {
    auto const node = fmt::format("{}/node{}", label, e / 2);
    auto const place = fmt::format("{}/ops[{}]", label, e);
    is_read[static_cast<std::size_t>(cell.indices[e])] = true;
    into.decisions.push_back({place, fmt::format("{}/input{}", node, e % 2), {input_option(cell.indices[e])}});
    into.decisions.push_back({place, fmt::format("{}/operation{}", node, e % 2), {shipped_name(cell.operations[e])}});
    if (can_concatenate && e % 2 == 1)
      into.decisions.push_back({place, node + "/combine", {"add"}});
  }
  append_loose_ends(into, label + "/used", is_read, is_output, true);
}

encoded_architecture block_cell_decisions(nlohmann::json const& encoding, block_cell_code code) {
  auto const cells = read_block_cells(encoding, code);
  encoded_architecture made;
  append_block_cell(made, cells.normal, "normal", code == block_cell_code::nasnet);
  append_block_cell(made, cells.reduction, "reduction", code == block_cell_code::nasnet);
  return made;
}

void append_enas_cell(encoded_architecture& into, std::vector<enas_cells::node> const& nodes,
                      std::string const& label) {
  static constexpr std::array names{"sep_conv_3x3", "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3", "skip_connect"};
  std::vector<bool> is_read(nodes.size() + 2);
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    auto const path = fmt::format("{}/node{}", label, n);
    auto const append = [&](int pick, int state, int operation) {
      is_read[static_cast<std::size_t>(state)] = true;
      into.decisions.push_back({path, fmt::format("{}/input{}", path, pick), {std::to_string(state)}});
      into.decisions.push_back(
          {path, fmt::format("{}/operation{}", path, pick), {names[static_cast<std::size_t>(operation)]}});
    };
    append(0, nodes[n].first, nodes[n].first_operation);
    append(1, nodes[n].second, nodes[n].second_operation);
  }
  auto is_output = is_read;
  is_output.flip();
  append_loose_ends(into, label, is_read, is_output, false);
}

} // namespace

encoded_architecture darts_decisions(nlohmann::json const& encoding) {
  auto const genotype = read_darts_genotype(encoding);
  auto const same = [](std::string const& name) { return name; };
  encoded_architecture made;
  append_genotype_cell(made, genotype.normal.edges, genotype.normal.concat, "normal", same);
  append_genotype_cell(made, genotype.reduction.edges, genotype.reduction.concat, "reduction", same);
  return made;
}

encoded_architecture nas_unet_decisions(nlohmann::json const& encoding) {
  auto const genotype = read_nas_unet_genotype(encoding);
  auto const shipped = [](std::string const& name) -> std::string {
    if (name == "identity")
      return "skip_connect";
    if (name == "cweight")
      return "squeeze_excite";
    return name == "avg_pool" || name == "max_pool" ? name + "_2x2" : name;
  };
  encoded_architecture made;
  append_genotype_cell(made, genotype.down, genotype.down_concat, "down", shipped);
  append_genotype_cell(made, genotype.up, genotype.up_concat, "up", shipped);
  return made;
}

encoded_architecture nas_bench_201_decisions(nlohmann::json const& encoding) {
  auto const cell = read_nas_bench_201_cell(encoding);
  encoded_architecture made;
  for (std::size_t node = 0, edge = 0; node < 3; ++node)
    for (std::size_t from = 0; from <= node; ++from, ++edge)
      made.decisions.push_back(
          {fmt::format("edge {}", edge), fmt::format("cell/node{}/edge{}", node, from), {cell[edge]}});
  return made;
}

// The vertices on a way take the first of the space's five; the others stay without edges, whatever they would be.
encoded_architecture nas_bench_101_decisions(nlohmann::json const& encoding) {
  constexpr int inner = 5;
  auto const cell = read_nas_bench_101_cell(encoding);
  int const last = cell.graph.nodes - 1;
  auto const name_of = [&](int vertex) {
    auto const& name = cell.operations[static_cast<std::size_t>(vertex)];
    return name == "maxpool3x3" ? std::string{"max_pool_3x3"} : "conv_" + name.substr(4, 3);
  };
  encoded_architecture made;
  std::vector<int> number(static_cast<std::size_t>(last) + 1); // in the space
  int kept = 0;
  for (int v = 1; v < last; ++v)
    if (cell.graph.in_degree(v) > 0) {
      number[static_cast<std::size_t>(v)] = ++kept;
      made.decisions.push_back({fmt::format("ops[{}]", v), fmt::format("cell/vertex{}", kept), {name_of(v)}});
    }
  for (int v = kept + 1; v <= inner; ++v)
    made.decisions.push_back({"ops", fmt::format("cell/vertex{}", v), {"max_pool_3x3"}});
  number.back() = std::max(inner, kept) + 1;
  encoded_decision edges{"matrix", "cell/edges"};
  for (int from = 0; from < last; ++from)
    for (int to = from + 1; to <= last; ++to)
      if (cell.graph.has(from, to))
        edges.options.push_back(
            fmt::format("{}-{}", number[static_cast<std::size_t>(from)], number[static_cast<std::size_t>(to)]));
  made.decisions.push_back(std::move(edges));
  return made;
}

encoded_architecture nasnet_decisions(nlohmann::json const& encoding) {
  return block_cell_decisions(encoding, block_cell_code::nasnet);
}

encoded_architecture pnas_decisions(nlohmann::json const& encoding) {
  auto const cells = read_block_cells(encoding, block_cell_code::nasnet);
  encoded_architecture made;
  append_block_cell(made, cells.normal, "cell", false);
  if (!cells.is_one_cell)
    made.misfits.emplace_back("reduction: a cell of its own; the space has one cell for both strides");
  return made;
}

encoded_architecture amoebanet_decisions(nlohmann::json const& encoding) {
  return block_cell_decisions(encoding, block_cell_code::amoebanet);
}

encoded_architecture enas_cell_decisions(nlohmann::json const& encoding) {
  auto const cells = read_enas_cells(encoding);
  encoded_architecture made;
  append_enas_cell(made, cells.normal, "normal");
  append_enas_cell(made, cells.reduction, "reduction");
  return made;
}

encoded_architecture recurrent_decisions(nlohmann::json const& encoding) {
  auto const genotype = read_recurrent_genotype(encoding);
  encoded_architecture made;
  made.decisions.push_back({"root", "cell/root/activation", {"tanh"}, {}, true});
  for (std::size_t i = 0; i < genotype.nodes.size(); ++i) {
    auto const& [activation, input] = genotype.nodes[i];
    auto const path = fmt::format("cell/node{}", i + 1);
    made.decisions.push_back({path, path + "/activation", {activation == "identity" ? "skip_connect" : activation}});
    if (i > 0) // the first node has nothing else to read
      made.decisions.push_back({path, path + "/input", {std::to_string(input)}});
  }
  if (genotype.concat != counted(1, genotype.nodes.size()))
    made.misfits.push_back(
        fmt::format("concat: states {}; the cells of the space average all nodes", fmt::join(genotype.concat, ", ")));
  return made;
}

} // namespace espalier::compiler::encodings
