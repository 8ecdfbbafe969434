#pragma once

#include <espalier/dsl/attribute.hpp>
#include <espalier/dsl/rules.hpp>
#include <espalier/dsl/tensor_type.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace espalier::dsl {

inline constexpr std::size_t max_attributes = 8;
/// Of one example at any place of a network.
inline constexpr long long max_elements = 0x7fff'ffff;
/// Channels: as many as the input has. Stride: the cell edge's, for the first operation that can stride, otherwise 1.
/// Of a kernel's width: as its height.
inline constexpr int inherited = 0;
/// Groups: one a channel.
inline constexpr int depthwise = -1;

/// One value for each number of an operation: a `std::array` of which the compiler evaluates an access in one step.
template <class T>
struct per_attribute {
  T items[max_attributes]{};

  constexpr T& operator[](std::size_t i) { return items[i]; }
  constexpr T const& operator[](std::size_t i) const { return items[i]; }
  [[nodiscard]] constexpr T const* data() const { return items; }
  [[nodiscard]] constexpr T* data() { return items; }
  [[nodiscard]] static constexpr std::size_t size() { return max_attributes; }
  [[nodiscard]] constexpr T* begin() { return items; }
  [[nodiscard]] constexpr T* end() { return items + max_attributes; }
  [[nodiscard]] constexpr T const* begin() const { return items; }
  [[nodiscard]] constexpr T const* end() const { return items + max_attributes; }
  constexpr bool operator==(per_attribute const&) const = default;
};

/// An operation's numbers, in the order of its declaration; those that are decisions have their preset.
using attribute_values = per_attribute<int>;
/// An operation's numbers in every architecture at once.
using attribute_quantities = per_attribute<quantity>;

/// The shape an operation gives, or why it cannot.
struct inferred_shape {
  shape type{};
  fault problem{};

  constexpr inferred_shape(shape const& s) : type(s) {}    // NOLINT(google-explicit-constructor)
  constexpr inferred_shape(fault const& f) : problem(f) {} // NOLINT(google-explicit-constructor)
};

/// The type an operation gives in one architecture, or why it cannot.
struct inference {
  tensor_type type{};
  fault problem{};
};

/// Trainable numbers, and multiply-adds of convolutions and linear layers for one example, in every architecture.
struct cost {
  quantity params = 0;
  quantity macs = 0;
  bool vanishes_on_agreement = false; ///< Nothing where input and output have the same channels, which they may.
};

/// The shape an operation gives, and what it costs.
struct priced_shape {
  inferred_shape made;
  dsl::cost cost{};
};

/// What an operation costs in one architecture.
struct operation_cost {
  long long params = 0;
  long long macs = 0;

  constexpr bool operator==(operation_cost const&) const = default;
  constexpr operation_cost& operator+=(operation_cost const& other) {
    params += other.params;
    macs += other.macs;
    return *this;
  }
};

/// How an operation holds other operations. A leaf holds none, but it may hold the numbers that are decisions.
enum class structure : std::uint8_t {
  leaf,
  sequence,
  block,
  stem,
  choice,
  any_of,
  branches,
  repeat,
  cell,
  graph_cell,
  recurrent_cell,
  skip_chain,
  wiring,
  layer_chain,
  layer,
  reference,
  bridge,
  constraint,
  budget,
  number,
  select,
  pick,
  add,
  concat,
  average,
  weighted_sum,
  highway,
  recurrence,
  chain
};

/// Everything the compiler knows of an operation. Declared once, as a struct that shows its numbers; see
/// `declaration_of`.
struct operation_declaration {
  std::string_view name;
  structure form = structure::leaf;
  kind_set takes = any_kind;
  per_attribute<attribute_declaration> attributes{};
  std::size_t attribute_count = 0;
  std::size_t channels = max_attributes; ///< Where the attribute `channels` stands; likewise `groups`, `stride`,
  std::size_t groups = max_attributes;
  std::size_t stride = max_attributes;
  inferred_shape (*infer_rule)(attribute_quantities const&, shape const&) = nullptr;
  priced_shape (*price_rule)(attribute_quantities const&, shape const&) = nullptr; ///< Both at once.
  dsl::cost (*cost_rule)(attribute_quantities const&, shape const&, shape const&) = nullptr;
  dsl::quantity (*evaluate)(attribute_quantities const&, quantity const&, quantity const&) = nullptr; ///< Of a number.

  /// The position of an attribute, or `max_attributes` where the operation has none of that name.
  [[nodiscard]] constexpr std::size_t index_of(std::string_view attribute) const {
    for (std::size_t i = 0; i < attribute_count; ++i)
      if (attributes[i].name == attribute)
        return i;
    return max_attributes;
  }
  [[nodiscard]] constexpr bool is_leaf() const { return form == structure::leaf; }

  /// The shape a leaf gives, with the numbers and the input in every architecture. The input's kind is adapted where
  /// the language can.
  [[nodiscard]] constexpr inferred_shape infer(attribute_quantities const& numbers, shape in) const;
  /// The shape, and what the leaf costs.
  [[nodiscard]] constexpr priced_shape price(attribute_quantities const& numbers, shape in) const;
  /// The type a leaf gives in one architecture.
  [[nodiscard]] constexpr inference infer(attribute_values const& values, tensor_type const& in) const;
  /// What a leaf costs in every architecture, or in one.
  [[nodiscard]] constexpr dsl::cost cost(attribute_quantities const& numbers, shape const& in, shape const& out) const {
    return cost_rule == nullptr ? dsl::cost{} : cost_rule(numbers, in, out);
  }
  [[nodiscard]] constexpr operation_cost cost(attribute_values const& values, tensor_type const& in,
                                              tensor_type const& out) const;

private:
  // What is wrong with the input and the numbers, whatever the operation; adapts the input's kind.
  [[nodiscard]] constexpr fault fault_of(attribute_quantities const& numbers, shape& in) const;
  static constexpr fault fault_of(shape const& made) {
    auto const elements = made.channels.high * made.height.high * made.width.high;
    return elements > max_elements ? fault{rule::number_too_large, elements, max_elements, "elements"} : fault{};
  }
};

/// The first `count` values.
constexpr attribute_quantities quantities_of(attribute_values const& values, std::size_t count = max_attributes) {
  attribute_quantities quantities{};
  for (std::size_t i = 0; i < count; ++i)
    quantities.items[i].low = quantities.items[i].high = values.items[i];
  return quantities;
}

constexpr fault operation_declaration::fault_of(attribute_quantities const& numbers, shape& in) const {
  auto const kind = adapted(takes, in.kind);
  if (kind != in.kind ? kind == tensor_kind::ids : !holds(takes, kind))
    return fault{takes == only(tensor_kind::ids) ? rule::embedding_needs_ids : rule::wrong_kind,
                 static_cast<int>(in.kind), takes};
  in.kind = kind;
  for (std::size_t i = 0; i < attribute_count; ++i)
    if (numbers.items[i].low < attributes.items[i].rules.least ||
        numbers.items[i].high > attributes.items[i].rules.most) {
      auto const& [name, preset, rules] = attributes.items[i];
      quantity const& number = numbers.items[i];
      return number.low < rules.least ? fault{rule::size_not_positive, number.low, rules.least, name}
                                      : fault{rule::number_too_large, number.high, rules.most, name};
    }
  return {};
}

constexpr inferred_shape operation_declaration::infer(attribute_quantities const& numbers, shape in) const {
  if (auto const wrong = fault_of(numbers, in); wrong.broken != rule::none)
    return wrong;
  auto made = infer_rule(numbers, in);
  if (made.problem.broken == rule::none)
    made.problem = fault_of(made.type);
  return made;
}

constexpr priced_shape operation_declaration::price(attribute_quantities const& numbers, shape in) const {
  if (auto const wrong = fault_of(numbers, in); wrong.broken != rule::none)
    return {wrong, {}};
  auto priced = price_rule(numbers, in);
  if (priced.made.problem.broken == rule::none)
    priced.made.problem = fault_of(priced.made.type);
  return priced;
}

constexpr inference operation_declaration::infer(attribute_values const& values, tensor_type const& in) const {
  auto const made = infer(quantities_of(values), shape_of(in));
  return {smallest(made.type), made.problem};
}

constexpr operation_cost operation_declaration::cost(attribute_values const& values, tensor_type const& in,
                                                     tensor_type const& out) const {
  auto const whole = cost(quantities_of(values), shape_of(in), shape_of(out));
  return {whole.params.low, whole.macs.low};
}

namespace detail {

template <class Operation>
constexpr Operation from_quantities(attribute_quantities const& numbers) {
  Operation operation{};
  if constexpr (requires(attribute_visitor & v) { operation.reflect(v); }) {
    attribute_visitor assign{numbers.data()};
    operation.reflect(assign);
  }
  return operation;
}

template <class Operation>
constexpr operation_declaration declare() {
  operation_declaration declaration{.name = Operation::name};
  if constexpr (requires { Operation::form; })
    declaration.form = Operation::form;
  if constexpr (requires { Operation::takes; })
    declaration.takes = Operation::takes;
  if constexpr (requires(Operation o, attribute_visitor & v) { o.reflect(v); }) {
    Operation preset{};
    attribute_visitor collect{declaration.attributes.data()};
    preset.reflect(collect);
    declaration.attribute_count = collect.count();
  }
  declaration.channels = declaration.index_of("channels");
  declaration.groups = declaration.index_of("groups");
  declaration.stride = declaration.index_of("stride");
  if constexpr (requires(Operation o, shape s) { o.infer(s); }) {
    declaration.infer_rule = [](attribute_quantities const& numbers, shape const& in) -> inferred_shape {
      return from_quantities<Operation>(numbers).infer(in);
    };
    declaration.price_rule = [](attribute_quantities const& numbers, shape const& in) -> priced_shape {
      auto const operation = from_quantities<Operation>(numbers);
      priced_shape priced{operation.infer(in), {}};
      if constexpr (requires(Operation o, shape s) { o.cost(s, s); })
        if (priced.made.problem.broken == rule::none)
          priced.cost = operation.cost(in, priced.made.type);
      return priced;
    };
  }
  if constexpr (requires(Operation o, shape s) { o.cost(s, s); })
    declaration.cost_rule = [](attribute_quantities const& numbers, shape const& in, shape const& out) {
      return from_quantities<Operation>(numbers).cost(in, out);
    };
  if constexpr (requires(Operation o, quantity q) { o.evaluate(q, q); })
    declaration.evaluate = [](attribute_quantities const& numbers, quantity const& a, quantity const& b) {
      return from_quantities<Operation>(numbers).evaluate(a, b);
    };
  return declaration;
}

} // namespace detail

/// The numbers of an operation without decisions.
template <class Operation>
constexpr attribute_values constants_of(Operation operation) {
  attribute_values values{};
  if constexpr (requires(attribute_visitor & v) { operation.reflect(v); }) {
    per_attribute<attribute_declaration> shown{};
    attribute_visitor show{shown.data()};
    operation.reflect(show);
    for (std::size_t i = 0; i < show.count(); ++i)
      values[i] = shown[i].preset;
  }
  return values;
}

/// The declaration derived from a struct with `name`, `reflect` and, for a leaf, `infer(in)` and `cost(in, out)`.
template <class Operation>
inline constexpr operation_declaration declaration_of = detail::declare<Operation>();

/// Replaces what a leaf inherits (`inherited`, `depthwise`) by numbers; `edge_stride` is used up by the first operation
/// that strides.
constexpr attribute_quantities resolve(operation_declaration const& declaration, attribute_quantities numbers,
                                       shape const& in, int& edge_stride) {
  auto const inherits = [&](std::size_t i, int word) { return i < max_attributes && numbers.items[i].is(word); };
  if (inherits(declaration.channels, inherited))
    numbers[declaration.channels] = in.channels;
  if (inherits(declaration.groups, depthwise))
    numbers[declaration.groups] = in.channels;
  if (inherits(declaration.stride, inherited)) {
    numbers[declaration.stride] = edge_stride;
    edge_stride = 1;
  }
  return numbers;
}

/// The same in one architecture.
constexpr attribute_values resolve(operation_declaration const& declaration, attribute_values values,
                                   tensor_type const& in, int& edge_stride) {
  auto const numbers = resolve(declaration, quantities_of(values), shape_of(in), edge_stride);
  for (std::size_t i = 0; i < max_attributes; ++i)
    values[i] = static_cast<int>(numbers[i].low);
  return values;
}

} // namespace espalier::dsl
