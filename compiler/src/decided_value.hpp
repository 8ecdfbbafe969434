#pragma once

#include <espalier/compiler/cost_variable.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

namespace espalier::compiler {

/// What depends on a few decisions: a value for each combination of what it reads of them, the last varying fastest.
template <class T>
struct decided_value {
  std::vector<cost_variable> reads; ///< In rising order.
  std::vector<T> values;
};

/// More combinations of decisions than a table is meant to hold.
struct too_many_combinations {};

/// Computes with decided values. Of a choice they read its state, of a subset which options it takes.
class decided_algebra {
public:
  static constexpr std::size_t most_combinations = 1U << 17U;

  /// What is derived may grow.
  decided_algebra(decision_space const& space, std::vector<derived_variable> const& derived)
      : space_(space), derived_(derived) {}

  template <class T>
  static decided_value<T> constant(T value) {
    return {{}, {std::move(value)}};
  }

  /// f(option) of a choice; where that does not exist, as of its first one: then nothing is needed that depends on it.
  template <class F>
  [[nodiscard]] auto of_choice(int decision, F f) const {
    decided_value<decltype(f(std::size_t{}))> made{{{decision}}, {}};
    auto const options = space_[static_cast<std::size_t>(decision)].options.size();
    for (std::size_t state = 0; state < states_of(space_, derived_, {decision}); ++state)
      made.values.push_back(f(state < options ? state : 0));
    return reduced(std::move(made));
  }

  /// Whether a decision takes an option.
  [[nodiscard]] static decided_value<char> takes(int decision, std::size_t option) {
    return {{{decision, static_cast<int>(option)}}, {0, 1}};
  }

  /// f(a) in every combination.
  template <class A, class F>
  [[nodiscard]] auto mapped(decided_value<A> const& a, F f) const {
    return combined(a, constant(0), [&](A const& value, int) { return f(value); });
  }

  /// f(a, b) in every combination of what both read.
  template <class A, class B, class F>
  [[nodiscard]] auto combined(decided_value<A> const& a, decided_value<B> const& b, F f) const {
    return joined(of_states(a, b.reads), of_states(b, a.reads), f);
  }

private:
  template <class A, class B, class F>
  [[nodiscard]] auto joined(decided_value<A> const& a, decided_value<B> const& b, F f) const {
    decided_value<decltype(f(a.values.front(), b.values.front()))> made;
    std::ranges::set_union(a.reads, b.reads, std::back_inserter(made.reads));
    std::size_t count = 1;
    std::vector<std::size_t> sizes;
    for (auto const& r : made.reads) {
      sizes.push_back(states_of(space_, derived_, r));
      if (count *= sizes.back(); count > most_combinations)
        throw too_many_combinations{};
    }
    auto const steps_a = steps(a.reads, made.reads);
    auto const steps_b = steps(b.reads, made.reads);
    std::vector<std::size_t> digits(made.reads.size());
    std::size_t at_a = 0;
    std::size_t at_b = 0;
    made.values.reserve(count);
    for (std::size_t n = 0; n < count; ++n) {
      made.values.push_back(f(a.values[at_a], b.values[at_b]));
      for (std::size_t k = digits.size(); k-- > 0;) {
        at_a += steps_a[k], at_b += steps_b[k];
        if (++digits[k] < sizes[k])
          break;
        at_a -= digits[k] * steps_a[k], at_b -= digits[k] * steps_b[k];
        digits[k] = 0;
      }
    }
    return reduced(std::move(made));
  }

  // Where others read the state of a choice, it is read in place of its options.
  template <class T>
  [[nodiscard]] decided_value<T> of_states(decided_value<T> v, std::vector<cost_variable> const& others) const {
    for (auto const& other : others) {
      auto const reads_option = [&](cost_variable const& r) { return r.decision == other.decision && r.option >= 0; };
      if (other.option < 0 && std::ranges::any_of(v.reads, reads_option))
        v = of_state(v, other);
    }
    return v;
  }
  template <class T>
  [[nodiscard]] decided_value<T> of_state(decided_value<T> const& v, cost_variable const& state) const {
    decided_value<T> made{{state}, {}};
    for (auto const& r : v.reads)
      if (r.decision != state.decision)
        made.reads.push_back(r);
    std::ranges::sort(made.reads);
    std::vector<std::size_t> digits(made.reads.size());
    for (bool more = true; more;) {
      std::size_t at = 0;
      for (auto const& r : v.reads) {
        bool const is_option = r.decision == state.decision;
        auto const& read = is_option ? state : r;
        auto const digit =
            digits[static_cast<std::size_t>(std::ranges::lower_bound(made.reads, read) - made.reads.begin())];
        at = at * states_of(space_, derived_, r) + (is_option ? digit == static_cast<std::size_t>(r.option) : digit);
      }
      made.values.push_back(v.values[at]);
      more = false;
      for (std::size_t k = digits.size(); k-- > 0 && !more; digits[k] = more ? digits[k] : 0)
        more = ++digits[k] < states_of(space_, derived_, made.reads[k]);
    }
    return made;
  }

  // How far apart the values of a table are whose digit for each of `all` differs by one.
  [[nodiscard]] std::vector<std::size_t> steps(std::vector<cost_variable> const& own,
                                               std::vector<cost_variable> const& all) const {
    std::vector<std::size_t> found(all.size());
    std::size_t step = 1;
    for (std::size_t k = own.size(); k-- > 0;) {
      found[static_cast<std::size_t>(std::ranges::lower_bound(all, own[k]) - all.begin())] = step;
      step *= states_of(space_, derived_, own[k]);
    }
    return found;
  }

  // Without what makes no difference.
  template <class T>
  [[nodiscard]] decided_value<T> reduced(decided_value<T> v) const {
    for (std::size_t k = v.reads.size(); k-- > 0;) {
      auto const count = states_of(space_, derived_, v.reads[k]);
      auto const step = steps(v.reads, v.reads)[k];
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
      v.reads.erase(v.reads.begin() + static_cast<std::ptrdiff_t>(k));
      v.values = std::move(rest);
    }
    return v;
  }

  decision_space const& space_;
  std::vector<derived_variable> const& derived_;
};

} // namespace espalier::compiler
