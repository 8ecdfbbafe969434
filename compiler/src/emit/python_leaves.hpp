#pragma once

#include "outline.hpp"
#include "source_writer.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace espalier::compiler {

/// An operation of `forward`: what it reads as expressions, the member that stands for it, and the numbers it names.
struct python_call {
  typed_operation const& of;
  std::map<std::string, number, std::less<>> const& numbers;
  std::vector<std::string> x;
  std::string member;           ///< Empty for a function.
  std::string embedding_member; ///< Of a tied linear layer.

  [[nodiscard]] std::string number_text(std::string_view name) const { return numbers.find(name)->second.text(); }
  [[nodiscard]] int attribute(std::string_view name) const { return of.op.attribute(name); }
};

/// How a leaf or a join reads in PyTorch.
struct python_form {
  using numbers = std::map<std::string, number, std::less<>>;

  std::string_view operation;
  code_numbers code;
  expression (*construct)(typed_operation const&, numbers const&); ///< Of a member; null for a function.
  expression (*apply)(python_call const&); ///< Without it, the member is called with what the operation reads.
  std::string_view helper = {};            ///< Of `python_helpers`.
};

/// \name The families; to emit a new operation, add its row to one
/// @{
std::vector<python_form> const& python_image_forms();
std::vector<python_form> const& python_feature_forms();
std::vector<python_form> const& python_sequence_forms();
/// @}

/// The row of an operation; `internal_error` if there is none.
python_form const& python_form_of(typed_operation const& t);

/// Code for what PyTorch does not have: classes and functions.
struct python_helper {
  std::string_view name;
  std::string_view code;
};
std::vector<python_helper> const& python_helpers();

/// \name Parts of expressions
/// @{
expression argument_of(python_form::numbers const& n, std::string_view name);
/// `name=value`, unless that is the preset.
void add_keyword(expression& to, std::string_view name, number const& value, int preset);
/// Where a tensor of this kind has its channels.
int channel_dimension(tensor_type const& type);
/// @}

} // namespace espalier::compiler
