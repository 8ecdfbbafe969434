#pragma once

#include "cost_terms.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace espalier::compiler {

/// More combinations of decisions than a table is meant to hold.
struct too_many_combinations {};

/// Computes with decided values. Keeps how many values each decision has.
class decided_algebra {
public:
  static constexpr std::size_t most_combinations = 1U << 16U;

  explicit decided_algebra(decision_space const& space) {
    for (auto const& d : space.decisions()) {
      values_.emplace_back();
      if (d.type == decision::kind::subset)
        values_.back() = subset_values(d);
      else
        for (std::uint32_t o = 0; o < d.options.size(); ++o)
          values_.back().push_back(o);
    }
  }

  /// The values of a decision, as an architecture holds them.
  [[nodiscard]] std::vector<std::uint32_t> const& values_of(int decision) const {
    return values_[static_cast<std::size_t>(decision)];
  }

  template <class T>
  static decided_value<T> constant(T value) {
    return {{}, {std::move(value)}};
  }

  /// f(value of the decision) for each of its values.
  template <class F>
  [[nodiscard]] auto of(int decision, F f) const {
    decided_value<decltype(f(std::uint32_t{}))> made{{decision}, {}};
    for (auto const v : values_of(decision))
      made.values.push_back(f(v));
    return reduced(std::move(made));
  }

  /// f(a, b) in every combination of the decisions of both.
  template <class A, class B, class F>
  [[nodiscard]] auto combined(decided_value<A> const& a, decided_value<B> const& b, F f) const {
    decided_value<decltype(f(a.values.front(), b.values.front()))> made;
    std::ranges::set_union(a.decisions, b.decisions, std::back_inserter(made.decisions));
    std::size_t count = 1;
    for (int const d : made.decisions)
      if (count *= values_of(d).size(); count > most_combinations)
        throw too_many_combinations{};
    auto const steps_a = steps(a.decisions, made.decisions);
    auto const steps_b = steps(b.decisions, made.decisions);
    std::vector<std::size_t> digits(made.decisions.size());
    std::size_t at_a = 0;
    std::size_t at_b = 0;
    made.values.reserve(count);
    for (std::size_t n = 0; n < count; ++n) {
      made.values.push_back(f(a.values[at_a], b.values[at_b]));
      for (std::size_t k = digits.size(); k-- > 0;) {
        at_a += steps_a[k], at_b += steps_b[k];
        if (++digits[k] < values_of(made.decisions[k]).size())
          break;
        at_a -= digits[k] * steps_a[k], at_b -= digits[k] * steps_b[k];
        digits[k] = 0;
      }
    }
    return reduced(std::move(made));
  }

private:
  // How far apart the values of a table are whose digit for each of `all` differs by one.
  [[nodiscard]] std::vector<std::size_t> steps(std::vector<int> const& own, std::vector<int> const& all) const {
    std::vector<std::size_t> found(all.size());
    std::size_t step = 1;
    for (std::size_t k = own.size(); k-- > 0;) {
      found[static_cast<std::size_t>(std::ranges::lower_bound(all, own[k]) - all.begin())] = step;
      step *= values_of(own[k]).size();
    }
    return found;
  }

  // Without the decisions that make no difference.
  template <class T>
  [[nodiscard]] decided_value<T> reduced(decided_value<T> v) const {
    for (std::size_t k = v.decisions.size(); k-- > 0;) {
      auto const count = values_of(v.decisions[k]).size();
      auto const step = steps(v.decisions, v.decisions)[k];
      std::vector<T> rest;
      bool differs = false;
      for (std::size_t n = 0; n < v.values.size() && !differs; ++n) {
        auto const first = n - n / step % count * step;
        differs = !(v.values[n] == v.values[first]);
        if (n == first)
          rest.push_back(v.values[n]);
      }
      if (differs)
        continue;
      v.decisions.erase(v.decisions.begin() + static_cast<std::ptrdiff_t>(k));
      v.values = std::move(rest);
    }
    return v;
  }

  std::vector<std::vector<std::uint32_t>> values_;
};

} // namespace espalier::compiler
