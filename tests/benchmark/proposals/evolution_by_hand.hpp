#pragma once

#include "../sampling/by_hand.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace by_hand {

/// Aging evolution with 100 genotypes and tournaments of 25, for one space only.
template <class Space>
class aging_evolution {
public:
  static constexpr std::size_t population = 100;
  static constexpr std::size_t tournament = 25;

  genotype<Space> propose() {
    if (alive_ < population)
      return random<Space>(random_);
    auto best = random_.below(population);
    for (std::size_t i = 1; i < tournament; ++i)
      if (auto const rival = random_.below(population); population_[rival].score > population_[best].score)
        best = rival;
    auto child = population_[best].genes;
    mutate<Space>(child, random_);
    return child;
  }

  void observe(genotype<Space> const& genes, double score) {
    population_[oldest_] = {genes, score};
    oldest_ = oldest_ + 1 == population ? 0 : oldest_ + 1;
    alive_ += static_cast<std::size_t>(alive_ < population);
  }

private:
  struct individual {
    genotype<Space> genes;
    double score;
  };

  std::array<individual, population> population_{};
  std::size_t oldest_ = 0;
  std::size_t alive_ = 0;
  generator random_;
};

} // namespace by_hand
