#include "inverted_bottlenecks.hpp"

#include <espalier/dsl/blocks.hpp>

namespace espalier::compiler::encodings {

namespace ops = dsl::operations;

std::vector<std::string> const& activation_names() {
  static std::vector<std::string> const names{"relu", "relu6", "h_swish", "swish"};
  return names;
}

std::string activate(region_builder& to, std::string const& x, std::string const& activation) {
  if (activation == "relu")
    return relu(to, x);
  if (activation == "relu6")
    return to.leaf(ops::relu6{}, x);
  if (activation == "h_swish")
    return to.leaf(ops::hard_swish{}, x);
  return to.leaf(ops::swish{}, x);
}

std::string squeeze_excite(region_builder& to, std::string const& x, int squeezed) {
  ops::squeeze_excite gate;
  gate.ratio = 1;
  gate.channels = squeezed;
  return to.leaf(gate, x);
}

std::string append_bottleneck(region_builder& to, std::string const& x, inverted_bottleneck const& block, bool bias,
                              int groups) {
  auto y = x;
  if (block.expands) {
    y = batch_norm(to, convolution(to, y, 1, block.middle, {.bias = bias}));
    y = activate(to, y, block.activation);
  }
  y = batch_norm(to, depthwise(to, y, block.kernel, {.stride = block.stride, .bias = bias}));
  y = activate(to, y, block.activation);
  if (block.squeezed > 0)
    y = squeeze_excite(to, y, block.squeezed);
  return batch_norm(to, convolution(to, y, 1, block.out, {.groups = groups, .bias = bias}));
}

} // namespace espalier::compiler::encodings
