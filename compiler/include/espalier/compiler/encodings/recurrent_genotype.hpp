#pragma once

#include <espalier/compiler/graph.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace espalier::compiler::encodings {

/// A recurrent cell of DARTS (Liu et al., ICLR 2019, section 3.1) or ENAS (Pham et al., ICML 2018, section 2.1): behind
/// a first state made of input and last state, each node reads one earlier state through an activation.
struct recurrent_genotype {
  struct node {
    std::string activation; ///< none, tanh, relu, sigmoid or identity.
    int input = 0;          ///< 0 is the first state, i + 1 is node i.
  };
  std::vector<node> nodes;
  std::vector<int> concat; ///< The states whose mean is the next state.
};

struct language_model_skeleton {
  int vocabulary = 10'000;
  int length = 35;
  int hidden = 850;
  bool decoder_bias = true;
};

/// Reads {"recurrent": [["sigmoid", 0], ...], "concat": [1, ...]}, or the pairs of predecessor and function of the ENAS
/// code, {"fixed_arc_prev_func": "0 2 1 0 ...", "func_ids": {"0": "tanh", ...}}, whose output is the mean of all nodes.
/// A `user_error` lists every fault.
recurrent_genotype read_recurrent_genotype(nlohmann::json const& encoding);

/// A language model whose decoder has the embedding's weights.
graph recurrent_network(recurrent_genotype const& genotype, language_model_skeleton const& skeleton);

} // namespace espalier::compiler::encodings
