#pragma once

#include "identifiers.hpp"
#include "leaf_form.hpp"
#include "outline.hpp"
#include "source_writer.hpp"

#include <map>
#include <string>
#include <vector>

namespace espalier::compiler {

/// How `forward` reads what its module holds.
struct member_names {
  std::map<std::string, std::string> modules; ///< By the name of their value.
  std::map<std::string, std::string> numbers; ///< Constructor parameters that functions read, by their name.
};

/// Writes the statements of one module's `forward`; a language derives from it and says how they read. Values that only
/// a sum reads are terms of it; in a body of one argument, a value that only the next operation reads is written into
/// the argument's variable.
class forward_writer {
public:
  /// \param locals names that variables must not take.
  forward_writer(outlined_module const& module, member_names const& members, leaf_form_of form_of,
                 identifier_scope locals, source_writer& out);
  forward_writer(forward_writer const&) = delete;
  forward_writer& operator=(forward_writer const&) = delete;
  virtual ~forward_writer() = default;

  struct argument {
    std::string variable;
    bool is_read;
  };
  /// The variables that hold the arguments.
  [[nodiscard]] std::vector<argument> arguments() const;
  void write_statements();

protected:
  /// What stands before a value that a variable is given: `auto x = `.
  [[nodiscard]] virtual std::string assignment(std::string const& variable, bool is_new) const = 0;
  /// What a leaf or a join of a region, which reads as told, is written as.
  [[nodiscard]] virtual expression written(operation const& op, region const& in, expression e) const;

private:
  void write_operation(std::size_t i);
  [[nodiscard]] std::string const& source(std::string const& value) const;
  [[nodiscard]] bool is_identity(std::size_t i) const;
  [[nodiscard]] std::vector<expression> terms_of(std::size_t i) const;
  [[nodiscard]] expression computed(std::size_t i, std::vector<expression> const& operands) const;
  [[nodiscard]] std::string embedding_before(std::size_t i) const;
  [[nodiscard]] named_numbers as_members(named_numbers numbers) const;
  [[nodiscard]] bool is_term(operation const& op) const;
  [[nodiscard]] bool is_read_last_by(operation const& op) const;

  outlined_module const& module_;
  region const& body_;
  member_names const& members_;
  leaf_form_of form_of_;
  source_writer& out_;
  identifier_scope locals_;
  std::map<std::string, std::string> same_as_; // values that are another one, which stands for them everywhere
  std::string yields_;
  std::size_t last_ = 0; // operation that is a statement
  std::map<std::string, std::vector<operation const*>> readers_;
  std::map<std::string, expression> code_; // how a value is read: its variable, or its term
  tensor_type last_shape_;
};

} // namespace espalier::compiler
