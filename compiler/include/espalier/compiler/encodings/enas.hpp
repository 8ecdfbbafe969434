#pragma once

#include <espalier/compiler/graph.hpp>

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace espalier::compiler::encodings {

/// Two cells of ENAS' micro space (Pham et al., ICML 2018, section 2.4): each node adds two states under an operation
/// each (0 and 1 separable convolutions of 3x3 and 5x5, 2 average and 3 max pooling, 4 identity).
struct enas_cells {
  /// State and operation of a node's two edges.
  struct node {
    int first = 0, first_operation = 0, second = 0, second_operation = 0;
  };
  std::vector<node> normal;
  std::vector<node> reduction;
};

struct enas_cell_skeleton {
  tensor_type input{dsl::tensor_kind::image, 3, 32, 32};
  int layers = 15; ///< Without the two reductions.
  int filters = 36;
  int classes = 10;
};

/// Reads {"arc": [...]}, or the list, or its text: four numbers a node, half of them for the normal cell. A
/// `user_error` lists every fault.
enas_cells read_enas_cells(nlohmann::json const& encoding);

/// The stand-alone network of the released code, without the auxiliary head.
graph enas_cell_network(enas_cells const& cells, enas_cell_skeleton const& skeleton);

/// The head that the released code trains besides.
graph enas_auxiliary_head(enas_cells const& cells, enas_cell_skeleton const& skeleton);

/// Layers of ENAS' macro space (section 2.3): the operation, and which earlier layers are read besides the last one.
struct enas_layer {
  int operation = 0; ///< 0 and 1 a 3x3 convolution, 2 and 3 a 5x5 one, 4 average and 5 max pooling.
  std::vector<bool> skips;
};

struct enas_layer_skeleton {
  tensor_type input{dsl::tensor_kind::image, 3, 32, 32};
  int filters = 96;
  int classes = 10;
};

/// Reads {"arc": [...]}, or the list, or its text: of layer i the operation and i bits, in one list or a list a layer.
std::vector<enas_layer> read_enas_layers(nlohmann::json const& encoding);

/// The stand-alone network of the released code, which runs the separable operations as plain convolutions.
graph enas_layer_network(std::vector<enas_layer> const& layers, enas_layer_skeleton const& skeleton);

} // namespace espalier::compiler::encodings
