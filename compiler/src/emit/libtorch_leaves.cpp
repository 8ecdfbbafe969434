#include "libtorch_leaves.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

// Some operations read differently on other types.
std::string_view row_name(typed_operation const& t) {
  auto const& in = t.operands.front();
  if (t.op.is("shortcut") && in.channels != t.op.attribute("channels"))
    return "shortcut to other channels";
  if (t.op.is("tied_linear") && t.op.attribute("bias") == 0)
    return "tied_linear without bias";
  if (t.op.is("none") && in.channels != t.op.type().channels)
    return "none to other channels";
  if (t.op.is("batch_norm") && in.kind == dsl::tensor_kind::vector)
    return "batch_norm of vectors";
  return t.op.declaration->name;
}

} // namespace

libtorch_form const& libtorch_form_of(typed_operation const& t) {
  auto const name = row_name(t);
  for (auto const* family : {&libtorch_image_forms(), &libtorch_feature_forms(), &libtorch_sequence_forms()})
    if (auto const row = std::ranges::find(*family, name, &libtorch_form::operation); row != family->end())
      return *row;
  throw internal_error(fmt::format("%{}: {} has no row in the table of LibTorch's operations", t.op.name(), name));
}

expression number_argument(libtorch_form::numbers const& n, std::string_view name) {
  return {n.find(name)->second.text()};
}

number same_padding(number const& kernel, number const& dilation) {
  if (kernel.parameter.empty() && dilation.parameter.empty())
    return {"", dilation.literal * (kernel.literal / 2)};
  if (kernel.parameter.empty())
    return {kernel.is(3) ? dilation.text() : fmt::format("{} * {}", dilation.text(), kernel.literal / 2), 0};
  return {dilation.is(1) ? kernel.text() + " / 2" : fmt::format("{} * ({} / 2)", dilation.text(), kernel.text()), 0};
}

} // namespace espalier::compiler
