#include "bayesian_optimization.hpp"
#include "surrogate/perceptrons.hpp"

namespace espalier::runtime {

// BANANAS (White, Neiswanger, Savani, AAAI 2021): an ensemble of perceptrons reads the paths through the cells;
// independent Thompson sampling.
std::unique_ptr<strategy> make_bananas(proposer_setup const& setup) {
  compiler::random_generator random{setup.seed};
  auto encode = encoding::paths(setup.space);
  auto model = std::make_unique<perceptrons>(encode.size(), random(), perceptrons::parameters{});
  return std::make_unique<bayesian_optimization>(
      setup, std::move(encode), std::move(model),
      bayesian_optimization::parameters::of(setup, acquisition::thompson_sampling));
}

} // namespace espalier::runtime
