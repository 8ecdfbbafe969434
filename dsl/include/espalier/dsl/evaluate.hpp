#pragma once

#include <espalier/dsl/space_view.hpp>

namespace espalier::dsl {

/// Which of the values that a decided number can have an evaluation takes.
enum class corner : std::uint8_t { all, cheapest, dearest };

namespace detail {

constexpr std::uint64_t identity(label const& name) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (char const c : name.stem())
    h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h | 1U;
}

/// Values given to decisions, by their identity.
struct assignment {
  static constexpr int capacity = 32;
  std::uint64_t ids[capacity]{};
  long long values[capacity]{};
  int count = 0;

  [[nodiscard]] constexpr long long const* find(std::uint64_t id) const {
    for (int i = 0; i < count; ++i)
      if (ids[i] == id)
        return &values[i];
    return nullptr;
  }
  constexpr void push(std::uint64_t id, long long value) {
    if (count == capacity)
      more_than_24_coupled_decisions();
    ids[count] = id;
    values[count++] = value;
  }
  constexpr void pop() { --count; }
  static void more_than_24_coupled_decisions() { throw "a search space in which more than 24 decisions are coupled"; }

  /// A decision that takes any value but this end of them.
  std::uint64_t without_id = 0;
  long long without = 0;
};

/// How the cost follows the second operand of a formula, where it follows the formula as told.
constexpr trend trend_of_second(operation_declaration const* formula, trend follows) {
  bool const turns = formula == &declaration_of<operations::difference> ||
                     formula == &declaration_of<operations::quotient> ||
                     formula == &declaration_of<operations::remainder>;
  if (!turns || follows == trend::neutral)
    return follows;
  return follows == trend::rises ? trend::falls : trend::rises;
}

/// Evaluates the numbers of a space.
struct number_evaluator {
  space_view space;
  corner at = corner::all;
  assignment given{};
  std::uint64_t instance = 0; ///< Of the repetition: an unnamed decision is another one in each.
  quantity input_channels = 0;
  quantity input_size = 0;

  [[nodiscard]] constexpr std::uint64_t id_of(std::size_t i) const {
    return space[i].name.empty() ? mixed(id_everywhere(i), instance) : identity(space[i].name);
  }
  /// Of a decision in all repetitions.
  [[nodiscard]] constexpr std::uint64_t id_everywhere(std::size_t i) const {
    return space[i].name.empty() ? mixed(0x2545f491, i) : identity(space[i].name);
  }

  /// How many options a decided number has; how it calls option `option`.
  [[nodiscard]] constexpr long long options(std::size_t i) const {
    auto const& n = space[i];
    if (n.declaration == &declaration_of<operations::one_of>)
      return n.size - 1;
    auto const [first, last, step] = bounds(n);
    return step < 1 || last < first ? 0 : (last - first) / step + 1;
  }
  [[nodiscard]] constexpr long long option(std::size_t i, long long option) const {
    auto const& n = space[i];
    if (n.declaration == &declaration_of<operations::one_of>)
      return space[i + 1 + static_cast<std::size_t>(option)].attributes[0];
    auto const b = bounds(n);
    return b.first + option * b.step;
  }

  /// A number, where the cost follows it as told.
  [[nodiscard]] constexpr quantity operator()(std::size_t i, trend follows) const {
    auto const& n = space[i];
    auto const* const d = n.declaration;
    if (n.declaration->evaluate != nullptr)
      return formula(i, follows);
    if (d == &declaration_of<operations::value>)
      return n.attributes[0];
    if (d == &declaration_of<operations::input_channels>)
      return input_channels;
    if (d == &declaration_of<operations::input_size>)
      return input_size;
    auto const id = id_of(i);
    if (given.count > 0) {
      if (auto const* value = given.find(id))
        return *value;
      if (auto const* value = given.find(id_everywhere(i)))
        return *value;
    }
    auto const count = options(i);
    if (count < 1)
      return 1; // a rule has refused it
    bool const lacks_one = given.without_id == id && count > 1;
    quantity all = option(i, lacks_one && option(i, 0) == given.without ? 1 : 0);
    if (d == &declaration_of<operations::range>) {
      all.high = option(i, lacks_one && option(i, count - 1) == given.without ? count - 2 : count - 1);
      all.step = count > 1 ? bounds(n).step : 0;
    } else {
      all.multiple = all.low;
      for (long long o = 0; o < count; ++o) {
        auto const v = option(i, o);
        if (lacks_one && v == given.without)
          continue;
        all.step = common_divisor(all.step, v - all.low);
        all.multiple = common_multiple(all.multiple, v);
        all.low = v < all.low ? v : all.low;
        all.high = v > all.high ? v : all.high;
      }
    }
    if (at != corner::all)
      return (at == corner::cheapest) == (follows != trend::falls) ? all.low : all.high;
    if (all.low != all.high)
      all.symbol = id;
    return all;
  }

  /// All numbers of an operation.
  [[nodiscard]] constexpr attribute_quantities numbers(std::size_t i) const {
    node const& n = space[i];
    auto made = quantities_of(n.attributes, n.declaration->attribute_count);
    if (n.decided != 0)
      space.for_each_number(i, [&](std::size_t a, std::size_t number) {
        made[a] = (*this)(number, space[i].declaration->attributes[a].rules.cost);
      });
    return made;
  }

private:
  struct ends {
    long long first, last, step;
  };
  static constexpr ends bounds(node const& n) { return {n.attributes[0], n.attributes[1], n.attributes[2]}; }

  [[nodiscard]] constexpr quantity formula(std::size_t i, trend follows) const {
    auto const* const d = space[i].declaration;
    trend const second = trend_of_second(d, follows);
    std::size_t const a = i + 1;
    quantity const left = (*this)(a, follows);
    quantity const right = space.next(a) < space.end(i) ? (*this)(space.next(a), second) : quantity{};
    return space[i].declaration->evaluate(quantities_of(space[i].attributes), left, right);
  }
};

} // namespace detail

} // namespace espalier::dsl
