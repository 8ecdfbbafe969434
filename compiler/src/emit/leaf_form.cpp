#include "leaf_form.hpp"

#include <fmt/format.h>

namespace espalier::compiler {

int leaf_call::channel_dimension() const {
  auto const kind = of.operands.front().kind;
  return kind == dsl::tensor_kind::sequence || kind == dsl::tensor_kind::tokens ? 2 : 1;
}

std::string row_name(typed_operation const& t) {
  auto const name = std::string{t.op.declaration->name};
  auto const& in = t.operands.front();
  if (t.op.is("batch_norm") && in.kind == dsl::tensor_kind::vector)
    return name + " of vectors";
  if (t.op.is("tied_linear") && t.op.attribute("bias") == 0)
    return name + " without bias";
  if ((t.op.is("shortcut") || t.op.is("none")) && t.op.type().channels != in.channels)
    return name + " to other channels";
  return name;
}

bool is_member(operation const& op, region const& in, leaf_form_of form_of) {
  return holds_region(op) || (op.form() != structure::add && form_of(typed(op, in)).construct != nullptr);
}

code_numbers code_numbers_in(typed_operation const& t, leaf_form_of form_of) {
  return t.op.form() == structure::add ? code_numbers{} : form_of(t).code;
}

std::set<std::string_view> helpers_named(std::vector<outlined_module> const& modules, leaf_form_of form_of) {
  std::set<std::string_view> named;
  for (auto const& m : modules)
    for (auto const& op : m.body().operations) {
      if (op.form() == structure::recurrence)
        named.insert("recur");
      else if (op.form() != structure::block && op.form() != structure::add)
        named.insert(form_of(typed(op, m.body())).helper);
    }
  return named;
}

expression argument_of(named_numbers const& n, std::string_view name) {
  return {n.find(name)->second.text()};
}

number same_padding(number const& kernel, number const& dilation, std::string_view half) {
  if (kernel.parameter.empty() && dilation.parameter.empty())
    return {"", dilation.literal * (kernel.literal / 2)};
  if (kernel.parameter.empty())
    return {kernel.is(3) ? dilation.text() : fmt::format("{} * {}", dilation.text(), kernel.literal / 2), 0};
  auto const steps = fmt::format("{} {}", kernel.text(), half);
  return {dilation.is(1) ? steps : fmt::format("{} * ({})", dilation.text(), steps), 0};
}

} // namespace espalier::compiler
