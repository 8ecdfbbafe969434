#pragma once

#include <espalier/runtime/search.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace torch::serialize {
class InputArchive;
class OutputArchive;
} // namespace torch::serialize

namespace espalier::runtime {

/// Predicts the accuracy of an architecture from its decisions alone: a multilayer perceptron with three hidden layers
/// of 400 rectified units, as Once-for-All's (Cai et al., ICLR 2020, appendix A). It reads for each option of each
/// decision a 1 where it is taken; of a decision that does not exist only zeros.
class accuracy_predictor {
public:
  /// The space must outlive it.
  explicit accuracy_predictor(compiler::decision_space const& space);

  /// Fits it from scratch, by the squared error of accuracies scaled to mean 0 and variance 1: the same seed and
  /// measurements make the same predictor. Without a measurement an `internal_error`.
  void fit(std::span<measured_architecture const> measured, std::uint64_t seed);

  /// In the unit of the measurements. Before it was fitted or loaded an `internal_error`.
  [[nodiscard]] double operator()(compiler::architecture const& a) const;
  /// The same of many at once.
  [[nodiscard]] std::vector<double> predict(std::span<compiler::architecture const> architectures) const;

  void save(torch::serialize::OutputArchive& archive) const;
  /// Reads what `save` wrote; one that was fitted to other decisions is a `user_error`.
  void load(torch::serialize::InputArchive& archive);

private:
  struct layer {
    at::Tensor weight; // [outputs, inputs]
    at::Tensor bias;   // [outputs]
  };

  // A one-hot row for each: [architectures, options of all decisions].
  [[nodiscard]] at::Tensor encoded(std::span<compiler::architecture const> architectures) const;
  // [N, options of all decisions] -> [N]
  [[nodiscard]] at::Tensor forward(at::Tensor x) const;
  void initialize(std::uint64_t seed);

  compiler::decision_space const* space_;
  std::vector<std::int64_t> first_; // by decision: the input of its first option; behind the last, how many there are
  std::vector<layer> layers_;
  double mean_ = 0;  // of the accuracies it was fitted to
  double scale_ = 1; // their standard deviation
};

} // namespace espalier::runtime
