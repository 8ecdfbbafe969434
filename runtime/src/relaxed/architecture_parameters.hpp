#pragma once

#include "mixing.hpp"

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/runtime/network.hpp>

namespace espalier::runtime {

/// Whether a strategy weighs the edges that a node sums: each counts once (DARTS), or the softmax of parameters of
/// their own (PC-DARTS, equation 3).
enum class edge_rule : bool { equal, normalized };

/// For each decision the candidates that take part, in rising order; none named means all.
using kept_candidates = std::vector<std::vector<int>>;

/// The parameters that a relaxing strategy learns beside the weights: one for each candidate of a choice, one for each
/// edge where edges are normalized, and one for each option of a subset on which no choice hangs (its gate is a
/// sigmoid). 1e-3 N(0, 1) at the start, from LibTorch's global generator.
class architecture_parameters {
public:
  architecture_parameters(compiler::compiled_space const& space, edge_rule edges, kept_candidates kept = {});

  /// Every parameter tensor, to be given to an optimizer.
  [[nodiscard]] std::vector<at::Tensor> const& trainable() const { return trainable_; }
  /// Those of choices.
  [[nodiscard]] std::vector<at::Tensor> of_choices() const;

  /// What the network is given in this step.
  [[nodiscard]] relaxation mix(mixing_function const& mixing, mixing_step const& step) const;
  /// The probabilities that derivation reads, which no step draws.
  [[nodiscard]] relaxation probabilities(mixing_function const& mixing) const;

  /// Ends an optimizer's step that began at `before` and ran `used`.
  void settle(mixing_function const& mixing, std::vector<at::Tensor> const& before, relaxation const& used);

private:
  enum class reading : std::uint8_t { none, candidates, edges, gates };
  struct parameter {
    at::Tensor values;
    reading read_as = reading::none;
    at::Tensor kept; ///< The candidates that take part; undefined: all.
  };

  [[nodiscard]] at::Tensor of_kept(std::size_t i) const;
  [[nodiscard]] at::Tensor spread(std::size_t i, at::Tensor const& weights) const;
  [[nodiscard]] std::vector<int> among_kept(std::size_t i, std::vector<int> const& chosen) const;
  [[nodiscard]] at::Tensor of_subset(std::size_t i) const;

  std::vector<parameter> parameters_; // by decision
  kept_candidates kept_;
  std::vector<at::Tensor> trainable_;
};

} // namespace espalier::runtime
