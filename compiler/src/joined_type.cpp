#include "joined_type.hpp"

#include "region_builder.hpp"

#include <algorithm>
#include <limits>

#include <espalier/dsl/evaluate.hpp>

namespace espalier::compiler {

namespace {

using dsl::quantity;

bool concatenates(operation const& join) {
  return join.form() == structure::concat || (join.form() == structure::select && join.attribute("join") == 1);
}

// Of a subset, and of what nothing else reads, any part of all channels.
bool takes_a_part(operation const& join) {
  return join.form() == structure::select || join.attribute("unread") == 1;
}

quantity identified(quantity part, operation const& join) {
  part.low = 1, part.step = 1;
  part.symbol = dsl::detail::identity(dsl::label{std::string_view{join.label}});
  for (auto const& operand : join.operands)
    part.symbol = dsl::detail::mixed(part.symbol, dsl::detail::identity(dsl::label{std::string_view{operand}}));
  return part;
}

} // namespace

dsl::shape joined_shape(operation const& join, std::vector<dsl::shape> const& operands) {
  auto result = operands.front();
  if (join.form() == structure::recurrence) {
    result.kind = dsl::tensor_kind::sequence;
    result.channels = join.attribute("channels");
    return result;
  }
  quantity sum = 0;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    auto const& type = operands[i];
    bool const is_fallback = i == 0 && join.form() == structure::select && join.attribute("otherwise") == 1;
    sum = is_fallback ? sum : sum + type.channels;
    if (type.channels.high > result.channels.high)
      result.channels = type.channels;
  }
  if (concatenates(join) && sum.high > result.channels.high)
    result.channels = takes_a_part(join) && operands.size() > 1 ? identified(sum, join) : sum;
  return result;
}

tensor_type joined_type(operation const& join, std::vector<tensor_type> const& operands) {
  std::vector<dsl::shape> shapes;
  for (auto const& type : operands)
    shapes.push_back(dsl::shape_of(type));
  auto shape = joined_shape(join, shapes);
  shape.channels.high = std::min<long long>(shape.channels.high, std::numeric_limits<int>::max());
  return widest(shape);
}

} // namespace espalier::compiler
