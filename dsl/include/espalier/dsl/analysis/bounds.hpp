#pragma once

#include <espalier/dsl/evaluate.hpp>
#include <espalier/dsl/operations/activation.hpp>
#include <espalier/dsl/operations/cells.hpp>
#include <espalier/dsl/operations/channels.hpp>
#include <espalier/dsl/operations/edges.hpp>
#include <espalier/dsl/operations/linear.hpp>
#include <espalier/dsl/operations/normalization.hpp>
#include <espalier/dsl/operations/pooling.hpp>
#include <espalier/dsl/operations/sequences.hpp>

namespace espalier::dsl {

/// A broken rule of a space, and the operation that breaks it.
struct finding {
  fault problem{};
  std::size_t where = 0; ///< Index into the space's operations.
};

/// Broken rules, the first ones of them.
struct finding_list {
  static constexpr int capacity = 24;
  finding items[capacity]{};
  int count = 0;

  constexpr void add(fault const& problem, std::size_t where) {
    for (int i = 0; i < count; ++i)
      if (items[i].where == where && items[i].problem.broken == problem.broken)
        return;
    if (count < capacity)
      items[count++] = {problem, where};
  }
};

/// The least and the greatest that parameters and multiply-adds can be.
struct cost_bounds {
  long long least[2]{};
  long long greatest[2]{};

  constexpr cost_bounds& operator+=(cost_bounds const& other) {
    least[0] += other.least[0], greatest[0] += other.greatest[0];
    least[1] += other.least[1], greatest[1] += other.greatest[1];
    return *this;
  }
  constexpr bool operator==(cost_bounds const&) const = default;
};

namespace detail {

constexpr cost_bounds bounds_of(cost const& c) {
  return {{c.params.low, c.macs.low}, {c.params.high, c.macs.high}};
}

/// Bounds of what costs one or the other.
constexpr cost_bounds either(cost_bounds a, cost_bounds const& b) {
  for (int k = 0; k < 2; ++k) {
    a.least[k] = b.least[k] < a.least[k] ? b.least[k] : a.least[k];
    a.greatest[k] = b.greatest[k] > a.greatest[k] ? b.greatest[k] : a.greatest[k];
  }
  return a;
}

constexpr cost_bounds times(cost_bounds b, long long n) {
  for (int k = 0; k < 2; ++k)
    b.least[k] *= n, b.greatest[k] *= n;
  return b;
}

/// What may flow into the next operation: a cell reads the outputs of the two cells before it; behind any other
/// operation both are that operation's output.
struct flow {
  shape before;
  shape now;
  constexpr explicit flow(shape const& s) : before(s), now(s) {}
  constexpr void set(shape const& next) { before = now = next; }
  constexpr void push_cell(shape const& next) { before = now, now = next; }
  constexpr bool operator==(flow const&) const = default;
};

/// Which options of a shared decision are best at every place where it stands; a bit each.
struct preferences {
  static constexpr int capacity = 96;
  std::uint64_t ids[capacity]{};
  std::uint64_t best[capacity][4]{};
  int count = 0;
  bool conflict = false; ///< No option is best everywhere, so that the sum of the bests is only a bound.

  constexpr void meet(std::uint64_t id, std::uint64_t const (&masks)[4]) {
    int i = 0;
    while (i < count && ids[i] != id)
      ++i;
    if (i == capacity) {
      conflict = true;
      return;
    }
    if (i == count) {
      ids[count++] = id;
      for (int k = 0; k < 4; ++k)
        best[i][k] = masks[k];
      return;
    }
    for (int k = 0; k < 4; ++k) {
      best[i][k] &= masks[k];
      conflict = conflict || best[i][k] == 0;
    }
  }
};

/// Whether a constraint of the space says that a remainder is 0.
constexpr bool constraint_promises(space_view space, number_evaluator const& evaluate, quantity const& remainder) {
  quantity const needed = operations::equal{}.evaluate(remainder, 0);
  auto const says = [&](auto self, std::size_t i) -> bool {
    if (space.is(i, declaration_of<operations::both>))
      return self(self, i + 1) || self(self, space.next(i + 1));
    return evaluate(i, trend::neutral) == needed;
  };
  for (std::size_t i = 0; i < space.nodes.size(); ++i)
    if (space.form(i) == structure::constraint && says(says, i + 1))
      return true;
  return false;
}

/// The costs that are nothing where two decisions agree, and so keep bounds from being reached where all numbers are at
/// their low ends, or at their high ends.
struct loose_costs {
  static constexpr int capacity = 24;
  struct entry {
    std::uint64_t ids[2]; ///< Decisions that tighten the bounds where they are at that end.
    long long gap[2];     ///< Between parameters, and between multiply-adds.
  };
  entry at_low[capacity]{};
  entry at_high[capacity]{};
  int low_count = 0;
  int high_count = 0;

  constexpr void add(quantity const& in, quantity const& out, cost const& c) {
    if (in.low != out.low && low_count < capacity)
      at_low[low_count++] = {{in.low < out.low ? in.symbol : out.symbol, 0}, {c.params.low, c.macs.low}};
    if (in.high == out.high && high_count < capacity)
      at_high[high_count++] = {{in.symbol, out.symbol}, {c.params.high, c.macs.high}};
  }
  [[nodiscard]] constexpr int count() const { return low_count + high_count; }

  /// Calls `visit(entry)` for those at the high, or the low ends.
  template <class Visit>
  constexpr void for_each(bool high, Visit visit) const {
    for (int e = 0; e < (high ? high_count : low_count); ++e)
      visit(high ? at_high[e] : at_low[e]);
  }
  /// How far those at the high, or the low ends keep a bound from being reached.
  [[nodiscard]] constexpr long long sum(bool high, int key) const {
    long long whole = 0;
    for_each(high, [&](entry const& e) { whole += e.gap[key]; });
    return whole;
  }
};

/// What leaves gave, by what they read: most leaves of a space are like one before.
class leaf_memory {
public:
  struct entry {
    node const* leaf = nullptr;
    shape in{};
    int edge_stride = 1;
    shape out{};
    int stride_after = 1;
    cost_bounds cost{};

    [[nodiscard]] constexpr bool is_about(node const& other, shape const& read, int stride) const {
      return leaf != nullptr && leaf->declaration == other.declaration && edge_stride == stride && in == read &&
             same_numbers(*leaf, other);
    }
  };

  /// Where such a leaf is remembered, if it is.
  constexpr entry& place(node const& leaf, shape const& in, int edge_stride) {
    auto const& a = leaf.attributes.items;
    return entries_[static_cast<unsigned long long>(a[0] + 3 * a[1] + 5 * a[2] + 7 * a[3] + 11 * a[4] + edge_stride +
                                                    19 * static_cast<int>(leaf.declaration->attribute_count) +
                                                    in.channels.low + 17 * in.height.low) %
                    capacity];
  }

private:
  static constexpr unsigned capacity = 64;
  entry entries_[capacity]{};
};

} // namespace detail

} // namespace espalier::dsl
