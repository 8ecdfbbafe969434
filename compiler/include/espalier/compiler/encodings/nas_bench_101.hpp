#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/dsl/random_graph.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace espalier::compiler::encodings {

/// A cell of NAS-Bench-101 (Ying et al., ICML 2019): vertices in topological order, input first and output last.
struct nas_bench_101_cell {
  dsl::dag graph;                      ///< Without edges off every way from the input to the output.
  std::vector<std::string> operations; ///< `input`, ..., `output`.
};

struct nas_bench_101_skeleton {
  tensor_type input{dsl::tensor_kind::image, 3, 32, 32};
  int channels = 128;
  int stacks = 3;
  int cells = 3; ///< A stack.
  int classes = 10;
};

/// Reads {"matrix": [[0, 1, ...], ...], "ops": ["input", ..., "output"]} and drops edges that no way crosses; a
/// `user_error` lists every fault.
nas_bench_101_cell read_nas_bench_101_cell(nlohmann::json const& encoding);

graph nas_bench_101_network(nas_bench_101_cell const& cell, nas_bench_101_skeleton const& skeleton);

/// The channels of every vertex: those of the output are split over what it reads, the rest to the first ones; an inner
/// vertex has as many as the widest that reads it (`compute_vertex_channels`), 0 where none does.
std::vector<int> nas_bench_101_channels(nas_bench_101_cell const& cell, int input, int output);

} // namespace espalier::compiler::encodings
