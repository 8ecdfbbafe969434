#pragma once

#include <espalier/compiler/sample.hpp>

#include <bit>
#include <functional>
#include <span>

namespace espalier::compiler::control {

/// Marks a unit that is no chain.
inline constexpr auto no_chain = ~std::uint32_t{0};

/// A decision, or those that a constraint couples, or the layers of a chain: what is drawn at once.
struct unit {
  std::vector<std::uint32_t> decisions;
  std::uint64_t size = 0; ///< How many values it can have; 0 for a chain or a subset, which have too many to list.
  std::vector<std::uint32_t> values{}; ///< One after the other, a row for each; empty where the value is its rank.
  std::uint32_t chain = no_chain;      ///< In `plan::chains`.
};

/// A layer of a chain, by the state that the layers before it lead to.
struct chain_layer {
  struct choice {
    std::vector<std::uint32_t> allowed;  ///< Values, in rising order.
    std::vector<cardinality> cumulative; ///< How many chains go on with each of them or with one before it.
    std::vector<std::int32_t> next;      ///< By value: the state behind it, or -1 where it is not allowed.
  };

  std::uint32_t decision = 0;
  std::vector<choice> states;
};
using chain_of_layers = std::vector<chain_layer>;

/// How the rank of a unit's value is drawn.
struct rank_law {
  std::uint32_t equal = 0;                    ///< So many equally likely draws, or 0.
  std::vector<std::uint32_t> ranks;           ///< The rank that each of them stands for; empty where it is the draw.
  std::vector<cardinality> cumulative;        ///< Else: how many architectures have this rank or a lower one.
  std::vector<std::vector<cardinality>> ways; ///< Of a subset that is not listed: by option, then by missing members.
};

/// Numbers below small bounds that one random word serves.
struct batch {
  std::uint32_t last = 0;    ///< The draw behind its last one.
  std::uint64_t product = 1; ///< Of the bounds.
  std::uint64_t surplus = 0; ///< As `word_of_draws` counts it.
};

/// One law of drawing, laid out for speed: draws in batches, then tables from draws to values, then the rest.
struct law {
  struct draw {
    std::uint32_t bound;
    std::uint32_t target;
  };
  struct lookup {
    std::uint32_t target;
    std::uint32_t table;
  };
  struct row_lookup {
    std::uint32_t unit;
    std::uint32_t table;
  };

  std::vector<batch> batches;
  std::vector<draw> draws;
  std::vector<lookup> lookups;
  std::vector<row_lookup> row_lookups;
  std::vector<std::uint32_t> tables;
  std::vector<std::uint32_t> others; ///< Units whose ranks are drawn one by one.
  std::vector<rank_law> units;
};

/// Where a decision exists: where another has one of these options, or always.
struct condition {
  std::uint64_t parent_options = ~std::uint64_t{0}; ///< All where it always exists.
  std::uint32_t parent = 0;
  bool parent_is_subset = false;
  bool always = true;
  bool is_nested = false; ///< Whether the parent, too, has a condition.

  [[nodiscard]] bool holds(std::uint32_t value) const {
    return always || (parent_is_subset ? holds_of_subset(value) : holds_of_choice(value));
  }
  [[nodiscard]] bool holds_of_subset(std::uint32_t value) const { return (parent_options & value) != 0; }
  [[nodiscard]] bool holds_of_choice(std::uint32_t value) const {
    return (parent_options & std::uint64_t{value < 64} << (value & 63U)) != 0;
  }
  /// The same without branches, which are slow where they are hard to predict.
  [[gnu::always_inline, nodiscard]] bool holds_evenly(std::uint32_t value) const {
    auto const option = std::uint64_t{1} << (value & 63U);
    auto const subset = 0 - std::uint64_t{parent_is_subset};
    return (parent_options & (option ^ ((option ^ value) & subset))) != 0;
  }
};

/// A decision.
struct node {
  condition where;
  bool is_subset = false;
  std::uint32_t options = 0;
  std::uint32_t least = 1;
  std::uint32_t most = 1;
  std::uint32_t unit = 0;
  std::uint32_t first_below = 0; ///< Units that hang on it, in `plan::below`.
  std::uint32_t last_below = 0;
};

/// Marks a choice that does not exist until what hangs on it is settled, and a slot in which nothing exists.
inline constexpr auto absent = ~std::uint32_t{0};

/// A decision that hangs on another.
struct placed_decision {
  condition where;
  std::uint32_t decision;
};

/// How a decision mutates.
enum class change : std::uint8_t {
  never,            ///< It has one value.
  leaf,             ///< A choice on which nothing hangs.
  subset_of_leaves, ///< A subset of few options; on each hangs one choice that is drawn evenly, or nothing.
  layer,            ///< Of a chain: what stands behind it depends on it.
  general,
  coupled, ///< With others, by a constraint.
};

/// A decision as it mutates.
struct changeable_decision {
  change by = change::never;
  std::uint32_t options = 0;
  std::uint32_t ranges = 0; ///< Of a subset of leaves, by its bit set, in `plan::ranges`.
};

/// A change of a subset of leaves. Where nothing appears or vanishes, the subset itself stands for it.
struct transition {
  std::uint32_t value;   ///< That the subset has then.
  std::uint32_t appears; ///< A choice,
  std::uint32_t options; ///< of so many options.
  std::uint32_t vanishes;
};

/// The equally likely changes of a subset that has a certain value, in `plan::transitions`.
struct transition_range {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

/// One of those decisions that can change and hang on the same parent, by the parent's value: the n-th that exists
/// then, or none. Every one that exists is in one slot, so that evenly drawn slots mean evenly drawn decisions.
struct slot {
  std::uint32_t parent;
  std::uint32_t shift; ///< Of the parent's value, to find the place
  std::uint32_t mask;
  std::uint32_t table; ///< in `plan::in_slots`.
};

/// The decisions of a space in flat arrays.
struct plan {
  std::vector<node> nodes;
  std::vector<unit> units; ///< In the order of their first decisions.
  std::vector<chain_of_layers> chains;
  std::vector<std::uint32_t> below;
  std::vector<placed_decision> inner;         ///< On which others hang and which hang on others, in order.
  std::vector<placed_decision> below_subsets; ///< On which none hang.
  std::vector<placed_decision> below_choices; ///< The same.
  std::vector<changeable_decision> changes;   ///< By decision.
  std::vector<slot> slots;             ///< Empty where the place of a chain's layer, or more, decides what can change.
  std::vector<std::uint32_t> in_slots; ///< Decisions, or `absent`.
  bool slots_are_full = false;         ///< Something exists in each of them, whatever was decided.
  std::vector<transition_range> ranges;
  std::vector<transition> transitions;
  bool is_nested = false; ///< Whether a condition hangs on another.
  law laws[2];            ///< By `uniform_over`.

  [[nodiscard]] law const& of(uniform_over l) const { return laws[static_cast<std::size_t>(l)]; }
  [[nodiscard]] std::span<std::uint32_t const> units_below(node const& n) const {
    return std::span{below}.subspan(n.first_below, n.last_below - n.first_below);
  }
  [[nodiscard]] bool exists(std::vector<std::uint32_t> const& values, std::size_t i) const {
    for (auto const* n = &nodes[i];; n = &nodes[n->where.parent]) {
      if (!n->where.holds(values[n->where.parent]))
        return false;
      if (!n->where.is_nested)
        return true;
    }
  }
};

plan make_plan(decision_space const& space);
/// How each decision of an otherwise finished plan mutates.
void add_changes(plan& made, decision_space const& space);

/// How a chain is drawn: each allowed layer as often as architectures go on with it, or every one as often.
void weigh_chain(plan const& p, chain_of_layers& chain,
                 std::function<cardinality(std::uint32_t, std::uint32_t)> const& weight_of);
/// Whether a layer exists behind one of this value.
inline bool goes_on(plan const& p, chain_of_layers const& chain, std::size_t layer, std::uint32_t value) {
  return layer + 1 < chain.size() && p.nodes[chain[layer + 1].decision].where.holds(value);
}
/// Draws a layer where those before it lead to a state.
std::uint32_t draw_layer(chain_layer const& layer, std::size_t state, uniform_over law, random_generator& random);

/// Whether a subset can change to another: by one member more, one less, or another one.
constexpr bool are_neighbours(std::uint32_t a, std::uint32_t b) {
  return a != b && std::popcount(a & ~b) <= 1 && std::popcount(b & ~a) <= 1;
}

/// Numbers below bounds that one random word serves (Brackett-Rozinsky and Lemire, "Batched ranged random integer
/// generation", 2024). They are to be drawn again unless `is_fair` says that no number was favoured.
class word_of_draws {
public:
  explicit word_of_draws(std::uint64_t word) : left_(word) {}

  [[gnu::always_inline]] std::uint32_t below(std::uint32_t bound) {
    __extension__ using wide_word = unsigned __int128;
    auto const product = wide_word{left_} * bound;
    left_ = static_cast<std::uint64_t>(product);
    return static_cast<std::uint32_t>(product >> 64U);
  }
  /// For the product of the bounds.
  [[nodiscard]] bool is_fair(std::uint64_t product) const { return left_ >= product || is_fair_by(surplus(product)); }
  /// The same where the surplus of the product is known.
  [[nodiscard]] bool is_fair_by(std::uint64_t surplus) const { return left_ >= surplus; }
  /// 2^64 modulo the product: so many words would favour some numbers.
  static std::uint64_t surplus(std::uint64_t product) { return (0 - product) % product; }

private:
  std::uint64_t left_;
};

/// Draws a value of one unit.
void draw_unit(plan const& p, std::size_t unit, uniform_over law, std::vector<std::uint32_t>& values,
               random_generator& random);
/// Draws every decision, whether it exists or not.
void draw_all(plan const& p, uniform_over law, std::vector<std::uint32_t>& values, random_generator& random);

} // namespace espalier::compiler::control
