#pragma once

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/graph.hpp>

#include <memory>
#include <optional>
#include <vector>

#include <torch/nn/module.h>

namespace espalier::runtime {

/// Weights for the decisions of a supernet: one forward pass computes the weighted sum of all candidates.
struct relaxation {
  /// For each decision of the space: [candidates] for a choice (`none` included), [options] for a subset; an undefined
  /// tensor is 1 everywhere.
  std::vector<at::Tensor> weights;
};

/// For each decision the number of its weights when relaxed: the candidates of a choice, `none` included; 0 for a
/// subset.
std::vector<std::int64_t> candidate_counts(compiler::graph const& expanded, compiler::decision_space const& space);

/// One-hot weights that mean exactly this architecture.
relaxation one_hot(compiler::graph const& expanded, compiler::decision_space const& space,
                   compiler::architecture const& a);

/// An expanded graph as a LibTorch module. With decisions it is a supernet, without it is a network.
///
/// Parameters are named like the values of the graph: `normal0.node0_edge1_sep_conv_3x3.conv0.weight`, in the supernet,
/// in each network specialized from it, and in emitted source.
class network : public torch::nn::Module {
public:
  /// Whether batch normalization learns a scale and a shift. Supernets leave them out, so that no candidate hides its
  /// weight.
  enum class affine : bool { no, yes };

  /// Builds the modules, initialized from LibTorch's global generator. `space` may be empty for a graph without
  /// decisions.
  network(compiler::graph const& expanded, compiler::decision_space const& space, affine norms);
  ~network() override;

  /// A network without decisions: [N, C, H, W] -> [N, classes].
  at::Tensor forward(at::Tensor const& x);
  /// Samples: runs the path of one architecture, and nothing else.
  at::Tensor forward(at::Tensor const& x, compiler::architecture const& path);
  /// Relaxes: runs every candidate, weighted.
  at::Tensor forward(at::Tensor const& x, relaxation const& weights);

  /// The parameters that one architecture uses.
  std::vector<at::Tensor> parameters_of(compiler::architecture const& path);

private:
  struct body;
  std::unique_ptr<body> body_;
};

/// Copies the parameters and statistics of equal name from one network to another. A scale or shift that `from` does
/// not have becomes 1 or 0, so that a supernet's path and the stand-alone network compute the same. Anything else
/// missing is a `user_error`.
void copy_weights(network const& from, network& to);

} // namespace espalier::runtime
