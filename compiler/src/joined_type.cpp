#include "joined_type.hpp"

#include <algorithm>
#include <limits>

namespace espalier::compiler {

tensor_type joined_type(operation const& join, std::vector<tensor_type> const& operands) {
  auto result = operands.front();
  if (join.form() == structure::recurrence) {
    result.kind = dsl::tensor_kind::sequence;
    result.channels = join.attribute("channels");
    return result;
  }
  bool const concatenates =
      join.form() == structure::concat || (join.form() == structure::select && join.attribute("join") == 1);
  long long sum = 0;
  for (auto const& type : operands) {
    sum += type.channels;
    result.channels = std::max(result.channels, type.channels);
  }
  if (concatenates)
    result.channels = static_cast<int>(std::min<long long>(sum, std::numeric_limits<int>::max()));
  return result;
}

} // namespace espalier::compiler
