#pragma once

#include <espalier/dsl/declaration.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace espalier::compiler {

using dsl::attribute_values;
using dsl::operation_declaration;
using dsl::structure;
using dsl::tensor_type;

/// A named SSA value of a region. The type is unknown (0 channels) until `expand` infers it.
struct value {
  std::string name;
  tensor_type type{};

  bool operator==(value const&) const = default;
};

/// A number that is a decision, or a formula over decisions: `one_of`, `range`, `product`, ...
struct decided_number {
  operation_declaration const* declaration = nullptr;
  std::string label; ///< Of a decision; may be empty.
  attribute_values attributes{};
  std::vector<decided_number> operands;

  bool operator==(decided_number const&) const;
};

/// An attribute that is not a constant.
struct decided_attribute {
  std::size_t attribute = 0;
  decided_number value;

  bool operator==(decided_attribute const&) const = default;
};

struct operation;

/// A list of operations with arguments and yielded values; isolated: it sees only its own arguments and operations.
struct region {
  std::vector<value> arguments;
  std::vector<operation> operations;
  std::vector<std::string> yields;

  bool operator==(region const&) const;

  /// The operation that defines a value, or nullptr for an argument or an unknown name.
  [[nodiscard]] operation const* definition_of(std::string_view name) const;
  /// The type of an argument or result; `internal_error` if there is none of this name.
  [[nodiscard]] tensor_type type_of(std::string_view name) const;
};

/// One operation: what it is, its name (of a block, cell or decision; may be empty), operands, numbers, held regions
/// and results. A constraint, a budget and the like have neither operands nor results.
struct operation {
  operation_declaration const* declaration = nullptr;
  std::string label;
  std::vector<std::string> operands;
  attribute_values attributes{};
  std::vector<region> regions;
  std::vector<value> results;
  std::vector<decided_attribute> decided; ///< In the order of attributes.

  bool operator==(operation const&) const = default;

  [[nodiscard]] structure form() const { return declaration->form; }
  [[nodiscard]] bool is(std::string_view name) const { return declaration->name == name; }
  /// The name and type of the first result.
  [[nodiscard]] std::string const& name() const { return results.front().name; }
  [[nodiscard]] tensor_type const& type() const { return results.front().type; }
  /// A number by its declared name; `internal_error` if the operation has none of that name.
  [[nodiscard]] int attribute(std::string_view name) const;
  void set_attribute(std::string_view name, int value);
  /// Whether a number, by its position, is a decision or a formula over decisions.
  [[nodiscard]] bool is_decided(std::size_t attribute) const;
};

/// A search space (with decisions) or a network (without), as one region from the input to the output.
///
/// Two levels share this form. As lowered, it is *structured*: `repeat` and `cell` are operations, and types inside
/// them are open. `expand` unrolls repeats, turns a cell into a block of `choice`, `select` and `concat`, and infers
/// every type: *expanded*.
struct graph {
  std::string name;
  region body;

  bool operator==(graph const&) const = default;

  [[nodiscard]] tensor_type const& input() const { return body.arguments.front().type; }
  /// Whether no repeat and no cell is left.
  [[nodiscard]] bool is_expanded() const;
};

/// Whether an operation of this form only says something of the region it stands in, and has no result.
constexpr bool is_statement(structure form) {
  return form == structure::constraint || form == structure::budget || form == structure::reference;
}

/// Whether an operation of this form makes one value of several, without operations of its own.
constexpr bool is_join(structure form) {
  switch (form) {
  case structure::select:
  case structure::pick:
  case structure::add:
  case structure::concat:
  case structure::average:
  case structure::weighted_sum:
  case structure::highway:
    return true;
  default:
    return false;
  }
}

/// How a candidate is called in an architecture: a block's label, else the operation with its kernel (`max_pool_3x3`).
std::string candidate_name(operation const& candidate);

/// The names of a choice's candidates, made unique with a suffix where two are called the same.
std::vector<std::string> candidate_names(operation const& choice);

} // namespace espalier::compiler
