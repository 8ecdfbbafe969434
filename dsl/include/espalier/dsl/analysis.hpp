#pragma once

#include <espalier/dsl/analysis/bounds.hpp>
#include <espalier/dsl/analysis/cell_wirings.hpp>

namespace espalier::dsl::detail {

/// Walks a space once with the shapes that flow through it, in every combination of decisions at once: finds broken
/// rules of shape, and bounds of the cost.
class analysis {
public:
  constexpr explicit analysis(space_view space, corner at = corner::all, assignment const& given = {})
      : space_(space), evaluate_{space, at, given} {}

  constexpr cost_bounds run() {
    flow state{shape_of(space_.input)};
    enter(state.now);
    int stride = 1;
    auto const whole = walk(0, state, stride);
    output_ = state.now;
    return whole;
  }

  [[nodiscard]] constexpr finding_list const& findings() const { return findings_; }
  [[nodiscard]] constexpr shape const& output() const { return output_; }
  /// Whether the bounds are reached: no shared decision is pulled two ways, and no part is only estimated.
  [[nodiscard]] constexpr bool is_exact() const { return !estimated_ && !shared_.conflict; }
  /// Whether no architecture is as given.
  [[nodiscard]] constexpr bool is_impossible() const { return impossible_; }

  /// What makes the bounds loose.
  [[nodiscard]] constexpr loose_costs const& loose() const { return loose_; }

  /// Where layer chains stand, and what they read.
  struct chain_inputs {
    static constexpr int capacity = 4;
    std::size_t at[capacity]{};
    shape types[capacity]{};
    int count = 0;
    constexpr void push(std::size_t i, shape const& type) {
      if (count == capacity)
        more_than_4_layer_chains();
      at[count] = i, types[count++] = type;
    }
    [[nodiscard]] constexpr shape const* find(std::size_t i) const {
      for (int c = 0; c < count; ++c)
        if (at[c] == i)
          return types + c;
      return nullptr;
    }
    static void more_than_4_layer_chains() { throw "a search space with more than 4 layer chains"; }
  };
  constexpr void record(chain_inputs& into) { chain_input_ = &into; }

  /// Forgets what was found.
  constexpr void clear() { findings_.count = 0; }

  /// Walks operation `i` alone, from a shape; the shape it gives, and whether no rule is broken.
  struct outcome {
    shape type;
    cost_bounds cost;
    bool good;
  };
  constexpr outcome run(std::size_t i, shape const& in) {
    flow state{in};
    enter(in);
    int stride = 1;
    auto const cost = walk(i, state, stride);
    return {state.now, cost, findings_.count == 0};
  }

private:
  constexpr void report(rule broken, long long got, long long want, std::size_t where, std::string_view subject = {}) {
    findings_.add({broken, got, want, subject}, where);
  }
  constexpr void report(fault const& problem, std::size_t where) { findings_.add(problem, where); }

  // Numbers in which two shapes certainly or possibly differ.
  static constexpr bool differ(quantity const& a, quantity const& b, long long& got, long long& want) {
    if (a == b)
      return false;
    bool const low_differs = a.low != b.low;
    got = low_differs ? a.low : a.high;
    want = low_differs ? b.low : a.high != b.high ? b.high : b.low;
    return true;
  }

  constexpr void require_same(shape const& got, shape const& want, rule in_channels, rule in_size, std::size_t where) {
    long long g = 0;
    long long w = 0;
    if (differ(got.channels, want.channels, g, w))
      report(in_channels, g, w, where, "channels");
    else if (differ(got.height, want.height, g, w) || differ(got.width, want.width, g, w))
      report(in_size, g, w, where, "pixels");
  }

  // Reads one kind as another where the language can: the kind stays that of the first branch.
  constexpr bool adapt(shape& joined, tensor_kind wanted, rule otherwise, std::size_t where) {
    if (joined.kind == wanted)
      return true;
    if (holds(positional_kinds, joined.kind) && holds(positional_kinds, wanted)) {
      joined.kind = wanted;
      return true;
    }
    report(otherwise, static_cast<int>(joined.kind), static_cast<int>(wanted), where);
    return false;
  }

  constexpr void enter(shape const& in) {
    evaluate_.input_channels = in.channels;
    evaluate_.input_size = in.height;
  }

  constexpr cost_bounds walk(std::size_t i, flow& state, int& edge_stride, bool is_edge = false) {
    switch (space_.form(i)) {
    case structure::sequence:
      return walk_children(i, state, edge_stride);
    case structure::block:
    case structure::stem:
      return walk_block(i, state, edge_stride);
    case structure::choice:
      return walk_choice(i, state, edge_stride, is_edge);
    case structure::any_of:
    case structure::branches:
      return walk_branches(i, state, edge_stride);
    case structure::repeat:
      return walk_repeat(i, state);
    case structure::cell:
      return walk_cell(i, state);
    case structure::graph_cell:
      return walk_graph_cell(i, state);
    case structure::recurrent_cell:
      return walk_recurrent_cell(i, state);
    case structure::skip_chain:
      return walk_skip_chain(i, state);
    case structure::wiring:
      return walk_wiring(i, state);
    case structure::layer_chain:
      return walk_layer_chain(i, state);
    case structure::bridge:
      return walk_bridge(i, state);
    case structure::leaf:
      return walk_leaf(i, state, edge_stride);
    default: // constraints, budgets
      return {};
    }
  }

  constexpr cost_bounds walk_children(std::size_t i, flow& state, int& edge_stride) {
    cost_bounds whole;
    space_.for_each_child(i, [&](std::size_t child) { whole += walk(child, state, edge_stride); });
    return whole;
  }

  constexpr cost_bounds walk_block(std::size_t i, flow& state, int& edge_stride) {
    quantity const outer_channels = evaluate_.input_channels;
    quantity const outer_size = evaluate_.input_size;
    bool const is_stem = space_.form(i) == structure::stem;
    bool const is_beside = is_stem && space_[i].attributes[0] == 1; // it reads what the stem before it reads
    flow inside{is_beside ? state.before : state.now};
    enter(inside.now);
    auto const whole = walk_children(i, inside, edge_stride);
    evaluate_.input_channels = outer_channels;
    evaluate_.input_size = outer_size;
    if (is_stem)
      state.push_cell(inside.now);
    else
      state.set(inside.now);
    return whole;
  }

  // What a refused leaf was probably meant to give, so that the operations behind it are still checked.
  static constexpr shape probable(operation_declaration const& d, attribute_quantities const& numbers, shape in);
  constexpr cost_bounds walk_leaf(std::size_t i, flow& state, int& edge_stride);
  constexpr cost_bounds compute_leaf(std::size_t i, flow& state, int& edge_stride);
  // A layer that shares the weights of the embedding turns its features back into the words.
  constexpr void check_tied(std::size_t i, shape const& in, shape const& out);
  // Whether a constraint of the space promises what a rule misses: `where(width % heads == 0)`.
  [[nodiscard]] constexpr bool is_promised(operation_declaration const& d, fault const& problem,
                                           attribute_quantities const& numbers, shape const& in) const;

  // An option of a decision that another one stands for: by its name, or its place within a named one.
  [[nodiscard]] constexpr std::uint64_t shared_id(std::size_t i) const {
    if (!space_[i].name.empty())
      return identity(space_[i].name);
    return owner_ == 0 ? 0 : mixed(owner_, i - owner_at_);
  }

  static constexpr int max_nodes = 64;

  // Cost of the better, or the worse, of several options: of 64 candidates at most.
  struct option_bounds {
    static constexpr int capacity = max_nodes + 2; // what the last node of a cell may read
    cost_bounds items[capacity]{};
    int count = 0;

    constexpr void add(cost_bounds const& b) { items[count++] = b; }
    [[nodiscard]] constexpr cost_bounds best() const {
      cost_bounds whole = items[0];
      for (int o = 1; o < count; ++o)
        whole = either(whole, items[o]);
      return whole;
    }
    constexpr void remember(preferences& shared, std::uint64_t id) const {
      auto const whole = best();
      std::uint64_t masks[4]{};
      for (int o = 0; o < count; ++o)
        for (int k = 0; k < 2; ++k) {
          if (items[o].least[k] == whole.least[k])
            masks[k] |= 1ULL << static_cast<unsigned>(o);
          if (items[o].greatest[k] == whole.greatest[k])
            masks[2 + k] |= 1ULL << static_cast<unsigned>(o);
        }
      shared.meet(id, masks);
    }
  };

  constexpr cost_bounds walk_choice(std::size_t i, flow& state, int& edge_stride, bool is_edge);
  constexpr cost_bounds walk_branches(std::size_t i, flow& state, int& edge_stride);
  static constexpr long long sum_of_smallest(option_bounds options, int count, int k);
  static constexpr long long max_rounds = declaration_of<operations::repeat>.attributes[0].rules.most;

  constexpr cost_bounds walk_repeat(std::size_t i, flow& state);

  // ReLU, 1x1 convolution or factorized reduction, and batch normalization.
  constexpr cost_bounds preprocess(shape const& in, quantity const& channels, quantity const& height,
                                   quantity const& width) const {
    quantity const weights = in.channels * channels;
    return bounds_of({weights + 2 * channels, weights * height * width});
  }

  // The operation on an edge that leaves `in`; what it gives must be `want`.
  constexpr cost_bounds walk_edge(std::size_t edge, shape const& in, shape const& want, int stride, bool none_stays) {
    flow inside{in};
    auto const cost = walk(edge, inside, stride, !none_stays);
    if (space_.is(edge, declaration_of<operations::none>))
      report(rule::only_none_to_choose, 0, 1, edge);
    if (inside.now.kind != want.kind)
      adapt(inside.now, want.kind, rule::candidates_disagree_in_kind, edge);
    require_same(inside.now, want, rule::edge_changes_shape, rule::edge_changes_shape, edge);
    return cost;
  }

  constexpr cost_bounds walk_cell(std::size_t i, flow& state);
  constexpr bool check_nodes(std::size_t i, long long nodes, long long most = max_nodes);
  constexpr bool check_cell(std::size_t i, cell_shape const& c, flow const& state);
  // The older input of a cell is as large as the newer one, or twice as large and halved.
  constexpr bool check_sizes(std::size_t i, cell_shape const& c, flow const& state);
  // The operations of edges from the first input, from the second, and from nodes.
  constexpr void edges_of(std::size_t i, std::size_t (&edges)[3]) const;
  // Which of two kinds of sources is cheaper must be the same wherever the cell stands.
  constexpr void remember_sources(cost_bounds const (&costs)[3], int inputs_read);
  static constexpr std::uint64_t order(long long a, long long b) { return a < b ? 1 : a > b ? 2 : 3; }

  constexpr cost_bounds nodes_cost(cell_shape const& c, cost_bounds const (&costs)[3]);
  constexpr cost_bounds wired_cost(std::size_t i, cell_shape const& c, cost_bounds const (&costs)[3],
                                   cost_bounds const (&preprocessing)[2]);
  constexpr quantity output_channels(std::size_t i, cell_shape const& c, quantity const& channels) const;

  constexpr cost_bounds walk_graph_cell(std::size_t i, flow& state);
  constexpr cost_bounds walk_recurrent_cell(std::size_t i, flow& state);
  constexpr cost_bounds walk_skip_chain(std::size_t i, flow& state);

  constexpr cost_bounds walk_wiring(std::size_t i, flow& state);
  constexpr cost_bounds walk_layer_chain(std::size_t i, flow& state);
  [[nodiscard]] constexpr bool has_later_chain(std::size_t i) const {
    for (std::size_t k = space_.end(i); k < space_.nodes.size(); ++k)
      if (space_.form(k) == structure::layer_chain)
        return true;
    return false;
  }

  constexpr cost_bounds walk_bridge(std::size_t i, flow& state) {
    shape const skip = state.now;
    std::size_t const body = space_.first_child(i);
    int stride = 1;
    auto whole = walk(body, state, stride);
    state.before = skip;
    whole += walk(space_.next(body), state, stride);
    state.set(state.now);
    return whole;
  }

  space_view space_;
  number_evaluator evaluate_;
  finding_list findings_{};
  preferences shared_{};
  loose_costs loose_{};
  leaf_memory memory_{};
  shape output_{};
  std::uint64_t owner_ = 0; // the named decision whose options are walked
  std::size_t owner_at_ = 0;
  struct {
    quantity words = 0;
    quantity features = 0;
  } embedding_{};
  bool estimated_ = false;
  bool impossible_ = false;
  chain_inputs* chain_input_ = nullptr;
};

} // namespace espalier::dsl::detail

// The parts of the walk that are defined elsewhere.
#include <espalier/dsl/analysis/cells.hpp>
#include <espalier/dsl/analysis/choices.hpp>
#include <espalier/dsl/analysis/graphs.hpp>
#include <espalier/dsl/analysis/layer_chain.hpp>
#include <espalier/dsl/analysis/leaves.hpp>
#include <espalier/dsl/analysis/wiring.hpp>
