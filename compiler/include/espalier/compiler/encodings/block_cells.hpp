#pragma once

#include <espalier/compiler/graph.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace espalier::compiler::encodings {

/// A cell of five or so blocks as the released code of NASNet, PNASNet and AmoebaNet writes it: each block adds two
/// states under an operation each. States 0 and 1 are the output of the last cell and of the one before it.
struct block_cell {
  std::vector<std::string> operations; ///< Two a block.
  std::vector<int> indices;            ///< The state that each operation reads.
  std::vector<bool> used;              ///< Of every state: whether a block reads it, so that it is no output.
};

/// Cells with stride 1 and with stride 2; PNASNet has one for both.
struct block_cells {
  block_cell normal;
  block_cell reduction;
  bool is_one_cell = false;
};

/// Whose network surrounds the cells, and what its operations are.
enum class block_cell_code {
  nasnet,   ///< NASNet (Zoph et al., CVPR 2018) and PNASNet (Liu et al., ECCV 2018), tensorflow/models.
  amoebanet ///< AmoebaNet (Real et al., AAAI 2019), tensorflow/tpu: bottlenecks around convolutions.
};

struct block_cell_skeleton {
  block_cell_code code = block_cell_code::nasnet;
  tensor_type input{dsl::tensor_kind::image, 3, 32, 32};
  int normal_cells = 18;
  int filters = 32;
  int classes = 10;
  int stem_filters = 96;
  bool strided_stem = false; ///< A convolution of stride 2 and two reduction cells: for ImageNet.
  bool reads_before_reduction =
      false; ///< Behind a reduction reads the cell before the cell before it, as large NASNets.
};

/// Reads {"normal": {"ops": [...], "idx": [...], "used": [...]}, "reduction": ...}, or "reduce"; with "normal" or
/// "cell" alone a PNASNet. A `user_error` lists every fault.
block_cells read_block_cells(nlohmann::json const& encoding, block_cell_code code);

/// The stand-alone network of the released code, without the auxiliary head.
graph block_cell_network(block_cells const& cells, block_cell_skeleton const& skeleton);

} // namespace espalier::compiler::encodings
