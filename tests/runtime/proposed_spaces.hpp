#pragma once

#include "decided_spaces.hpp"
#include "spaces.hpp"

#include <espalier/compiler/random.hpp>

#include <spaces/metaqnn.hpp>
#include <spaces/nas_bench_201.hpp>

#include <vector>

/// What strategies are tried on.
namespace proposed_spaces {

using espalier::compiler::architecture;
using espalier::compiler::decision_space;

inline constexpr auto chain = spaces::metaqnn::network("chain", espalier::dsl::image(1, 6, 6), 4);

/// Spaces that between them hold decisions of every kind: alone, below another one, subsets, cells' picks, coupled by a
/// constraint, and layers of a chain.
inline std::vector<espalier::dsl::space_view> all() {
  return {spaces::nas_bench_201::cifar10.view(),
          test_spaces::nested.view(),
          test_spaces::cells.view(),
          decided_spaces::subsets.view(),
          decided_spaces::picks_of_cells.view(),
          decided_spaces::derived.view(),
          decided_spaces::candidates.view(),
          chain.view()};
}

/// What each option is worth, whichever others are taken.
class additive_fitness {
public:
  explicit additive_fitness(decision_space const& space, std::uint64_t seed = 1) : space_(space) {
    espalier::compiler::random_generator random{seed};
    for (auto const& d : space.decisions())
      for (auto& worth : worth_.emplace_back(d.options.size()))
        worth = random.uniform();
  }

  double operator()(architecture const& a) const {
    auto const active = espalier::compiler::active_decisions(space_, a);
    double sum = 0;
    for (std::size_t i = 0; i < worth_.size(); ++i)
      for (std::size_t o = 0; o < worth_[i].size() && active[i]; ++o)
        if (espalier::compiler::takes(space_[i], a.values[i], o))
          sum += worth_[i][o];
    return sum;
  }

private:
  decision_space const& space_;
  std::vector<std::vector<double>> worth_;
};

} // namespace proposed_spaces
