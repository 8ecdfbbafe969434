#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

/// What somebody would write who needs one space only: bytes in an array, every size a constant, a fast generator, no
/// rejection of the few numbers in 2^32 that favour small values.
namespace by_hand {

/// xorshift64 (Marsaglia, 2003).
struct generator {
  std::uint64_t state = 88172645463325252ULL;

  std::uint32_t below(std::uint32_t bound) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    return static_cast<std::uint32_t>(((state >> 32U) * bound) >> 32U);
  }
};

/// DARTS: for each of two cells and four nodes which pair of predecessors, and an operation for each of 14 edges; those
/// of edges that are not kept are there, and mean nothing.
struct darts {
  static constexpr std::size_t decisions = 34;
  static constexpr std::array<std::uint8_t, decisions> sizes = [] {
    std::array<std::uint8_t, decisions> made{};
    std::size_t next = 0;
    for (int cell = 0; cell < 2; ++cell)
      for (int node = 0; node < 4; ++node) {
        if (node > 0)
          made[next++] = static_cast<std::uint8_t>((node + 2) * (node + 1) / 2);
        for (int edge = 0; edge < node + 2; ++edge)
          made[next++] = 7;
      }
    return made;
  }();
};

/// Once-for-All: resolution, then for each stage its depth, and kernel and expansion of four layers, whether they are
/// there or not.
struct ofa_mobilenet_v3 {
  static constexpr std::size_t decisions = 46;
  static constexpr std::array<std::uint8_t, decisions> sizes = [] {
    std::array<std::uint8_t, decisions> made{};
    made.fill(3);
    made[0] = 25;
    return made;
  }();
};

template <class Space>
using genotype = std::array<std::uint8_t, Space::decisions>;

template <class Space>
genotype<Space> random(generator& random) {
  genotype<Space> g;
  for (std::size_t i = 0; i < g.size(); ++i)
    g[i] = static_cast<std::uint8_t>(random.below(Space::sizes[i]));
  return g;
}

template <class Space>
std::size_t mutate(genotype<Space>& g, generator& random) {
  auto const i = random.below(Space::decisions);
  auto const other = random.below(Space::sizes[i] - 1U);
  g[i] = static_cast<std::uint8_t>(other + static_cast<std::uint32_t>(other >= g[i]));
  return i;
}

} // namespace by_hand
