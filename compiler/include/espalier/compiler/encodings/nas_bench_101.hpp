#pragma once

#include <espalier/compiler/graph.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace espalier::compiler::encodings {

/// A cell of NAS-Bench-101 (Ying et al., ICML 2019): vertices in topological order, input first and output last, none
/// of them off every way from the one to the other.
struct nas_bench_101_cell {
  std::vector<std::vector<bool>> matrix; ///< matrix[a][b]: an edge from a to b.
  std::vector<std::string> operations;   ///< `input`, ..., `output`.
};

struct nas_bench_101_skeleton {
  tensor_type input{dsl::tensor_kind::image, 3, 32, 32};
  int channels = 128;
  int stacks = 3;
  int cells = 3; ///< A stack.
  int classes = 10;
};

/// Reads {"matrix": [[0, 1, ...], ...], "ops": ["input", ..., "output"]} and drops what no way crosses; a `user_error`
/// lists every fault.
nas_bench_101_cell read_nas_bench_101_cell(nlohmann::json const& encoding);

graph nas_bench_101_network(nas_bench_101_cell const& cell, nas_bench_101_skeleton const& skeleton);

/// The channels of every vertex: those of the output are split over what it reads, the rest to the first ones; an inner
/// vertex has as many as the widest that reads it (`compute_vertex_channels`).
std::vector<int> nas_bench_101_channels(nas_bench_101_cell const& cell, int input, int output);

} // namespace espalier::compiler::encodings
