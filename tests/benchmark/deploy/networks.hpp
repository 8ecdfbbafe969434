#pragma once

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/emit.hpp>
#include <espalier/compiler/encodings/darts.hpp>
#include <espalier/compiler/encodings/registry.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/passes.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <spaces/all.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

/// The networks whose deployment is measured, each under the name of its namespace.
namespace benchmark {

using espalier::compiler::graph;

/// DARTS V2 (Liu et al., ICLR 2019) for CIFAR-10: 20 cells, 36 channels at first.
inline graph darts() {
  auto const genotype = espalier::compiler::encodings::read_darts_genotype(nlohmann::json::parse(R"({
    "normal": [["sep_conv_3x3", 0], ["sep_conv_3x3", 1], ["sep_conv_3x3", 0], ["sep_conv_3x3", 1],
               ["sep_conv_3x3", 1], ["skip_connect", 0], ["skip_connect", 0], ["dil_conv_3x3", 2]],
    "normal_concat": [2, 3, 4, 5],
    "reduce": [["max_pool_3x3", 0], ["max_pool_3x3", 1], ["skip_connect", 2], ["max_pool_3x3", 1],
               ["max_pool_3x3", 0], ["skip_connect", 2], ["skip_connect", 2], ["max_pool_3x3", 1]],
    "reduce_concat": [2, 3, 4, 5]})"));
  return espalier::compiler::encodings::darts_network(genotype, {});
}

/// A random network of a shipped space, for images of so many pixels a side.
inline graph of_space(std::string_view name, int side) {
  for (auto const& [declared, what] : spaces::all()) {
    auto structured = espalier::compiler::lower(declared);
    if (structured.name != name)
      continue;
    espalier::compiler::compiled_space const space{std::move(structured)};
    espalier::compiler::random_generator random{1};
    for (;;) {
      auto network = without_search_operations(
          specialize(space.expanded, space.decisions, espalier::compiler::sample(space.decisions, random)));
      if (network.input().height == side)
        return network;
    }
  }
  throw std::runtime_error(std::string{name} + " is no shipped space");
}

/// Single Path One-Shot (Guo et al., ECCV 2020): the architecture that its authors found.
inline graph spos() {
  return espalier::compiler::encodings::encoding_named("spos").network(
      {2, 1, 0, 1, 2, 0, 2, 0, 2, 0, 2, 3, 0, 0, 0, 0, 3, 2, 3, 3});
}

inline graph ofa() {
  return of_space("ofa-mobilenet-v3", 224);
}
inline graph fashion() {
  return of_space("fashion-cells", 28);
}

/// The network as it is deployed, and what becomes of its weights.
inline graph deployed(graph const& network, espalier::compiler::pass_context& context) {
  return run_passes(espalier::compiler::pipeline(espalier::compiler::deployment_passes()), network, context);
}

} // namespace benchmark
