#pragma once

#include <espalier/dsl/numbers.hpp>

namespace espalier::dsl::operations {

/// Operations one after another.
struct sequence {
  static constexpr std::string_view name = "sequence";
  static constexpr structure form = structure::sequence;
};

/// A named sequence: one struct in emitted code.
struct block {
  static constexpr std::string_view name = "block";
  static constexpr structure form = structure::block;
};

/// A block whose output the next two cells read, as if it were a cell's.
struct stem {
  static constexpr std::string_view name = "stem";
  static constexpr structure form = structure::stem;
  fixed_number beside = 0; ///< It reads what the stem before it reads (1), not what that gives.

  constexpr void reflect(attribute_visitor& visit) { visit("beside", beside); }
};

/// One of several candidates.
struct choice {
  static constexpr std::string_view name = "choice";
  static constexpr structure form = structure::choice;
  fixed_number weak_none = 0; ///< `none` only lets an edge be weak while relaxed (1): no architecture has it.

  constexpr void reflect(attribute_visitor& visit) { visit("weak_none", weak_none); }
};

/// The sum of any subset of its candidates, of at least so many.
struct any_of {
  static constexpr std::string_view name = "any_of";
  static constexpr structure form = structure::any_of;
  fixed_number at_least = 1;

  constexpr void reflect(attribute_visitor& visit) { visit("at_least", at_least); }
};

/// Several branches that read one input, joined by a sum (0) or by concatenation (1).
struct branches {
  static constexpr std::string_view name = "branches";
  static constexpr structure form = structure::branches;
  fixed_number join = 0;

  constexpr void reflect(attribute_visitor& visit) { visit("join", join); }
};

/// A body, `count` times.
struct repeat {
  static constexpr std::string_view name = "repeat";
  static constexpr structure form = structure::repeat;
  repetition_count count = 1;

  constexpr void reflect(attribute_visitor& visit) { visit("count", count); }
};

/// A constraint over named decisions.
struct where {
  static constexpr std::string_view name = "where";
  static constexpr structure form = structure::constraint;
  predicate condition = 1;

  constexpr void reflect(attribute_visitor& visit) { visit("condition", condition); }
};

/// At most millions * 10^6 + rest parameters (0) or multiply-adds (1).
struct budget {
  static constexpr std::string_view name = "budget";
  static constexpr structure form = structure::budget;
  fixed_number of = 0;
  fixed_number millions = 0;
  fixed_number rest = 0;

  constexpr void reflect(attribute_visitor& visit) { visit("of", of)("millions", millions)("rest", rest); }
};

/// A body, and behind it a cell that reads both what the body read and what it gave: a level of a U-Net.
struct bridge {
  static constexpr std::string_view name = "bridge";
  static constexpr structure form = structure::bridge;
};

/// A chain of at most `limit` layers, each one of those that may follow the layer before it.
struct layer_chain {
  static constexpr std::string_view name = "layer_chain";
  static constexpr structure form = structure::layer_chain;
  fixed_number limit = 1;

  constexpr void reflect(attribute_visitor& visit) { visit("limit", limit); }
};

/// A kind of layer of a chain: the names of what it may follow, and its body.
struct layer {
  static constexpr std::string_view name = "layer";
  static constexpr structure form = structure::layer;
};

/// The name of a layer that another may follow.
struct follows {
  static constexpr std::string_view name = "follows";
  static constexpr structure form = structure::reference;
};

} // namespace espalier::dsl::operations

namespace espalier::dsl {

/// Operations one after another.
template <std::size_t... N>
constexpr auto sequence(expression<N> const&... parts) {
  return named_operation<operations::sequence>({}, parts...);
}

/// Operations one after another, as one named thing: a candidate's name, a struct in emitted code.
template <std::size_t... N>
constexpr auto block(label name, expression<N> const&... parts) {
  return named_operation<operations::block>(name, parts...);
}

/// A block before the first cell, whose output the next two cells read.
template <std::size_t... N>
constexpr auto stem(label name, expression<N> const&... parts) {
  return named_operation<operations::stem>(name, parts...);
}

/// A second stem that reads what the first one reads, so that the next cell has both as its inputs (NAS-Unet).
template <std::size_t... N>
constexpr auto second_stem(label name, expression<N> const&... parts) {
  auto made = stem(name, parts...);
  made.nodes[0].attributes[0] = 1;
  return made;
}

/// One of several candidates, decided on its own wherever it is repeated.
template <std::size_t... N>
constexpr auto choice(expression<N> const&... candidates) {
  return named_operation<operations::choice>({}, candidates...);
}

/// One of several candidates, one decision of this name however often it is used.
template <std::size_t... N>
constexpr auto choice(label name, expression<N> const&... candidates) {
  return named_operation<operations::choice>(name, candidates...);
}

/// The sum of any subset of the candidates, by default of at least one: `any_of(at_least(2), a, b, c)`.
template <std::size_t... N>
constexpr auto any_of(expression<N> const&... candidates) {
  return named_operation<operations::any_of>({}, candidates...);
}
template <std::size_t... N>
constexpr auto any_of(detail::setting<names::at_least, 0> least, expression<N> const&... candidates) {
  return named_operation<operations::any_of>({}, least, candidates...);
}

/// The sum of several branches that read one input.
template <std::size_t... N>
constexpr auto sum(expression<N> const&... parts) {
  return named_operation<operations::branches>({}, parts...);
}

/// The channels of several branches that read one input, one after another.
template <std::size_t... N>
constexpr auto concat(expression<N> const&... parts) {
  return named_operation<operations::branches>({}, detail::named_number<names::join>{}(1), parts...);
}

/// A body `count` times; `repeat(range(2, 4), body)` decides how often.
template <class Count, std::size_t N>
constexpr auto repeat(Count count, expression<N> const& body) {
  return named_operation<operations::repeat>({}, detail::named_number<names::count>{}(count), body);
}

/// A constraint over named decisions, which every reading of the space honours.
template <std::size_t N>
constexpr auto where(condition<N> const& c) {
  return operation<operations::where>(detail::setting<names::condition, N>{detail::operand(c)});
}

/// A number of parameters, or of multiply-adds of convolutions and linear layers for one example.
struct params {
  long long value;
  constexpr explicit params(long long v) : value(v) {}
};
struct macs {
  long long value;
  constexpr explicit macs(long long v) : value(v) {}
};

namespace detail {

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters)
constexpr expression<1> budget_of(int what, long long value) {
  expression<1> made = operation<operations::budget>();
  made.nodes[0].attributes = {what, static_cast<int>(value / 1'000'000), static_cast<int>(value % 1'000'000)};
  return made;
}

} // namespace detail

/// No architecture has more than so many parameters or multiply-adds.
constexpr auto budget(params most) {
  return detail::budget_of(0, most.value);
}
constexpr auto budget(macs most) {
  return detail::budget_of(1, most.value);
}

/// A level of a U-Net: the body, then a cell (or other operation) that reads what the body read and what it gave.
template <std::size_t Body, std::size_t Up>
constexpr auto bridge(expression<Body> const& body, expression<Up> const& up) {
  return named_operation<operations::bridge>({}, body, up);
}

/// The layers that a layer may follow; "start" is the beginning of the chain.
template <std::size_t N>
struct after {
  expression<N> references;
  template <std::size_t... Lengths>
  constexpr explicit after(char const (&... names)[Lengths]) {
    node* next = references.nodes;
    ((*next++ = {&declaration_of<operations::follows>, 1, 0, {}, label(names, 0)}), ...);
  }
};
template <std::size_t... Lengths>
after(char const (&... names)[Lengths]) -> after<sizeof...(Lengths)>;

/// A kind of layer in a chain; where a choice is its body, each candidate is an option of its own, and an option whose
/// shape rule refuses the map is none.
template <std::size_t References, std::size_t... N>
constexpr auto chain_layer(label name, after<References> const& predecessors, expression<N> const&... parts) {
  if constexpr (sizeof...(N) == 1)
    return named_operation<operations::layer>(name, predecessors.references, parts...);
  else
    return named_operation<operations::layer>(name, predecessors.references, sequence(parts...));
}

/// A chain of 0 to `most` layers (MetaQNN; Baker et al. 2017).
template <std::size_t... N>
constexpr auto layer_chain(int most, expression<N> const&... layers) {
  return named_operation<operations::layer_chain>({}, detail::named_number<names::limit>{}(most), layers...);
}

} // namespace espalier::dsl
