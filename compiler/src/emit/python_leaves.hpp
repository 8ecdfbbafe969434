#pragma once

#include "leaf_form.hpp"

#include <string_view>
#include <vector>

namespace espalier::compiler {

/// \name The families of leaves and joins in PyTorch; to emit a new operation, add its row to one
/// @{
std::vector<leaf_form> const& python_image_forms();
std::vector<leaf_form> const& python_feature_forms();
std::vector<leaf_form> const& python_sequence_forms();
/// @}

/// The row of an operation; `internal_error` if there is none.
leaf_form const& python_form_of(typed_operation const& t);

/// Code for what PyTorch does not have: classes and functions.
struct python_helper {
  std::string_view name;
  std::string_view code;
};
std::vector<python_helper> const& python_helpers();

/// Adds the argument `name=value`, unless that is the preset.
void add_keyword(expression& to, std::string_view name, number const& value, int preset);

} // namespace espalier::compiler
