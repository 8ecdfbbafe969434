#pragma once

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/graph.hpp>
#include <espalier/compiler/kernel_library.hpp>

#include <memory>
#include <optional>
#include <vector>

#include <torch/nn/module.h>

namespace espalier::runtime {

/// Weights for the decisions of a supernet: one forward pass computes the weighted sum of all options.
struct relaxation {
  /// For each decision of the space: [candidates] for a choice (`none` included), [options] for a subset or a number
  /// that is decided; an undefined tensor is 1 everywhere. What depends on several numbers is weighted by the products
  /// of their options' weights, each of which should sum to 1.
  std::vector<at::Tensor> weights;
  /// For each decision the candidates of a choice that run at all; none named means all. The weights of others are not
  /// read.
  std::vector<std::vector<int>> chosen = {};
  /// The share of features that training drops behind each skip connection that keeps its input (P-DARTS; Chen et al.,
  /// ICCV 2019, section 3.3).
  double skip_dropout = 0;
};

/// What training adds to a path so that it does not overfit.
struct path_noise {
  double dropout = 0; ///< The share of the features that are dropped before the last linear layer.
  /// The share of the examples that pass by the deepest residual branch; fewer pass by those before it, in proportion
  /// to their depth (Huang et al., ECCV 2016, section 3).
  double drop_connect = 0;
};

/// For each decision the number of its weights that sum to 1: the candidates of a choice, `none` included, or the
/// options of a decided number; 0 for a subset.
std::vector<std::int64_t> candidate_counts(compiler::graph const& expanded, compiler::decision_space const& space);

/// Which of a choice's weights is that of an option: the weight of its candidate, or of the option itself where there
/// is none, as of a decided number.
std::int64_t weight_of_option(compiler::decision const& choice, std::size_t option);

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
  /// What a smaller kernel of a convolution whose kernel is decided is: the centre of the largest, or a learned map of
  /// that (Cai et al., ICLR 2020, section 3.3), which is the identity at first.
  enum class windows : bool { centred, transformed };

  /// Makes the tensors, initialized from LibTorch's global generator. `space` may be empty for a graph without
  /// decisions. With kernels that were compiled for the graph, relaxed sums are computed by them.
  network(compiler::graph const& expanded, compiler::decision_space const& space, affine norms,
          std::shared_ptr<compiler::kernel_library const> kernels = nullptr, windows smaller = windows::centred);
  ~network() override;

  /// A network without decisions: images [N, C, H, W], sequences and tokens [N, T, C], vectors [N, C], ids [N, T].
  at::Tensor forward(at::Tensor const& x);
  /// Samples: runs the network of one architecture on its slices of the tensors, and touches nothing else.
  at::Tensor forward(at::Tensor const& x, compiler::architecture const& path);
  /// The same for a network specialized from the graph.
  at::Tensor forward(at::Tensor const& x, compiler::graph const& path);
  /// Relaxes: runs every option, weighted. A space that has no weighted sum (its resolution is decided, say) is a
  /// `user_error`.
  at::Tensor forward(at::Tensor const& x, relaxation const& weights);

  /// The parameters that one architecture uses.
  std::vector<at::Tensor> parameters_of(compiler::architecture const& path);

  /// Forgets the statistics of batch normalization.
  void reset_statistics();
  /// Whether training makes them the mean over all batches since they were reset, instead of moving them by a tenth.
  void average_statistics(bool on);

private:
  friend void copy_weights(network const& from, network& to);
  friend class sampled_path;

  struct body;
  std::unique_ptr<body> body_;
};

/// Copies to a network its part of another one's tensors, by the names of their values: all of them, or of a supernet
/// the slices that the network's path uses. A scale or shift that `from` does not have becomes 1 or 0, so that a
/// supernet's path and the stand-alone network compute the same. Anything else missing is a `user_error`.
void copy_weights(network const& from, network& to);

/// Random examples of a type, [N, ...]: ids are uniform over the vocabulary, other numbers normal.
at::Tensor random_batch(compiler::tensor_type const& type, std::int64_t size, at::Generator const& generator = {});

} // namespace espalier::runtime
