#pragma once

#include <espalier/compiler/graph.hpp>

#include <nlohmann/json_fwd.hpp>

#include <espalier/dsl/random_graph.hpp>

#include <vector>

namespace espalier::compiler::encodings {

/// The network around the random graphs of RandWire (Xie et al., ICCV 2019, table 2, small regime).
struct random_wiring_skeleton {
  int side = 224;
  int channels = 78; ///< Of the first graph; each further one has twice as many.
  int head = 1280;
  int classes = 1000;
};

/// Reads [{"n": 32, "edges": [[0, 1], ...]}, ...]: edges lead from smaller to larger numbers. A `user_error` lists
/// every fault.
std::vector<dsl::dag> read_wiring_graphs(nlohmann::json const& encoding);

/// The network of one graph a stage: a node without predecessor reads the stage's input with stride 2, others the
/// weighted sum of their predecessors; nodes that none reads are averaged.
graph random_wiring_network(std::vector<dsl::dag> const& graphs, random_wiring_skeleton const& skeleton);

} // namespace espalier::compiler::encodings
