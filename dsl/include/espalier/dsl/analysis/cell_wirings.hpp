#pragma once

#include <espalier/dsl/evaluate.hpp>

namespace espalier::dsl::detail {

/// The numbers of a cell.
struct cell_shape {
  quantity channels;
  int nodes, keep, stride, inputs, picks, output;
  bool combines;

  constexpr explicit cell_shape(attribute_quantities const& n)
      : channels(n[0]), nodes(at(n, 1)), keep(at(n, 2)), stride(at(n, 3)), inputs(at(n, 4)), picks(at(n, 5)),
        output(at(n, 6)), combines(at(n, 7) == 1) {}

  [[nodiscard]] constexpr bool keeps_all() const { return keep == 0 && picks == 0; }
  /// Whether a node reads different values; otherwise each one that it reads may be any.
  [[nodiscard]] constexpr bool keeps_different() const { return picks == 0 && keep != 1; }
  /// \name What the wiring decides: which inputs are read at all, how many nodes no other node reads, and with one of
  /// these what the cell costs and gives
  /// @{
  [[nodiscard]] constexpr bool has_open_inputs() const { return inputs == 2 && !keeps_different(); }
  [[nodiscard]] constexpr bool has_open_ends() const { return output == 1 && nodes > 1 && !keeps_all(); }
  [[nodiscard]] constexpr bool has_open_wiring() const {
    return has_open_inputs() || has_open_ends() || (output == 2 && nodes > 1 && !keeps_all());
  }
  /// @}

private:
  static constexpr int at(attribute_quantities const& n, std::size_t i) { return static_cast<int>(n[i].low); }
};

/// What is decided of a named cell by its wiring, as decisions that may be given.
struct cell_facts {
  std::uint64_t name;

  [[nodiscard]] constexpr std::uint64_t loose_ends() const { return mixed(name, 77); }
  [[nodiscard]] constexpr std::uint64_t inputs_read() const { return mixed(name, 78); } ///< A bit each.
};

/// What an edge of a cell costs that leaves its first input, its second, and a node.
struct edge_costs {
  long long of[3]{};
};

/// The ways to wire a cell whose nodes each read `per_node` of the inputs and the nodes before it: each any of them, or
/// different ones, of which both inputs are read then. So much of the inputs, a bit each, is read, and `nodes_read` of
/// the nodes are by another.
///
/// What the edges cost together depends on how many of them leave each input and nodes. Which nodes are read makes no
/// difference: where it is possible with any, it is with the first ones.
struct cell_wirings {
  int nodes = 1;
  int per_node = 1;
  bool are_different = false;
  int inputs_read = 1;
  int nodes_read = 0;

  [[nodiscard]] constexpr int inputs() const { return inputs_read == 3 ? 2 : 1; }
  [[nodiscard]] constexpr bool exist() const {
    if (are_different)
      return least_of_different({}) != none;
    return nodes_read <= most_from_nodes();
  }
  /// The least that the edges cost together, of wirings that exist.
  [[nodiscard]] constexpr long long least(edge_costs const& edge) const {
    if (are_different)
      return least_of_different(edge);
    auto const few = of_free(edge, nodes_read);
    auto const many = of_free(edge, nodes_read == 0 ? 0 : most_from_nodes());
    return few < many ? few : many;
  }

private:
  static constexpr long long none = (1LL << 62);
  static constexpr int most_nodes = 64;

  // The first node reads inputs alone.
  [[nodiscard]] constexpr int most_from_nodes() const {
    int const left = nodes * per_node - inputs();
    int const behind_the_first = (nodes - 1) * per_node;
    return left < behind_the_first ? left : behind_the_first;
  }

  // Where so many edges leave nodes, each input is read, and the cheaper one by all others.
  [[nodiscard]] constexpr long long of_free(edge_costs const& edge, int from_nodes) const {
    auto const from_inputs = nodes * per_node - from_nodes;
    auto const inner = from_nodes * edge.of[2];
    if (inputs_read != 3)
      return inner + from_inputs * edge.of[inputs_read - 1];
    auto const [cheap, dear] = ordered(edge);
    return inner + (from_inputs - 1) * cheap + dear;
  }

  struct pair {
    long long cheap, dear;
  };
  static constexpr pair ordered(edge_costs const& edge) {
    return edge.of[0] < edge.of[1] ? pair{edge.of[0], edge.of[1]} : pair{edge.of[1], edge.of[0]};
  }

  // Node by node, by how many of the nodes to be read no node has read yet: two edges, of which none, one or both leave
  // nodes.
  [[nodiscard]] constexpr long long least_of_different(edge_costs const& edge) const {
    auto const [cheap, dear] = ordered(edge);
    long long const cost[3]{cheap + dear, cheap + edge.of[2], 2 * edge.of[2]};
    long long best[most_nodes + 1]{};
    for (int u = 1; u <= most_nodes; ++u)
      best[u] = none;
    for (int n = 0; n < nodes; ++n) {
      int const known = n < nodes_read ? n : nodes_read;
      int const fresh = n > 0 && n <= nodes_read ? 1 : 0;
      long long next[most_nodes + 1]{};
      for (auto& cell : next)
        cell = none;
      for (int u = 0; u + fresh <= known; ++u)
        for (int reads = 0; reads <= 2 && reads <= known && best[u] != none; ++reads) {
          int const left = u + fresh > reads ? u + fresh - reads : 0;
          next[left] = best[u] + cost[reads] < next[left] ? best[u] + cost[reads] : next[left];
        }
      for (int u = 0; u <= most_nodes; ++u)
        best[u] = next[u];
    }
    return best[0];
  }
};

} // namespace espalier::dsl::detail
