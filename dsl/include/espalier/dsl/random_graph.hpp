#pragma once

#include <cstdint>

namespace espalier::dsl {

/// A DAG of up to 64 nodes; edges go from smaller to larger numbers.
struct dag {
  static constexpr int capacity = 64;
  int nodes = 0;
  std::uint64_t into[capacity]{}; ///< A bit for each predecessor of a node.

  constexpr void connect(int a, int b) {
    if (a != b)
      into[a < b ? b : a] |= 1ULL << static_cast<unsigned>(a < b ? a : b);
  }
  [[nodiscard]] constexpr bool has(int a, int b) const {
    return (into[a < b ? b : a] >> static_cast<unsigned>(a < b ? a : b) & 1U) != 0;
  }
  [[nodiscard]] constexpr int in_degree(int node) const {
    int count = 0;
    for (auto bits = into[node]; bits != 0; bits &= bits - 1)
      ++count;
    return count;
  }
  [[nodiscard]] constexpr int edges() const {
    int count = 0;
    for (int n = 0; n < nodes; ++n)
      count += in_degree(n);
    return count;
  }
  /// Nodes without a predecessor: they read the input.
  [[nodiscard]] constexpr int sources() const {
    int count = 0;
    for (int n = 0; n < nodes; ++n)
      count += into[n] == 0 ? 1 : 0;
    return count;
  }
};

namespace detail {

// SplitMix64 (Steele, Lea, Flood 2014).
class small_generator {
public:
  constexpr explicit small_generator(std::uint64_t seed) : state_(seed) {}
  constexpr std::uint64_t operator()() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  constexpr int below(int bound) { return static_cast<int>((*this)() >> 33U) % bound; }

private:
  std::uint64_t state_;
};

} // namespace detail

/// G(nodes, P) of Erdos and Renyi: each edge with probability permille / 1000.
constexpr dag draw_erdos_renyi(int nodes, int permille, std::uint64_t seed) {
  detail::small_generator random{seed};
  dag g{nodes};
  for (int a = 0; a < nodes; ++a)
    for (int b = a + 1; b < nodes; ++b)
      if (random.below(1000) < permille)
        g.connect(a, b);
  return g;
}

/// Barabasi and Albert: the first `edges` nodes stand alone, each later one attaches to `edges` distinct earlier ones,
/// likelier to those that have many; edges x (nodes - edges) edges in all.
constexpr dag draw_barabasi_albert(int nodes, int edges, std::uint64_t seed) {
  detail::small_generator random{seed};
  dag g{nodes};
  int ends[2 * dag::capacity * dag::capacity]{}; // every end of every edge: drawing one is drawing by degree
  int count = 0;
  for (int n = edges; n < nodes; ++n) {
    int attached = 0;
    while (attached < edges) {
      int const target = n == edges ? attached : ends[random.below(count)];
      if (g.has(target, n))
        continue;
      g.connect(target, n);
      ++attached;
    }
    for (int t = 0; t < n; ++t)
      if (g.has(t, n))
        ends[count++] = t, ends[count++] = n;
  }
  return g;
}

/// Watts and Strogatz: a ring in which each node knows `neighbours` / 2 on either side; going round once for each
/// distance, every edge is rewired with probability permille / 1000 to another node, none twice; nodes x neighbours / 2
/// edges in all.
constexpr dag draw_watts_strogatz(int nodes, int neighbours, int permille, std::uint64_t seed) {
  detail::small_generator random{seed};
  dag g{nodes};
  int target[dag::capacity][dag::capacity / 2]{};
  for (int j = 1; j <= neighbours / 2; ++j)
    for (int i = 0; i < nodes; ++i)
      target[i][j - 1] = (i + j) % nodes, g.connect(i, target[i][j - 1]);
  for (int j = 1; j <= neighbours / 2; ++j)
    for (int i = 0; i < nodes; ++i) {
      if (random.below(1000) >= permille)
        continue;
      int const from = i;
      int const old = target[i][j - 1];
      int candidate = random.below(nodes);
      while (candidate == from || g.has(from, candidate))
        candidate = random.below(nodes);
      int const low = from < old ? from : old;
      int const high = from < old ? old : from;
      g.into[high] &= ~(1ULL << static_cast<unsigned>(low));
      g.connect(from, candidate);
      target[i][j - 1] = candidate;
    }
  return g;
}

/// The graph of a wiring's generator: 1 Erdos-Renyi, 2 Barabasi-Albert, 3 Watts-Strogatz.
constexpr dag draw_graph(int generator, int nodes, int neighbours, int permille, std::uint64_t seed) {
  switch (generator) {
  case 1:
    return draw_erdos_renyi(nodes, permille, seed);
  case 2:
    return draw_barabasi_albert(nodes, neighbours, seed);
  default:
    return draw_watts_strogatz(nodes, neighbours, permille, seed);
  }
}

} // namespace espalier::dsl
