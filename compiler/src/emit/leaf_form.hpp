#pragma once

#include "outline.hpp"
#include "source_writer.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace espalier::compiler {

/// A leaf or a join of `forward`: what it reads as expressions, the member that stands for it, and the numbers it
/// names.
struct leaf_call {
  typed_operation const& of;
  named_numbers const& numbers;
  std::vector<std::string> x;
  std::string member;           ///< Empty for a function.
  std::string embedding_member; ///< Of a tied linear layer.

  [[nodiscard]] std::string number_text(std::string_view name) const { return numbers.find(name)->second.text(); }
  [[nodiscard]] int attribute(std::string_view name) const { return of.op.attribute(name); }
  [[nodiscard]] bool reads_image() const { return of.operands.front().kind == dsl::tensor_kind::image; }
  /// Where what it reads has its channels.
  [[nodiscard]] int channel_dimension() const;
};

/// How a leaf or a join reads in a language.
struct leaf_form {
  std::string_view operation;
  code_numbers code;
  expression (*construct)(typed_operation const&, named_numbers const&); ///< Of a member; null for a function.
  expression (*apply)(leaf_call const&); ///< Without it, the member is called with what the operation reads.
  std::string_view helper = {};          ///< What the language lacks, and emitted code brings along.
};

/// The forms of one language.
using leaf_form_of = leaf_form const& (*)(typed_operation const&);

/// The row that an operation has in the tables of forms: its name, and what it is given where it reads differently.
std::string row_name(typed_operation const& t);

/// Whether an operation is a module or a parameter of the module it stands in.
bool is_member(operation const& op, region const& in, leaf_form_of form_of);

/// What the code of a leaf or a join depends on; of a sum, which is written as one, nothing.
code_numbers code_numbers_in(typed_operation const& t, leaf_form_of form_of);

/// The helpers that the modules' operations name; `recur` carries the state of a recurrence.
std::set<std::string_view> helpers_named(std::vector<outlined_module> const& modules, leaf_form_of form_of);

/// \name Parts of expressions
/// @{
expression argument_of(named_numbers const& n, std::string_view name);
/// A convolution's padding, dilation * (kernel - 1) / 2, which keeps the size of the map at stride 1; `half` is how the
/// language divides whole numbers by two.
number same_padding(number const& kernel, number const& dilation, std::string_view half);
/// @}

} // namespace espalier::compiler
