#pragma once

#include <espalier/compiler/graph.hpp>

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <string>

namespace espalier::compiler::encodings {

/// The operations of a cell of NAS-Bench-201 (Dong & Yang, ICLR 2020): of the edges 0-1, 0-2, 1-2, 0-3, 1-3 and 2-3.
using nas_bench_201_cell = std::array<std::string, 6>;

struct nas_bench_201_skeleton {
  tensor_type input{dsl::tensor_kind::image, 3, 32, 32};
  int channels = 16;
  int cells = 5; ///< A stage.
  int classes = 10;
};

/// Reads "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|..."; a `user_error` lists every fault.
nas_bench_201_cell read_nas_bench_201_cell(nlohmann::json const& encoding);

graph nas_bench_201_network(nas_bench_201_cell const& cell, nas_bench_201_skeleton const& skeleton);

} // namespace espalier::compiler::encodings
