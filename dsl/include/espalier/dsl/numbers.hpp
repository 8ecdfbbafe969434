#pragma once

#include <espalier/dsl/expression.hpp>

namespace espalier::dsl::operations {

/// A number written in a formula.
struct value {
  static constexpr std::string_view name = "value";
  static constexpr structure form = structure::number;
  fixed_number number = 0;

  constexpr void reflect(attribute_visitor& visit) { visit("number", number); }
};

/// One of the values it holds.
struct one_of {
  static constexpr std::string_view name = "one_of";
  static constexpr structure form = structure::number;
};

/// One of first, first + step, ..., last.
struct range {
  static constexpr std::string_view name = "range";
  static constexpr structure form = structure::number;
  fixed_number first = 0;
  fixed_number last = 0;
  fixed_number step = 1;

  constexpr void reflect(attribute_visitor& visit) { visit("first", first)("last", last)("step", step); }
};

/// The channels, and the height, of what the enclosing block reads.
struct input_channels {
  static constexpr std::string_view name = "input_channels";
  static constexpr structure form = structure::number;
};
struct input_size {
  static constexpr std::string_view name = "input_size";
  static constexpr structure form = structure::number;
};

namespace detail {

/// 1 where it always holds, 0 where it never does.
constexpr quantity truth(bool always, bool never, char operation, quantity const& a, quantity const& b) {
  if (always || never)
    return always ? 1 : 0;
  return {0, 1, 1, dsl::detail::identity(operation, a, b)};
}

constexpr bool never_meet(quantity const& a, quantity const& b) {
  return a.high < b.low || b.high < a.low;
}

} // namespace detail

struct sum {
  static constexpr std::string_view name = "sum";
  static constexpr structure form = structure::number;
  [[nodiscard]] constexpr quantity evaluate(quantity const& a, quantity const& b) const { return a + b; }
};
struct difference {
  static constexpr std::string_view name = "difference";
  static constexpr structure form = structure::number;
  [[nodiscard]] constexpr quantity evaluate(quantity const& a, quantity const& b) const { return a - b; }
};
struct product {
  static constexpr std::string_view name = "product";
  static constexpr structure form = structure::number;
  [[nodiscard]] constexpr quantity evaluate(quantity const& a, quantity const& b) const { return a * b; }
};
struct quotient {
  static constexpr std::string_view name = "quotient";
  static constexpr structure form = structure::number;
  [[nodiscard]] constexpr quantity evaluate(quantity const& a, quantity const& b) const { return a / b; }
};
struct remainder {
  static constexpr std::string_view name = "remainder";
  static constexpr structure form = structure::number;
  [[nodiscard]] constexpr quantity evaluate(quantity const& a, quantity const& b) const { return a % b; }
};
/// The nearest multiple of `divisor`, not below 0.9 of the value.
struct rounded {
  static constexpr std::string_view name = "rounded";
  static constexpr structure form = structure::number;
  fixed_number divisor = 8;

  constexpr void reflect(attribute_visitor& visit) { visit("divisor", divisor); }
  [[nodiscard]] constexpr quantity evaluate(quantity const& a, quantity const&) const {
    return round_to(divisor.low, a);
  }
};
struct equal {
  static constexpr std::string_view name = "equal";
  static constexpr structure form = structure::number;
  [[nodiscard]] constexpr quantity evaluate(quantity const& a, quantity const& b) const {
    return detail::truth(a == b, detail::never_meet(a, b), '=', a, b);
  }
};
struct not_equal {
  static constexpr std::string_view name = "not_equal";
  static constexpr structure form = structure::number;
  [[nodiscard]] constexpr quantity evaluate(quantity const& a, quantity const& b) const {
    return detail::truth(detail::never_meet(a, b), a == b, '!', a, b);
  }
};
struct at_most {
  static constexpr std::string_view name = "at_most";
  static constexpr structure form = structure::number;
  [[nodiscard]] constexpr quantity evaluate(quantity const& a, quantity const& b) const {
    return detail::truth(a == b || a.high <= b.low, a.low > b.high, '<', a, b);
  }
};
struct below {
  static constexpr std::string_view name = "below";
  static constexpr structure form = structure::number;
  [[nodiscard]] constexpr quantity evaluate(quantity const& a, quantity const& b) const {
    return detail::truth(a.high < b.low, a == b || a.low >= b.high, 'l', a, b);
  }
};
struct both {
  static constexpr std::string_view name = "both";
  static constexpr structure form = structure::number;
  [[nodiscard]] constexpr quantity evaluate(quantity const& a, quantity const& b) const {
    return detail::truth(a.is(1) && b.is(1), a.is(0) || b.is(0), '&', a, b);
  }
};

} // namespace espalier::dsl::operations

namespace espalier::dsl {

/// The step of a range.
struct step {
  int value;
  constexpr explicit step(int v) : value(v) {}
};

namespace detail {

template <class T>
concept plain_int = requires(T t) {
  requires static_cast<T>(-1) < T{};
  T{} % 1;
  requires !requires {
    t.nodes;
  };
};

template <class T>
concept fraction = requires {
  requires static_cast<T>(0.5) > static_cast<T>(0);
};

constexpr node value_node(int v) {
  return {&declaration_of<operations::value>, 1, 0, {v}, {}};
}

constexpr number<1> range_of(label name, operations::range const& r) {
  return {{{&declaration_of<operations::range>,
            1,
            0,
            {static_cast<int>(r.first.low), static_cast<int>(r.last.low), static_cast<int>(r.step.low)},
            name}}};
}

constexpr number<0> number_from(int value) {
  return {value};
}
template <std::size_t N>
constexpr number<N> number_from(number<N> const& n) {
  return n;
}
constexpr number<1> number_from(int first, int last, step by) {
  return range_of({}, {first, last, by.value});
}
constexpr number<1> number_from(label name, int first, int last, step by) {
  return range_of(name, {first, last, by.value});
}

// An operand of a formula: a constant becomes a node too.
constexpr number<1> operand(int value) {
  return {{value_node(value)}};
}
template <std::size_t N>
constexpr number<N> operand(number<N> const& n) {
  return n;
}
template <std::size_t N>
constexpr number<N> operand(condition<N> const& c) {
  number<N> n;
  for (std::size_t i = 0; i < N; ++i)
    n.nodes[i] = c.nodes[i];
  return n;
}

template <template <std::size_t> class Result, class Operation, std::size_t A, std::size_t B>
constexpr auto formula(number<A> const& a, number<B> const& b) {
  Result<1 + A + B> made;
  made.nodes[0] = {&declaration_of<Operation>, 1 + A + B, 0, {}, {}};
  for (std::size_t i = 0; i < A; ++i)
    made.nodes[1 + i] = a.nodes[i];
  for (std::size_t i = 0; i < B; ++i)
    made.nodes[1 + A + i] = b.nodes[i];
  return made;
}

template <class T>
inline constexpr bool is_number = false;
template <std::size_t N>
inline constexpr bool is_number<number<N>> = true;

template <class A, class B>
concept operands = (is_number<A> || is_number<B>)&&(is_number<A> || plain_int<A>)&&(is_number<B> || plain_int<B>);

/// A function that makes a named number: of an int, of a number, or of a range `(first, last, step(n))`.
template <class Name>
struct named_number {
  template <class... Parts>
  constexpr auto operator()(Parts const&... parts) const {
    constexpr bool are_whole = (!fraction<Parts> && ...);
    static_assert(are_whole, "the numbers of an operation are whole");
    if constexpr (are_whole)
      return wrap(number_from(parts...));
    else
      return wrap(number_from(1));
  }

private:
  template <std::size_t N>
  static constexpr setting<Name, N> wrap(number<N> const& n) {
    return {n};
  }
};

} // namespace detail

/// What calls a number of an operation by its name: `inline constexpr named_number<names::ghosts> ghosts{};`, where
/// `names::ghosts` has the `text` "ghosts".
template <class Name>
using named_number = detail::named_number<Name>;

/// A decision among numbers; with a name, one decision however often it is used.
template <detail::plain_int... Values>
constexpr auto one_of(Values... values) {
  return number<1 + sizeof...(Values)>{
      {{&declaration_of<operations::one_of>, 1 + sizeof...(Values), 0, {}, {}}, detail::value_node(values)...}};
}
template <detail::plain_int... Values>
constexpr auto one_of(label name, Values... values) {
  auto made = one_of(values...);
  made.nodes[0].name = name;
  return made;
}

/// A decision among first, first + step, ..., last.
constexpr number<1> range(int first, int last, step by = step(1)) {
  return detail::range_of({}, {first, last, by.value});
}
constexpr number<1> range(label name, int first, int last, step by = step(1)) {
  return detail::range_of(name, {first, last, by.value});
}

/// The channels of what the enclosing block reads.
inline constexpr number<1> input_channels{{{&declaration_of<operations::input_channels>, 1, 0, {}, {}}}};
/// The height of what the enclosing block reads.
inline constexpr number<1> input_size{{{&declaration_of<operations::input_size>, 1, 0, {}, {}}}};

/// \name Derived numbers and conditions
/// @{
template <class A, class B>
requires detail::operands<A, B>
constexpr auto operator+(A const& a, B const& b) {
  return detail::formula<number, operations::sum>(detail::operand(a), detail::operand(b));
}
template <class A, class B>
requires detail::operands<A, B>
constexpr auto operator-(A const& a, B const& b) {
  return detail::formula<number, operations::difference>(detail::operand(a), detail::operand(b));
}
template <class A, class B>
requires detail::operands<A, B>
constexpr auto operator*(A const& a, B const& b) {
  return detail::formula<number, operations::product>(detail::operand(a), detail::operand(b));
}
template <class A, class B>
requires detail::operands<A, B>
constexpr auto operator/(A const& a, B const& b) {
  return detail::formula<number, operations::quotient>(detail::operand(a), detail::operand(b));
}
template <class A, class B>
requires detail::operands<A, B>
constexpr auto operator%(A const& a, B const& b) {
  return detail::formula<number, operations::remainder>(detail::operand(a), detail::operand(b));
}
template <class A, class B>
requires detail::operands<A, B>
constexpr auto operator==(A const& a, B const& b) {
  return detail::formula<condition, operations::equal>(detail::operand(a), detail::operand(b));
}
template <class A, class B>
requires detail::operands<A, B>
constexpr auto operator!=(A const& a, B const& b) {
  return detail::formula<condition, operations::not_equal>(detail::operand(a), detail::operand(b));
}
template <class A, class B>
requires detail::operands<A, B>
constexpr auto operator<=(A const& a, B const& b) {
  return detail::formula<condition, operations::at_most>(detail::operand(a), detail::operand(b));
}
template <class A, class B>
requires detail::operands<A, B>
constexpr auto operator>=(A const& a, B const& b) {
  return b <= a;
}
template <class A, class B>
requires detail::operands<A, B>
constexpr auto operator<(A const& a, B const& b) {
  return detail::formula<condition, operations::below>(detail::operand(a), detail::operand(b));
}
template <class A, class B>
requires detail::operands<A, B>
constexpr auto operator>(A const& a, B const& b) {
  return b < a;
}
template <std::size_t A, std::size_t B>
constexpr auto operator&&(condition<A> const& a, condition<B> const& b) {
  return detail::formula<condition, operations::both>(detail::operand(a), detail::operand(b));
}
/// @}

/// The nearest multiple of `divisor` that is not below 0.9 of the number (`make_divisible` of the MobileNets).
template <std::size_t N>
constexpr auto round_to(int divisor, number<N> const& n) {
  number<1 + N> made;
  made.nodes[0] = {&declaration_of<operations::rounded>, 1 + N, 0, {divisor}, {}};
  for (std::size_t i = 0; i < N; ++i)
    made.nodes[1 + i] = n.nodes[i];
  return made;
}

/// The number rounded down, where its divisions are meant to leave a rest: `round_down(32 * scale / 10)`.
template <std::size_t N>
constexpr auto round_down(number<N> const& n) {
  return round_to(1, n);
}

// clang-format off
namespace names {
struct kernel { static constexpr std::string_view text = "kernel"; };
struct kernel_width { static constexpr std::string_view text = "kernel_width"; };
struct channels { static constexpr std::string_view text = "channels"; };
struct stride { static constexpr std::string_view text = "stride"; };
struct groups { static constexpr std::string_view text = "groups"; };
struct dilation { static constexpr std::string_view text = "dilation"; };
struct bias { static constexpr std::string_view text = "bias"; };
struct padded { static constexpr std::string_view text = "padded"; };
struct weight_bits { static constexpr std::string_view text = "weight_bits"; };
struct activation_bits { static constexpr std::string_view text = "activation_bits"; };
struct search_only { static constexpr std::string_view text = "search_only"; };
struct ratio { static constexpr std::string_view text = "ratio"; };
struct divisor { static constexpr std::string_view text = "divisor"; };
struct part { static constexpr std::string_view text = "part"; };
struct parts { static constexpr std::string_view text = "parts"; };
struct heads { static constexpr std::string_view text = "heads"; };
struct head_width { static constexpr std::string_view text = "head_width"; };
struct patch { static constexpr std::string_view text = "patch"; };
struct factor { static constexpr std::string_view text = "factor"; };
struct size { static constexpr std::string_view text = "size"; };
struct count { static constexpr std::string_view text = "count"; };
struct nodes { static constexpr std::string_view text = "nodes"; };
struct keep { static constexpr std::string_view text = "keep"; };
struct picks { static constexpr std::string_view text = "picks"; };
struct inputs { static constexpr std::string_view text = "inputs"; };
struct max_edges { static constexpr std::string_view text = "max_edges"; };
struct at_least { static constexpr std::string_view text = "at_least"; };
struct reduce_every { static constexpr std::string_view text = "reduce_every"; };
struct seed { static constexpr std::string_view text = "seed"; };
struct output { static constexpr std::string_view text = "output"; };
struct combine { static constexpr std::string_view text = "combine"; };
struct join { static constexpr std::string_view text = "join"; };
struct limit { static constexpr std::string_view text = "limit"; };
struct generator { static constexpr std::string_view text = "generator"; };
struct neighbours { static constexpr std::string_view text = "neighbours"; };
struct permille { static constexpr std::string_view text = "permille"; };
struct from { static constexpr std::string_view text = "from"; };
struct to { static constexpr std::string_view text = "to"; };
struct condition { static constexpr std::string_view text = "condition"; };
struct millions { static constexpr std::string_view text = "millions"; };
struct rest { static constexpr std::string_view text = "rest"; };
} // namespace names

/// \name Named numbers: `channels(16)`, `channels(16, 64, step(8))`, `channels(2 * width)`
/// @{
inline constexpr detail::named_number<names::kernel> kernel{};
inline constexpr detail::named_number<names::kernel_width> kernel_width{};
inline constexpr detail::named_number<names::channels> channels{};
inline constexpr detail::named_number<names::stride> stride{};
inline constexpr detail::named_number<names::groups> groups{};
inline constexpr detail::named_number<names::dilation> dilation{};
inline constexpr detail::named_number<names::bias> bias{};
inline constexpr detail::named_number<names::padded> padded{};
inline constexpr detail::named_number<names::weight_bits> weight_bits{};
inline constexpr detail::named_number<names::activation_bits> activation_bits{};
inline constexpr detail::named_number<names::search_only> search_only{};
inline constexpr detail::named_number<names::ratio> ratio{};
inline constexpr detail::named_number<names::divisor> divisor{};
inline constexpr detail::named_number<names::part> part{};
inline constexpr detail::named_number<names::parts> parts{};
inline constexpr detail::named_number<names::heads> heads{};
inline constexpr detail::named_number<names::head_width> head_width{};
inline constexpr detail::named_number<names::patch> patch{};
inline constexpr detail::named_number<names::factor> factor{};
inline constexpr detail::named_number<names::nodes> nodes{};
inline constexpr detail::named_number<names::keep> keep{};
inline constexpr detail::named_number<names::picks> picks{};
inline constexpr detail::named_number<names::inputs> inputs{};
inline constexpr detail::named_number<names::max_edges> max_edges{};
inline constexpr detail::named_number<names::at_least> at_least{};
inline constexpr detail::named_number<names::reduce_every> reduce_every{};
inline constexpr detail::named_number<names::seed> seed{};
/// @}
// clang-format on

} // namespace espalier::dsl
