#pragma once

#include "strategy.hpp"

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/sample.hpp>

#include <cstdint>
#include <memory>

/// \file
/// The strategies that propose architectures, each defined in a file of its name.

namespace espalier::runtime {

/// What such a strategy begins with. A number of 0 means the strategy's own default.
struct proposer_setup {
  compiler::compiled_space const& space; ///< Must outlive the strategy.
  compiler::constraint limit;            ///< That every proposal satisfies.
  std::uint64_t seed = 1;
  std::int64_t population = 0;
  std::int64_t trials = 0; ///< How many there will be, by which a schedule may be stretched.
};

using make_strategy = std::unique_ptr<strategy>(proposer_setup const& setup);

make_strategy make_random;         ///< Uniform over architectures.
make_strategy make_random_choices; ///< At every decision uniform over its options.
make_strategy make_exhaustive;
make_strategy make_local_search;
make_strategy make_genetic;
make_strategy make_aging_evolution;
make_strategy make_nsga2; ///< Of the score and the multiply-adds.
make_strategy make_reinforce;
make_strategy make_ppo;
make_strategy make_q_learning;
make_strategy make_bo_forest;
make_strategy make_bo_gp;
make_strategy make_bananas;

} // namespace espalier::runtime
