#pragma once

#include <espalier/dsl/operations/structure.hpp>

namespace espalier::dsl::operations {

/// A DAG on one or two inputs whose nodes sum some of their predecessors, each through an operation of its own.
///
/// `keep` of the predecessors, as an unordered subset (DARTS), or all of them (`keep` 0: NAS-Bench-201); or, where
/// `picks` is above 0, so many picks in order, each of any predecessor (NASNet). With two inputs, each goes through
/// ReLU, 1x1 convolution (factorized reduction where the older one is twice as large) and batch normalization first.
struct cell {
  static constexpr std::string_view name = "cell";
  static constexpr structure form = structure::cell;
  channel_count channels = inherited;
  fixed_number nodes = 4;
  fixed_number keep = 2;
  fixed_number stride = 1; ///< -2 enlarges: what comes from the second input doubles the map.
  fixed_number inputs = 2;
  fixed_number picks = 0;
  fixed_number output = 0;  ///< All nodes concatenated (0), those no other node reads (1), or the last one (2).
  fixed_number combine = 0; ///< A node's terms are summed (0), or summed or concatenated, as decided (1).

  constexpr void reflect(attribute_visitor& visit) {
    visit("channels", channels)("nodes", nodes)("keep", keep)("stride", stride)("inputs", inputs)("picks", picks)(
        "output", output)("combine", combine);
  }
};

/// A DAG whose inner nodes each decide an operation, and whose edges are any subset of at most `max_edges` of all
/// forward ones (NAS-Bench-101; Ying et al. 2019).
struct graph_cell {
  static constexpr std::string_view name = "graph_cell";
  static constexpr structure form = structure::graph_cell;
  channel_count channels = inherited;
  fixed_number nodes = 5;
  fixed_number max_edges = 9;

  constexpr void reflect(attribute_visitor& visit) {
    visit("channels", channels)("nodes", nodes)("max_edges", max_edges);
  }
};

/// The step of a recurrent network as a DAG (ENAS; Pham et al. 2018, section 2.1): from input and state, the root's
/// activation gates the state; each of `nodes` more gates one earlier node. The state is the nodes' mean.
struct recurrent_cell {
  static constexpr std::string_view name = "recurrent_cell";
  static constexpr structure form = structure::recurrent_cell;
  channel_count channels = inherited;
  fixed_number nodes = 8;

  constexpr void reflect(attribute_visitor& visit) { visit("channels", channels)("nodes", nodes); }
};

/// A chain of `nodes` layers, each of which reads, besides the layer before it, any subset of all earlier layers: added
/// (0) or concatenated (1). After every `reduce_every` layers, all outputs so far are halved.
struct skip_chain {
  static constexpr std::string_view name = "skip_chain";
  static constexpr structure form = structure::skip_chain;
  fixed_number nodes = 12;
  fixed_number join = 0;
  fixed_number reduce_every = 0;

  constexpr void reflect(attribute_visitor& visit) {
    visit("nodes", nodes)("join", join)("reduce_every", reduce_every);
  }
};

/// A block at every node of a DAG that is drawn at random (RandWire; Xie et al. 2019) or listed. A node reads the
/// weighted sum of its predecessors; those without one read the input, and stride; those without a successor are
/// averaged.
struct wiring {
  static constexpr std::string_view name = "wiring";
  static constexpr structure form = structure::wiring;
  fixed_number generator = 0; ///< Listed edges (0), Erdos-Renyi (1), Barabasi-Albert (2), Watts-Strogatz (3).
  fixed_number nodes = 32;
  fixed_number neighbours = 4; ///< K of Watts-Strogatz, M of Barabasi-Albert.
  fixed_number permille = 0;   ///< P of Watts-Strogatz and Erdos-Renyi, in thousandths.
  random_seed seed = 0;
  fixed_number stride = 1;

  constexpr void reflect(attribute_visitor& visit) {
    visit("generator", generator)("nodes", nodes)("neighbours", neighbours)("permille",
                                                                            permille)("seed", seed)("stride", stride);
  }
};

/// An edge of a listed wiring.
struct wire {
  static constexpr std::string_view name = "wire";
  static constexpr structure form = structure::reference;
  fixed_number from = 0;
  fixed_number to = 1;

  constexpr void reflect(attribute_visitor& visit) { visit("from", from)("to", to); }
};

} // namespace espalier::dsl::operations

namespace espalier::dsl {

/// \name How a cell works: among its numbers
/// @{
/// Every edge stays, and `none` is an option like the others.
inline constexpr auto keep_all = keep(0);
/// The nodes that no other node reads, concatenated.
inline constexpr auto loose_ends = detail::named_number<names::output>{}(1);
/// The last node alone.
inline constexpr auto last_node = detail::named_number<names::output>{}(2);
/// Each node decides whether it adds or concatenates (and projects back to the cell's channels).
inline constexpr auto add_or_concat = detail::named_number<names::combine>{}(1);
/// What comes from the second input doubles its map, as in the upward path of a U-Net.
inline constexpr auto enlarging = stride(-2);
/// @}

/// A cell whose channels are still open: call it with them to put it into a space.
template <std::size_t N>
struct cell_template {
  expression<N> shape{};

  constexpr expression<N> operator()() const { return shape; }
  constexpr expression<N> operator()(int channels) const {
    auto filled = shape;
    filled.nodes[0].attributes[0] = channels;
    return filled;
  }
  /// The same cell with another stride, as in PNAS: its decisions stay those of its name.
  constexpr expression<N> operator()(int channels, detail::setting<names::stride, 0> by) const {
    auto filled = (*this)(channels);
    filled.nodes[0].attributes[declaration_of<operations::cell>.stride] = by.value.value;
    return filled;
  }
  /// The channels as a decision.
  template <std::size_t M>
  constexpr auto operator()(number<M> const& channels) const {
    expression<N + M> filled;
    filled.nodes[0] = shape.nodes[0];
    filled.nodes[0].size = N + M;
    filled.nodes[0].decided = 1;
    for (std::size_t i = 0; i < M; ++i)
      filled.nodes[1 + i] = channels.nodes[i];
    for (std::size_t i = 1; i < N; ++i)
      filled.nodes[M + i] = shape.nodes[i];
    return filled;
  }
};

/// A cell: its name, to which its decisions belong; numbers such as `nodes(4)`, `keep(2)`, `picks(2)`, `inputs(1)`,
/// `stride(2)`, `loose_ends`; and the operations of its edges: one choice for all; or one for edges from the inputs and
/// one for edges from nodes; or one for each input and one for nodes. With a stride, edges from the inputs stride.
template <class... Parts>
constexpr auto cell(label name, Parts const&... parts) {
  auto shape = named_operation<operations::cell>(name, parts...);
  return cell_template<detail::nodes_in<decltype(shape)>>{shape};
}

/// A cell of labelled vertices (NAS-Bench-101): `graph_cell("cell", nodes(5), max_edges(9), choice(...))`.
template <class... Parts>
constexpr auto graph_cell(label name, Parts const&... parts) {
  auto shape = named_operation<operations::graph_cell>(name, parts...);
  return cell_template<detail::nodes_in<decltype(shape)>>{shape};
}

/// A recurrent cell of so many features: the activation of its root, and the activations its nodes choose among.
template <class Features, std::size_t Root, std::size_t N>
constexpr auto recurrent_cell(label name, Features features, detail::setting<names::nodes, 0> count,
                              expression<Root> const& root, expression<N> const& activations) {
  return named_operation<operations::recurrent_cell>(name, channels(features), count, root, activations);
}

/// A chain of layers with skip connections to any earlier ones: added, as in ENAS' macro space,
template <class... Parts>
constexpr auto skip_chain(label name, Parts const&... parts) {
  return named_operation<operations::skip_chain>(name, parts...);
}
/// or concatenated, as in NAS-RL: among the numbers of `skip_chain`.
inline constexpr auto concatenating = detail::named_number<names::join>{}(1);

/// How a wiring is drawn.
struct graph_generator {
  int kind;
  int nodes;
  int neighbours;
  int permille;
};
/// G(nodes, probability), edges from the smaller to the larger number. Probability in thousandths.
constexpr graph_generator erdos_renyi(int nodes, int permille) {
  return {1, nodes, 0, permille};
}
/// Every node after the first `edges` attaches to so many, likelier to those with many edges.
constexpr graph_generator barabasi_albert(int nodes, int edges) {
  return {2, nodes, edges, 0};
}
/// A ring in which each node knows `neighbours`, rewired with this probability in thousandths.
constexpr graph_generator watts_strogatz(int nodes, int neighbours, int permille) {
  return {3, nodes, neighbours, permille};
}

/// A random wiring of `body`; the seed may be a decision. The first nodes stride.
template <class Seed, std::size_t N>
constexpr auto wiring(graph_generator const& g, Seed drawn_from, int first_stride, expression<N> const& body) {
  auto made = named_operation<operations::wiring>({}, seed(drawn_from), stride(first_stride), body);
  auto& numbers = made.nodes[0].attributes;
  numbers[0] = g.kind, numbers[1] = g.nodes, numbers[2] = g.neighbours, numbers[3] = g.permille;
  return made;
}

/// An edge between two nodes of a listed wiring.
constexpr expression<1> wire(int from, int to) {
  expression<1> made = operation<operations::wire>();
  made.nodes[0].attributes = {from, to};
  return made;
}

/// A wiring of `count` nodes by the edges listed: `wiring(4, body, wire(0, 1), wire(0, 2), ...)`.
template <std::size_t N, class... Wires>
constexpr auto wiring(int count, expression<N> const& body, Wires const&... wires) {
  auto made = named_operation<operations::wiring>({}, wires..., body);
  made.nodes[0].attributes[1] = count;
  return made;
}

} // namespace espalier::dsl
