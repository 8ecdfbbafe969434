#include "python_leaves.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

// The name of a row: some operations read differently by what they are given.
std::string row_name(typed_operation const& t) {
  auto const name = std::string{t.op.declaration->name};
  auto const& in = t.operands.front();
  bool const is_image = in.kind == dsl::tensor_kind::image;
  if (t.op.is("batch_norm") && !is_image)
    return "batch_norm of vectors";
  if (t.op.is("tied_linear") && t.op.attribute("bias") == 0)
    return "tied_linear without bias";
  bool const changes_channels = is_image && t.op.type().channels != in.channels;
  if ((t.op.is("shortcut") || t.op.is("none")) && changes_channels)
    return name + " to other channels";
  return name;
}

} // namespace

python_form const& python_form_of(typed_operation const& t) {
  auto const name = row_name(t);
  for (auto const* forms : {&python_image_forms(), &python_feature_forms(), &python_sequence_forms()})
    if (auto const row = std::ranges::find(*forms, name, &python_form::operation); row != forms->end())
      return *row;
  throw internal_error(fmt::format("%{}: {} has no row in the tables of Python's leaves", t.op.name(), name));
}

expression argument_of(python_form::numbers const& n, std::string_view name) {
  return {n.find(name)->second.text()};
}

void add_keyword(expression& to, std::string_view name, number const& value, int preset) {
  if (!value.is(preset))
    to.arguments.push_back({fmt::format("{}={}", name, value.text())});
}

int channel_dimension(tensor_type const& type) {
  return type.kind == dsl::tensor_kind::sequence || type.kind == dsl::tensor_kind::tokens ? 2 : 1;
}

} // namespace espalier::compiler
