#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/dsl/quantity.hpp>

namespace espalier::compiler {

/// \name Numbers that follow from an operation's attributes, which are resolved
/// @{
inline int kernel_width(operation const& conv) {
  int const width = conv.attribute("kernel_width");
  return width == dsl::inherited ? conv.attribute("kernel") : width;
}

/// The channels between the two convolutions of squeeze and excitation.
inline int squeezed_channels(operation const& squeeze_excite) {
  int const few = squeeze_excite.attribute("channels") / squeeze_excite.attribute("ratio");
  int const divisor = squeeze_excite.attribute("divisor");
  return divisor > 1 ? static_cast<int>(dsl::round_to(divisor, few).low) : few;
}

/// The features of one head of attention.
inline int head_width(operation const& attention, tensor_type const& in) {
  int const width = attention.attribute("head_width");
  return width == 0 ? in.channels / attention.attribute("heads") : width;
}
/// @}

} // namespace espalier::compiler
