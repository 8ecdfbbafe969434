#pragma once

#include <espalier/compiler/decisions.hpp>

#include <string>

/// The decisions of two published spaces, as the compiler numbers them.
namespace benchmark {

using espalier::compiler::decision;
using espalier::compiler::decision_space;

/// DARTS (Liu et al., ICLR 2019): in each of two cells, four nodes keep two of their 2 to 5 predecessors, and each kept
/// edge one of 7 operations.
inline decision_space darts() {
  std::vector<decision> decisions;
  for (std::string const cell : {"normal", "reduction"})
    for (int node = 0; node < 4; ++node) {
      auto const path = cell + "/node" + std::to_string(node);
      decision inputs;
      inputs.path = path + "/inputs";
      inputs.type = decision::kind::subset;
      inputs.least = inputs.most = 2;
      for (int i = 0; i < node + 2; ++i)
        inputs.options.push_back(std::to_string(i));
      bool const is_decided = node > 0;
      auto const parent = is_decided ? static_cast<int>(decisions.size()) : -1;
      if (is_decided)
        decisions.push_back(inputs);
      for (int i = 0; i < node + 2; ++i) {
        decision edge;
        edge.path = path + "/edge" + std::to_string(i);
        edge.options = {"max_pool", "avg_pool", "skip", "sep_3", "sep_5", "dil_3", "dil_5"};
        edge.parent = parent;
        edge.parent_options = is_decided ? std::uint64_t{1} << static_cast<unsigned>(i) : 0;
        decisions.push_back(edge);
      }
    }
  return decision_space{std::move(decisions)};
}

/// Once-for-All around MobileNetV3 (Cai et al., ICLR 2020): 25 resolutions, and five stages of 2 to 4 layers, each with
/// one of three kernels and one of three expansions.
inline decision_space ofa_mobilenet_v3() {
  std::vector<decision> decisions;
  auto const add = [&](std::string path, std::size_t options, int parent, std::uint64_t parent_options) {
    decision d;
    d.path = std::move(path);
    for (std::size_t o = 0; o < options; ++o)
      d.options.push_back(std::to_string(o));
    d.parent = parent;
    d.parent_options = parent_options;
    decisions.push_back(d);
    return static_cast<int>(decisions.size()) - 1;
  };
  add("resolution", 25, -1, 0);
  for (int stage = 0; stage < 5; ++stage) {
    auto const path = "stage" + std::to_string(stage);
    auto const depth = add(path + "/depth", 3, -1, 0);
    for (int layer = 0; layer < 4; ++layer) {
      auto const of_layer = path + "/layer" + std::to_string(layer);
      std::uint64_t const where = layer == 2 ? 0b110 : 0b100;
      add(of_layer + "/kernel", 3, layer < 2 ? -1 : depth, layer < 2 ? 0 : where);
      add(of_layer + "/expansion", 3, layer < 2 ? -1 : depth, layer < 2 ? 0 : where);
    }
  }
  return decision_space{std::move(decisions)};
}

} // namespace benchmark
