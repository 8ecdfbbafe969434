#include <espalier/dsl/evaluate.hpp>

namespace {

using namespace espalier::dsl;

/// A number that is a decision, or a formula of decisions.
template <std::size_t N>
consteval quantity value_of(number<N> const& n) {
  return detail::number_evaluator{{{}, {}, n.nodes}}(0, trend::neutral);
}
template <std::size_t N>
consteval quantity value_of(condition<N> const& c) {
  return value_of(detail::operand(c));
}
consteval bool spans(quantity const& q, long long low, long long high, long long step) {
  return q.low == low && q.high == high && q.step == step;
}

constexpr auto width = one_of("width", 16, 24, 40);
constexpr auto depth = range("depth", 2, 6, step(2));
constexpr auto w = value_of(width);
constexpr auto d = value_of(depth);

// Constants.
static_assert(quantity{3} + 4 == 7 && quantity{3} - 4 == -1 && quantity{3} * 4 == 12);
static_assert(quantity{7} / 2 == 3 && divide_rounding_up(7, 2) == 4 && quantity{7} % 2 == 1);
static_assert(quantity{3}.is_constant() && !w.is_constant());

// What a decision can be: its ends, and what divides every difference.
static_assert(spans(w, 16, 40, 8));
static_assert(spans(d, 2, 6, 2));
static_assert(spans(value_of(one_of(3, 7, 12)), 3, 12, 1));
static_assert(spans(w + 1, 17, 41, 8) && spans(1 - w, -39, -15, 8));
static_assert(spans(3 * w, 48, 120, 24) && spans(w / 8, 2, 5, 1) && spans(w / 3, 5, 13, 1));
static_assert(spans(w * d, 32, 240, 16) && spans(w + d, 18, 46, 2) && spans(w - d, 10, 38, 2));
static_assert(spans(w % 32, 0, 31, 1) && w % 8 == 0);

// Equal is equal in every combination: the same decision, by the same formula in any order of sums and products.
static_assert(w == value_of(width) && w != value_of(one_of("other", 16, 24, 40)));
static_assert(value_of(2 * width) == value_of(width * 2) && value_of(width + depth) == value_of(depth + width));
static_assert(value_of(width - depth) != value_of(depth - width));
static_assert(w - w == 0 && w / w == 1 && w * 0 == 0 && w * 1 == w && w + 0 == w && w / 1 == w);
// An unnamed decision is another one at every place.
static_assert(value_of(one_of(1, 2) + one_of(1, 2)) != value_of(2 * one_of(1, 2)));
static_assert(spans(value_of(width - width), 0, 0, 0));

// Multiples.
static_assert(w.is_multiple_of(8) && w.is_multiple_of(4) && !w.is_multiple_of(16) && !w.is_multiple_of(3));
static_assert(w.is_multiple_of(w) && (w * d).is_multiple_of(16));
static_assert(w.is_multiple_of(value_of(one_of(1, 2, 8)))); // although 7 lies between them
static_assert(!w.is_multiple_of(value_of(range(1, 4))) && quantity{12}.is_multiple_of(value_of(range(1, 4))));
static_assert(!w.is_multiple_of(0));

// make_divisible of the MobileNets: the nearest multiple, not below nine tenths.
static_assert(round_to(8, 12) == 16 && round_to(8, 11) == 16 && round_to(8, 17) == 16 && round_to(8, 3) == 8);
static_assert(round_to(8, w) == w && spans(round_to(16, w), 16, 48, 16));

// Conditions: 1 where it always holds, 0 where it never does, something between otherwise.
static_assert(value_of(width > 8).is(1) && value_of(width > 40).is(0) && spans(value_of(width > 16), 0, 1, 1));
static_assert(value_of(width == width).is(1) && value_of(width != width).is(0) && value_of(width < width).is(0));
static_assert(value_of(width <= width).is(1) && value_of(width == 7).is(0) && value_of(width % 8 == 0).is(1));
static_assert(value_of(width > 8 && width <= 40).is(1) && value_of(width > 16 && width > 40).is(0));

// At a corner, a number is at its cheaper or dearer end: a subtrahend and a divisor at their other.
template <std::size_t N>
consteval long long dearest(number<N> const& n) {
  return detail::number_evaluator{{{}, {}, n.nodes}, corner::dearest}(0, trend::rises).low;
}
static_assert(dearest(width) == 40 && dearest(width - depth) == 38 && dearest(width / depth) == 20);

} // namespace
