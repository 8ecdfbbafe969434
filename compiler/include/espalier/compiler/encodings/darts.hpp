#pragma once

#include <espalier/compiler/graph.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace espalier::compiler::encodings {

/// A cell of a DARTS genotype (Liu, Simonyan, Yang, ICLR 2019): two edges a node, and the states whose channels are the
/// output. States 0 and 1 are the outputs of the cell before the last and of the last one, state i + 2 is node i.
struct genotype_cell {
  struct edge {
    std::string operation;
    int input = 0;
  };
  std::vector<edge> edges;
  std::vector<int> concat;
};

struct darts_genotype {
  genotype_cell normal;
  genotype_cell reduction;
};

/// The network around the cells: reductions at a third and at two thirds of the layers.
struct darts_skeleton {
  tensor_type input{dsl::tensor_kind::image, 3, 32, 32};
  int layers = 20;
  int channels = 36;
  int classes = 10;
  bool strided_stem = false; ///< Three convolutions of stride 2 instead of one of stride 1: for ImageNet.
};

/// Reads {"normal": [["sep_conv_3x3", 0], ...], "normal_concat": [2, ...], "reduce": ..., "reduce_concat": ...}; a
/// `user_error` lists every fault.
darts_genotype read_darts_genotype(nlohmann::json const& encoding);

/// The stand-alone network of the released code, without the auxiliary head.
graph darts_network(darts_genotype const& genotype, darts_skeleton const& skeleton);

/// The head that the released code trains besides, on the output of the cell at two thirds.
graph darts_auxiliary_head(darts_genotype const& genotype, darts_skeleton const& skeleton);

} // namespace espalier::compiler::encodings
