#include "decisions_of.hpp"

#include "encoding_reader.hpp"

#include <espalier/compiler/encodings/block_cells.hpp>
#include <espalier/compiler/encodings/block_list.hpp>
#include <espalier/compiler/encodings/darts.hpp>
#include <espalier/compiler/encodings/enas.hpp>
#include <espalier/compiler/encodings/mobile_strings.hpp>
#include <espalier/compiler/encodings/nas_bench_201.hpp>
#include <espalier/compiler/encodings/recurrent_genotype.hpp>
#include <espalier/compiler/encodings/spos.hpp>

#include <fmt/format.h>

#include <array>

namespace espalier::compiler::encodings {

namespace {

// State 0 and 1 are a cell's inputs, state i + 2 its node i.
std::string state_name(int state) {
  return state < 2 ? fmt::format("input{}", state) : fmt::format("node{}", state - 2);
}

// Of every node, two of the states before it: a subset, but at the first node, which has no more; and an operation
// each.
void append_genotype_cell(encoding_reader& from, std::vector<encoded_decision>& into, genotype_cell const& cell,
                          std::string const& label) {
  for (std::size_t e = 0; e + 1 < cell.edges.size(); e += 2) {
    auto const& first = cell.edges[e];
    auto const& second = cell.edges[e + 1];
    auto const node = fmt::format("{}/node{}", label, e / 2);
    if (first.input == second.input)
      from.fault(node, fmt::format("both edges from {}", state_name(first.input)), "edges from two states");
    if (e > 0)
      into.push_back({node, node + "/inputs", {state_name(first.input), state_name(second.input)}});
    for (auto const& edge : {first, second})
      into.push_back({node, fmt::format("{}/edge{}", node, edge.input), {edge.operation}});
  }
  std::vector<int> nodes;
  for (std::size_t n = 0; n < cell.edges.size() / 2; ++n)
    nodes.push_back(static_cast<int>(n) + 2);
  if (cell.concat != nodes)
    from.fault(label + "/concat", fmt::format("states {}", fmt::join(cell.concat, ", ")),
               "all nodes, as the cells of the space do");
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

void append_block_cell(std::vector<encoded_decision>& into, block_cell const& cell, std::string const& label,
                       bool can_concatenate) {
  for (std::size_t e = 0; e < cell.operations.size(); ++e) {
    auto const node = fmt::format("{}/node{}", label, e / 2);
    auto const place = fmt::format("{}/ops[{}]", label, e);
    into.push_back({place, fmt::format("{}/input{}", node, e % 2), {input_option(cell.indices[e])}});
    into.push_back({place, fmt::format("{}/operation{}", node, e % 2), {shipped_name(cell.operations[e])}});
    if (can_concatenate && e % 2 == 1)
      into.push_back({place, node + "/combine", {"add"}});
  }
}

std::vector<encoded_decision> block_cell_decisions(nlohmann::json const& encoding, block_cell_code code) {
  auto const cells = read_block_cells(encoding, code);
  std::vector<encoded_decision> made;
  append_block_cell(made, cells.normal, "normal", code == block_cell_code::nasnet);
  append_block_cell(made, cells.reduction, "reduction", code == block_cell_code::nasnet);
  return made;
}

} // namespace

std::vector<encoded_decision> darts_decisions(nlohmann::json const& encoding) {
  auto const genotype = read_darts_genotype(encoding);
  encoding_reader from{"the DARTS genotype, as an architecture of cells,"};
  std::vector<encoded_decision> made;
  append_genotype_cell(from, made, genotype.normal, "normal");
  append_genotype_cell(from, made, genotype.reduction, "reduction");
  from.finish();
  return made;
}

std::vector<encoded_decision> nas_bench_201_decisions(nlohmann::json const& encoding) {
  auto const cell = read_nas_bench_201_cell(encoding);
  std::vector<encoded_decision> made;
  for (std::size_t node = 0, edge = 0; node < 3; ++node)
    for (std::size_t from = 0; from <= node; ++from, ++edge)
      made.push_back({fmt::format("edge {}", edge), fmt::format("cell/node{}/edge{}", node, from), {cell[edge]}});
  return made;
}

std::vector<encoded_decision> nasnet_decisions(nlohmann::json const& encoding) {
  return block_cell_decisions(encoding, block_cell_code::nasnet);
}

std::vector<encoded_decision> amoebanet_decisions(nlohmann::json const& encoding) {
  return block_cell_decisions(encoding, block_cell_code::amoebanet);
}

std::vector<encoded_decision> enas_decisions(nlohmann::json const& encoding) {
  static constexpr std::array names{"sep_conv_3x3", "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3", "skip_connect"};
  auto const cells = read_enas_cells(encoding);
  std::vector<encoded_decision> made;
  for (auto const& [label, nodes] : {std::pair{"normal", &cells.normal}, {"reduction", &cells.reduction}})
    for (std::size_t n = 0; n < nodes->size(); ++n) {
      auto const path = fmt::format("{}/node{}", label, n);
      auto const& node = (*nodes)[n];
      auto const append = [&](int pick, int state, int operation) {
        made.push_back({path, fmt::format("{}/input{}", path, pick), {std::to_string(state)}});
        made.push_back({path, fmt::format("{}/operation{}", path, pick), {names[static_cast<std::size_t>(operation)]}});
      };
      append(0, node.first, node.first_operation);
      append(1, node.second, node.second_operation);
    }
  return made;
}

std::vector<encoded_decision> recurrent_decisions(nlohmann::json const& encoding) {
  auto const genotype = read_recurrent_genotype(encoding);
  std::vector<encoded_decision> made;
  for (std::size_t i = 0; i < genotype.nodes.size(); ++i) {
    auto const& [activation, input] = genotype.nodes[i];
    auto const path = fmt::format("cell/node{}", i + 1);
    made.push_back({path, path + "/activation", {activation == "identity" ? "skip_connect" : activation}});
    if (i > 0) // the first node has nothing else to read
      made.push_back({path, path + "/input", {std::to_string(input)}});
  }
  encoding_reader from{"the recurrent genotype, as an architecture of a cell,"};
  std::vector<int> nodes;
  for (std::size_t i = 0; i < genotype.nodes.size(); ++i)
    nodes.push_back(static_cast<int>(i) + 1);
  if (genotype.concat != nodes)
    from.fault("concat", fmt::format("states {}", fmt::join(genotype.concat, ", ")), "all nodes");
  from.finish();
  return made;
}

std::vector<encoded_decision> spos_decisions(nlohmann::json const& encoding) {
  static constexpr std::array names{"shuffle_3x3", "shuffle_5x5", "shuffle_7x7", "xception"};
  std::vector<encoded_decision> made;
  for (int const block : read_spos_lists(encoding, {}).blocks)
    made.push_back({fmt::format("arch[{}]", made.size()), "", {names[static_cast<std::size_t>(block)]}});
  return made;
}

// The first block is the same in every network.
std::vector<encoded_decision> block_list_decisions(nlohmann::json const& encoding) {
  auto const list = read_block_list(encoding);
  std::vector<encoded_decision> made;
  auto block = list.blocks.begin();
  for (std::size_t i = 0; i < encoding["blocks"].size(); ++i) {
    bool const is_zero = encoding["blocks"][i] == "zero";
    if (i > 0)
      made.push_back({fmt::format("blocks[{}]", i),
                      "",
                      {is_zero ? "none" : fmt::format("mb{0}_{1}x{1}", block->middle / block->in, block->kernel)}});
    if (!is_zero)
      ++block;
  }
  return made;
}

std::vector<encoded_decision> fbnet_decisions(nlohmann::json const& encoding) {
  auto const text = read_fbnet(encoding);
  std::vector<encoded_decision> made;
  int channels = text.stem;
  for (auto const& block : text.blocks) {
    bool const keeps_shape = block.stride == 1 && block.channels == channels;
    auto const name = block.is_skip ? keeps_shape ? std::string{"none"} : "skip"
                                    : fmt::format("k{}_e{}{}", block.kernel, block.expansion,
                                                  block.groups > 1 ? fmt::format("_g{}", block.groups) : "");
    made.push_back({fmt::format("layer {}", made.size()), "", {name}});
    channels = block.channels;
  }
  return made;
}

} // namespace espalier::compiler::encodings
