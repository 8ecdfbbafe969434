#pragma once

#include "leaf_form.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace espalier::compiler {

/// How a leaf or a join reads in LibTorch.
struct libtorch_form : leaf_form {
  std::string_view member = {}; ///< Its type: a module's, or `torch::Tensor` for a parameter.

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

/// A call of a function of one tensor.
template <class... More>
expression function_of(std::string name, std::string const& x, More... more) {
  return call(std::move(name), {expression{x}, expression{std::move(more)}...});
}

} // namespace espalier::compiler
