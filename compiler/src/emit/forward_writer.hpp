#pragma once

#include "identifiers.hpp"
#include "outline.hpp"
#include "source_writer.hpp"

#include <map>
#include <string>
#include <vector>

namespace espalier::compiler {

/// Writes the statements of one module's `forward`; a language derives from it and says how they read. Values that only
/// a sum reads are terms of it; in a body of one argument, a value that only the next operation reads is written into
/// the argument's variable.
class forward_writer {
public:
  /// \param locals names that variables must not take; they are taken in it.
  forward_writer(outlined_module const& module, identifier_scope locals, source_writer& out);
  forward_writer(forward_writer const&) = delete;
  forward_writer& operator=(forward_writer const&) = delete;
  virtual ~forward_writer() = default;

  /// The variables that hold the arguments.
  [[nodiscard]] std::vector<std::string> arguments() const;
  void write_statements();

protected:
  /// What operation `i`, which is no sum, computes of its operands.
  [[nodiscard]] virtual expression computed(std::size_t i, std::vector<expression> const& operands) const = 0;
  /// What stands before a value that a variable is given: `auto x = `.
  [[nodiscard]] virtual std::string assignment(std::string const& variable, bool is_new) const = 0;

  [[nodiscard]] operation const& operation_at(std::size_t i) const { return body_.operations[i]; }
  [[nodiscard]] region const& body() const { return body_; }

private:
  void write_operation(std::size_t i);
  [[nodiscard]] std::vector<expression> terms_of(std::size_t i) const;
  [[nodiscard]] bool is_term(operation const& op) const;
  [[nodiscard]] bool is_read_last_by(operation const& op) const;

  region const& body_;
  source_writer& out_;
  identifier_scope locals_;
  std::map<std::string, std::vector<operation const*>> readers_;
  std::map<std::string, expression> code_; // how a value is read: its variable, or its term
  tensor_type last_shape_;
};

/// A module's types as comments write them: [N, 16, 14, 14] -> [N, 10].
std::string shapes_text(region const& body);

} // namespace espalier::compiler
