#include "random_graph.hpp"

#include <espalier/dsl/operation_table.hpp>

#include <algorithm>
#include <array>
#include <string>

using namespace espalier::compiler;
namespace dsl = espalier::dsl;

namespace {

// `sequence` is only how C++ writes one operation after another.
std::vector<operation_declaration const*> declarations(bool are_numbers) {
  std::vector<operation_declaration const*> found;
  for (auto const* d : dsl::operation_table)
    if ((d->form == structure::number) == are_numbers && d->form != structure::sequence)
      found.push_back(d);
  return found;
}

auto const operations = declarations(false);
auto const numbers = declarations(true);

} // namespace

graph random_graphs::next() {
  values_ = 0;
  auto name = random_label();
  return {std::move(name), random_region(0, static_cast<int>(random_.below(3)))};
}

region random_graphs::random_region(int depth, int arguments) {
  region r;
  for (int i = 0; i < arguments; ++i)
    r.arguments.push_back({new_value(), one_in(2) ? tensor_type{} : random_type()});
  for (auto count = random_.below(depth == 0 ? 6 : 3); count > 0; --count)
    r.operations.push_back(random_operation(depth));
  for (auto count = random_.below(3); count > 0; --count)
    r.yields.push_back(random_value());
  return r;
}

operation random_graphs::random_operation(int depth) {
  operation op;
  op.declaration = operations[random_.below(static_cast<std::uint32_t>(operations.size()))];
  seen_.insert(op.declaration->name);
  if (one_in(3))
    op.label = random_label();
  for (auto count = random_.below(4); count > 0; --count)
    op.operands.push_back(random_value());
  for (std::size_t i = 0; i < op.declaration->attribute_count; ++i)
    op.attributes[i] = one_in(2) ? op.declaration->attributes[i].preset : random_integer();
  add_decided_numbers(op);
  for (auto count = depth < 4 && one_in(2) ? random_.below(3) : 0; count > 0; --count)
    op.regions.push_back(random_region(depth + 1, static_cast<int>(random_.below(3))));
  if (!is_statement(op.form()))
    for (auto count = 1 + random_.below(2); count > 0; --count)
      op.results.push_back({new_value(), one_in(2) ? tensor_type{} : random_type()});
  return op;
}

void random_graphs::add_decided_numbers(operation& op) {
  for (std::size_t i = 0; i < op.declaration->attribute_count; ++i)
    if (one_in(5)) {
      auto number = random_number(0);
      if (number.declaration->name == "value")
        continue; // a constant is no decision
      op.attributes[i] = op.declaration->attributes[i].preset;
      op.decided.push_back({i, std::move(number)});
    }
}

decided_number random_graphs::random_number(int depth) {
  decided_number made;
  made.declaration = depth > 3 ? &dsl::declaration_of<dsl::operations::value>
                               : numbers[random_.below(static_cast<std::uint32_t>(numbers.size()))];
  seen_.insert(made.declaration->name);
  for (std::size_t i = 0; i < made.declaration->attribute_count; ++i)
    made.attributes[i] = random_integer();
  if (made.declaration->name == "value")
    return made;
  if (one_in(3))
    made.label = random_label();
  if (made.declaration->name == "one_of")
    for (auto count = 1 + random_.below(4); count > 0; --count)
      made.operands.push_back({&dsl::declaration_of<dsl::operations::value>, "", {random_integer()}, {}});
  if (made.declaration->evaluate != nullptr)
    for (int i = made.declaration->name == "rounded" ? 1 : 2; i > 0; --i)
      made.operands.push_back(random_number(depth + 1));
  return made;
}

tensor_type random_graphs::random_type() {
  auto const kind = static_cast<dsl::tensor_kind>(random_.below(5));
  auto const size = [&] { return 1 + static_cast<int>(random_.below(one_in(4) ? 0x7fff'ffff : 64)); };
  if (kind == dsl::tensor_kind::vector)
    return {kind, size(), 1, 1};
  if (kind == dsl::tensor_kind::ids)
    return {kind, size(), size(), 1};
  return {kind, size(), size(), size()};
}

std::string random_graphs::random_label() {
  static constexpr std::array<std::string_view, 14> pieces{
      "conv", "3x3", "/", "\"", "\\", " ", "größe", "漢字", "🌳", "%x", "// no comment", "{", "\\\"", "-"};
  std::string label;
  for (auto count = random_.below(4); count > 0; --count)
    label += pieces[random_.below(static_cast<std::uint32_t>(pieces.size()))];
  return label;
}

std::string random_graphs::random_value() {
  return "v" + std::to_string(random_.below(static_cast<std::uint32_t>(values_ + 1)));
}

std::string random_graphs::new_value() {
  return "v" + std::to_string(values_++);
}

int random_graphs::random_integer() {
  static constexpr std::array edges{-2, -1, 0, 1, 2, 3, 255, 0x7fff'ffff, -0x7fff'ffff - 1};
  return one_in(2) ? edges[random_.below(edges.size())] : static_cast<int>(random_.below(100));
}
