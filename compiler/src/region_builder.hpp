#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/compiler/names.hpp>
#include <espalier/dsl/operations/structure.hpp>

#include <map>
#include <string>
#include <vector>

namespace espalier::compiler {

/// An operation of the language with its numbers, which are constants.
template <class Operation>
operation make(Operation const& values, std::string label = {}, std::vector<std::string> operands = {}) {
  return {
      &dsl::declaration_of<Operation>, std::move(label), std::move(operands), dsl::constants_of(values), {}, {}, {}};
}

/// Builds a region whose types are all known, operation after operation.
class region_builder {
public:
  explicit region_builder(std::vector<value> arguments);

  /// Appends an operation whose result has this type, and returns the result's name: by default a fresh one.
  std::string append(operation op, tensor_type const& type, std::string name = {});
  /// The same with the type that follows: a leaf's numbers are resolved, a block's type is that of what it yields.
  /// Operands of another kind than the operation reads are adapted first. A broken rule is a `user_error` with the
  /// result's name.
  std::string append(operation op, std::string name = {});

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
    region_builder body{{{"x", type_of(operand)}}};
    auto const yielded = build(body, std::string{"x"});
    auto op = make(dsl::operations::block{}, label, {operand});
    op.regions.push_back(std::move(body).finish(yielded));
    return append(std::move(op), std::move(name));
  }
  /// @}

  [[nodiscard]] tensor_type const& type_of(std::string const& name) const { return types_.at(name); }

  /// The region; the builder is used up.
  region finish(std::string const& yielded) &&;

private:
  std::string append_leaf(operation op, std::string name);
  std::string adapted(std::string const& operand, dsl::tensor_kind wanted);
  [[nodiscard]] dsl::tensor_kind kind_read(operation const& op) const;

  region region_;
  name_source names_;
  std::map<std::string, tensor_type> types_;
};

} // namespace espalier::compiler
