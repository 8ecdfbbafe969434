#include "libtorch_leaves.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::compiler {

libtorch_form const& libtorch_form_of(typed_operation const& t) {
  auto const name = row_name(t);
  for (auto const* family : {&libtorch_image_forms(), &libtorch_feature_forms(), &libtorch_sequence_forms()})
    if (auto const row = std::ranges::find(*family, name, &libtorch_form::operation); row != family->end())
      return *row;
  throw internal_error(fmt::format("%{}: {} has no row in the tables of LibTorch's leaves", t.op.name(), name));
}

} // namespace espalier::compiler
