#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/compiler/names.hpp>
#include <espalier/dsl/operations/structure.hpp>

#include <string>
#include <unordered_map>
#include <vector>

namespace espalier::compiler {

/// An operation of the language with its numbers, which are constants.
template <class Operation>
operation make(Operation const& values, std::string label = {}, std::vector<std::string> operands = {}) {
  return {
      &dsl::declaration_of<Operation>, std::move(label), std::move(operands), dsl::constants_of(values), {}, {}, {}};
}

/// The type that holds a value in every architecture.
tensor_type widest(dsl::shape const& s);

/// Builds a region whose types are all known, operation after operation.
class region_builder {
public:
  region_builder() = default;
  explicit region_builder(std::vector<value> const& arguments);

  void add_argument(std::string name, dsl::shape const& type);

  /// Appends an operation whose result has this type, and returns the result's name: by default a fresh one.
  std::string append(operation op, dsl::shape const& type, std::string name = {});
  std::string append(operation op, tensor_type const& type, std::string name = {});
  /// The same with the type that follows: a leaf's numbers are resolved, a block's type is that of what it yields.
  /// Operands of another kind than the operation reads are adapted first. A broken rule is a `user_error` with the
  /// result's name.
  std::string append(operation op, std::string name = {});
  /// The same for a leaf whose numbers may be decisions; what it inherits is written where it is the same in every
  /// architecture. `edge_stride` is used up by the first operation that strides.
  std::string append_leaf(operation op, dsl::attribute_quantities const& numbers, int& edge_stride,
                          std::string name = {});
  /// Appends an operation that has no result.
  void append_statement(operation op) { region_.operations.push_back(std::move(op)); }

  /// \name The same for operations by their struct
  /// @{
  template <class Operation>
  std::string leaf(Operation const& values, std::string const& operand, std::string name = {}) {
    return append(make(values, {}, {operand}), std::move(name));
  }
  template <class Operation>
  std::string join(Operation const& values, std::vector<std::string> operands, std::string name = {}) {
    return append(make(values, {}, std::move(operands)), std::move(name));
  }
  /// A block of one operand, whose body `build(body, argument)` writes and returns the yielded value of.
  template <class Build>
  std::string block(std::string const& label, std::string const& operand, Build build, std::string name = {}) {
    region_builder body;
    body.add_argument("x", shape_of(operand));
    auto const yielded = build(body, std::string{"x"});
    return append_block(label, {operand}, std::move(body), yielded, std::move(name));
  }
  /// A block of several, whose body `build(body, arguments)` writes.
  template <class Build>
  std::string block(std::string const& label, std::vector<std::string> const& operands, Build build,
                    std::string name = {}) {
    region_builder body;
    std::vector<std::string> arguments;
    for (auto const& operand : operands) {
      arguments.push_back("x" + std::to_string(arguments.size()));
      body.add_argument(arguments.back(), shape_of(operand));
    }
    auto const yielded = build(body, arguments);
    return append_block(label, operands, std::move(body), yielded, std::move(name));
  }
  /// @}

  /// Keeps a name for a value that is still to come.
  void reserve(std::string const& name) { shapes_.try_emplace(name); }

  /// The value, read as one of another kind where both are positions of features.
  std::string adapted(std::string const& operand, dsl::tensor_kind wanted);

  [[nodiscard]] dsl::shape const& shape_of(std::string const& name) const { return shapes_.at(name); }
  [[nodiscard]] tensor_type type_of(std::string const& name) const { return widest(shape_of(name)); }

  /// The region; the builder is used up.
  region finish(std::string const& yielded) &&;

private:
  std::string append_block(std::string const& label, std::vector<std::string> operands, region_builder&& body,
                           std::string const& yielded, std::string name);
  [[nodiscard]] dsl::tensor_kind kind_read(operation const& op) const;

  region region_;
  name_source names_;
  std::unordered_map<std::string, dsl::shape> shapes_;
};

} // namespace espalier::compiler
