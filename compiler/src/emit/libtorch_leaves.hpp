#pragma once

#include "code_writer.hpp"
#include "outline.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace espalier::compiler {

/// An operation of `forward`: what it reads as variables, the member that stands for it, and the numbers it names.
struct libtorch_call {
  typed_operation const& of;
  std::map<std::string, number, std::less<>> const& numbers;
  std::vector<std::string> x;
  std::string member;           ///< Empty for a function.
  std::string embedding_member; ///< Of a tied linear layer.

  [[nodiscard]] std::string number_text(std::string_view name) const { return numbers.find(name)->second.text(); }
};

/// How a leaf or a join reads in LibTorch.
struct libtorch_form {
  using numbers = std::map<std::string, number, std::less<>>;

  std::string_view operation;
  code_numbers code;
  std::string_view member; ///< Its type: a module's, or `torch::Tensor` for a parameter.
  expression (*construct)(typed_operation const&, numbers const&); ///< Of a member.
  expression (*apply)(libtorch_call const&); ///< Without it, the member is called with what the operation reads.
  std::string_view helper = {};              ///< Of `libtorch_helpers`.

  [[nodiscard]] bool is_parameter() const { return member == "torch::Tensor"; }
};

/// \name The families; to emit a new operation, add its row to one
/// @{
std::vector<libtorch_form> const& libtorch_image_forms();
std::vector<libtorch_form> const& libtorch_feature_forms();
std::vector<libtorch_form> const& libtorch_sequence_forms();
/// @}

/// The row of an operation; `internal_error` if there is none.
libtorch_form const& libtorch_form_of(typed_operation const& t);

/// Code for what LibTorch does not have: structs for modules, and functions.
struct libtorch_helper {
  std::string_view name;
  bool is_module;
  std::string_view code;
};
std::vector<libtorch_helper> const& libtorch_helpers();

/// \name Parts of expressions
/// @{
expression number_argument(libtorch_form::numbers const& n, std::string_view name);
/// A convolution's padding, dilation * (kernel - 1) / 2, which keeps the size of the map at stride 1.
number same_padding(number const& kernel, number const& dilation = {"", 1});
/// A call of a function of one tensor.
template <class... More>
expression function_of(std::string name, std::string const& x, More... more) {
  return call(std::move(name), {expression{x}, expression{std::move(more)}...});
}
/// @}

} // namespace espalier::compiler
