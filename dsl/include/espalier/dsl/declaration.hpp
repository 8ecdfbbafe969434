#pragma once

#include <espalier/dsl/rules.hpp>
#include <espalier/dsl/tensor_type.hpp>

#include <array>
#include <cstddef>
#include <string_view>

#include <boost/hana/accessors.hpp>
#include <boost/hana/adapt_struct.hpp>
#include <boost/hana/core/to.hpp>
#include <boost/hana/first.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/second.hpp>

namespace espalier::dsl {

inline constexpr std::size_t max_attributes = 6;
/// Channels: as many as the input has. Stride: the cell edge's, for the first operation that can stride, otherwise 1.
inline constexpr int inherited = 0;
/// Groups: one a channel.
inline constexpr int depthwise = -1;

/// An operation's numbers, in the order of its declaration.
using attribute_values = std::array<int, max_attributes>;

/// A name and the value an attribute has when nothing is said.
struct attribute_declaration {
  std::string_view name;
  int preset = 0;
};

/// The type an operation gives, or why it cannot.
struct inference {
  tensor_type type{};
  fault problem{};
};

/// What an operation costs for one example: trainable numbers, and multiply-adds of convolutions and linear layers.
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

/// How an operation holds other operations. A leaf holds none.
enum class structure : std::uint8_t { leaf, sequence, block, choice, repeat, cell, select, add, concat };

/// Everything the compiler knows of an operation. Declared once, as a reflected struct; see `declare`.
struct operation_declaration {
  std::string_view name;
  structure form = structure::leaf;
  std::array<attribute_declaration, max_attributes> attributes{};
  std::size_t attribute_count = 0;
  std::size_t channels = max_attributes; ///< Where the attribute `channels` stands; likewise `groups` and `stride`.
  std::size_t groups = max_attributes;
  std::size_t stride = max_attributes;
  inference (*infer)(attribute_values const&, tensor_type const&) = nullptr;
  operation_cost (*cost)(attribute_values const&, tensor_type const&, tensor_type const&) = nullptr;

  /// The position of an attribute, or `max_attributes` where the operation has none of that name.
  [[nodiscard]] constexpr std::size_t index_of(std::string_view attribute) const {
    for (std::size_t i = 0; i < attribute_count; ++i)
      if (attributes[i].name == attribute)
        return i;
    return max_attributes;
  }
};

namespace detail {

template <class Operation>
constexpr attribute_values to_values(Operation const& operation) {
  attribute_values values{};
  std::size_t i = 0;
  boost::hana::for_each(boost::hana::accessors<Operation>(),
                        [&](auto const& accessor) { values[i++] = boost::hana::second(accessor)(operation); });
  return values;
}

template <class Operation>
constexpr Operation from_values(attribute_values const& values) {
  Operation operation{};
  std::size_t i = 0;
  boost::hana::for_each(boost::hana::accessors<Operation>(),
                        [&](auto const& accessor) { boost::hana::second(accessor)(operation) = values[i++]; });
  return operation;
}

template <class Operation>
constexpr operation_declaration declare() {
  operation_declaration declaration{.name = Operation::name};
  Operation const preset{};
  boost::hana::for_each(boost::hana::accessors<Operation>(), [&](auto const& accessor) {
    declaration.attributes[declaration.attribute_count++] = {boost::hana::to<char const*>(boost::hana::first(accessor)),
                                                             boost::hana::second(accessor)(preset)};
  });
  declaration.channels = declaration.index_of("channels");
  declaration.groups = declaration.index_of("groups");
  declaration.stride = declaration.index_of("stride");
  if constexpr (requires { Operation::form; })
    declaration.form = Operation::form;
  if constexpr (requires(Operation o, tensor_type t) { o.infer(t); })
    declaration.infer = [](attribute_values const& values, tensor_type const& in) {
      return from_values<Operation>(values).infer(in);
    };
  if constexpr (requires(Operation o, tensor_type t) { o.cost(t, t); })
    declaration.cost = [](attribute_values const& values, tensor_type const& in, tensor_type const& out) {
      return from_values<Operation>(values).cost(in, out);
    };
  return declaration;
}

} // namespace detail

/// The declaration derived from a Hana-reflected struct with `name`, and, for a leaf, `infer(in)` and `cost(in, out)`.
template <class Operation>
inline constexpr operation_declaration declaration_of = detail::declare<Operation>();

/// Replaces what a leaf inherits (`inherited`, `depthwise`) by numbers; `edge_stride` is used up by the first operation
/// that strides.
constexpr attribute_values resolve(operation_declaration const& declaration, attribute_values values,
                                   tensor_type const& in, int& edge_stride) {
  auto const inherits = [&](std::size_t i, int word) { return i < max_attributes && values[i] == word; };
  if (inherits(declaration.channels, inherited))
    values[declaration.channels] = in.channels;
  if (inherits(declaration.groups, depthwise))
    values[declaration.groups] = in.channels;
  if (inherits(declaration.stride, inherited)) {
    values[declaration.stride] = edge_stride;
    edge_stride = 1;
  }
  return values;
}

} // namespace espalier::dsl
