#pragma once

#include <espalier/compiler/graph.hpp>

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace espalier::compiler::encodings {

/// A subnet of the ResNet-50 of Once-for-All (Cai et al., ICLR 2020, released code), of bottlenecks in four stages.
struct elastic_resnet {
  std::vector<int> depth{2, 2, 2, 2, 2};    ///< Added layers: of the stem (all or none), of each stage.
  std::vector<double> expand_ratio;         ///< Of each of the 18 bottlenecks that there can be.
  std::vector<int> width{2, 2, 2, 2, 2, 2}; ///< 0, 1 or 2 for 0.65, 0.8 or 1: of two stem layers, of each stage.
};

/// Reads {"d": [5], "e": [18], "w": [6]}; a `user_error` lists every fault.
elastic_resnet read_elastic_resnet(nlohmann::json const& encoding);

/// The largest one: the supernet.
elastic_resnet largest_elastic_resnet();

graph elastic_resnet_network(elastic_resnet const& config, int side = 224, int classes = 1000);

} // namespace espalier::compiler::encodings
