#pragma once

#include "perceptron.hpp"
#include "standardization.hpp"
#include "surrogate.hpp"

#include <espalier/compiler/random.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace espalier::runtime {

/// An ensemble of multilayer perceptrons as BANANAS predicts with (White, Neiswanger, Savani, AAAI 2021, section 4):
/// their mean, and the standard deviation among them. They begin with other weights, see other batches, and lower the
/// absolute error.
///
/// The paper trains deeper ones from scratch for every prediction; these go on from the weights that they
/// have, by a fixed number of steps, so that a fit costs the same however many scores there are.
class perceptrons final : public surrogate {
public:
  struct parameters {
    int networks = 5;
    Eigen::Index units = 20; ///< In each of two hidden layers.
    int steps = 30;          ///< Of Adam, a fit.
    std::size_t batch = 32;
    float rate = 0.01F;
  };

  /// Reads so many features.
  perceptrons(std::size_t features, std::uint64_t seed, parameters numbers);

  void fit(std::span<feature_set const> known, std::span<double const> scores) override;
  [[nodiscard]] std::vector<prediction> predict(std::span<feature_set const> asked) const override;

private:
  parameters numbers_;
  compiler::random_generator random_;
  std::vector<perceptron> networks_;
  standardization standard_;
};

} // namespace espalier::runtime
