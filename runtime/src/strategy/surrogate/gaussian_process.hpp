#pragma once

#include "standardization.hpp"
#include "surrogate.hpp"

#include <cstddef>
#include <utility>

#include <Eigen/Core>

namespace espalier::runtime {

/// Gaussian-process regression (Rasmussen and Williams 2006, algorithm 2.1), of scores at mean 0 and variance 1. Two
/// architectures whose features differ in d places have the covariance exp(-d / length) of one: a product over the
/// features, as kernels over categories are (Ru et al., ICML 2020).
///
/// Length and noise are those of the greatest marginal likelihood, of a grid; the variance of the signal that maximizes
/// it follows. They are found anew whenever there are twice as many scores; in between, the Cholesky factor grows by
/// rows, at quadratic cost.
class gaussian_process final : public surrogate {
public:
  struct parameters {
    std::vector<double> lengths{1, 2, 4, 8, 16, 32, 64};
    std::vector<double> noises{1e-3, 1e-2, 1e-1}; ///< Variance, of a signal of variance 1.
    std::size_t most_tuned = 160;                 ///< Scores from which length and noise are found.
    std::size_t most = 400; ///< Scores that are learned: where there are more, three quarters of it, the best.
  };

  explicit gaussian_process(parameters numbers) : numbers_(std::move(numbers)) {}

  void fit(std::span<feature_set const> known, std::span<double const> scores) override;
  [[nodiscard]] std::vector<prediction> predict(std::span<feature_set const> asked) const override;

private:
  void forget();
  void tune(Eigen::VectorXd const& targets);
  void factorize();

  // [known, asked]
  [[nodiscard]] Eigen::MatrixXd covariance(std::span<feature_set const> known,
                                           std::span<feature_set const> asked) const;

  parameters numbers_;
  std::size_t read_ = 0;    // how many scores were told
  std::size_t tune_at_ = 0; // length and noise are due when so many were
  std::vector<feature_set> known_;
  std::vector<double> scores_;
  double length_ = 1;
  double noise_ = 0;
  std::size_t factorized_ = 0;
  Eigen::MatrixXd factor_;  // lower triangular: of the covariance with noise, of the first `factorized_`
  Eigen::VectorXd weights_; // the covariance's inverse times the standardized scores
  standardization standard_;
  double amplitude_ = 1; // the signal's
};

} // namespace espalier::runtime
