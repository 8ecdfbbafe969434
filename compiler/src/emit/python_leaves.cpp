#include "python_leaves.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::compiler {

leaf_form const& python_form_of(typed_operation const& t) {
  auto const name = row_name(t);
  for (auto const* family : {&python_image_forms(), &python_feature_forms(), &python_sequence_forms()})
    if (auto const row = std::ranges::find(*family, name, &leaf_form::operation); row != family->end())
      return *row;
  throw internal_error(fmt::format("%{}: {} has no row in the tables of Python's leaves", t.op.name(), name));
}

void add_keyword(expression& to, std::string_view name, number const& value, int preset) {
  if (!value.is(preset))
    to.arguments.push_back({fmt::format("{}={}", name, value.text())});
}

} // namespace espalier::compiler
