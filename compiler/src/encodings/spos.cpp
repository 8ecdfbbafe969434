#include <espalier/compiler/encodings/spos.hpp>

#include "encoding_reader.hpp"
#include "layers.hpp"

#include <espalier/dsl/blocks.hpp>

#include <fmt/format.h>

#include <cmath>
#include <numeric>

namespace espalier::compiler::encodings {

namespace ops = dsl::operations;

namespace {

constexpr int xception = 3;

struct choice_block {
  int kind;
  int middle;
  int out;
  int stride;
};

std::string conv_bn_relu(region_builder& to, std::string const& x, int channels) {
  return relu(to, conv_bn(to, x, 1, channels));
}

std::string append_branch(region_builder& to, std::string const& x, choice_block const& block, int channels) {
  if (block.kind != xception) {
    auto const y =
        batch_norm(to, depthwise(to, conv_bn_relu(to, x, block.middle), 2 * block.kind + 3, {.stride = block.stride}));
    return conv_bn_relu(to, y, channels);
  }
  auto y = x;
  for (int i = 0; i < 3; ++i) {
    y = batch_norm(to, depthwise(to, y, 3, {.stride = i == 0 ? block.stride : 1}));
    y = conv_bn_relu(to, y, i == 2 ? channels : block.middle);
  }
  return y;
}

// Where the map stays, every other channel passes by the branch; where it shrinks, all go through both.
std::string append_block(region_builder& to, std::string const& x, choice_block const& block) {
  int const in = to.type_of(x).channels;
  if (block.stride == 1) {
    ops::channel_part part;
    auto const kept = to.leaf(part, x);
    part.part = 1;
    auto const y = append_branch(to, to.leaf(part, x), block, block.out - in / 2);
    return concatenated(to, {kept, y});
  }
  int const kernel = block.kind == xception ? 3 : 2 * block.kind + 3;
  auto const projected = conv_bn_relu(to, batch_norm(to, depthwise(to, x, kernel, {.stride = 2})), in);
  return concatenated(to, {projected, append_branch(to, x, block, block.out - in)});
}

} // namespace

spos_lists read_spos_lists(nlohmann::json const& encoding, spos_skeleton const& skeleton) {
  encoding_reader from{"the SPOS lists"};
  auto const count = static_cast<std::size_t>(std::accumulate(skeleton.layers.begin(), skeleton.layers.end(), 0));
  spos_lists lists;
  auto const& blocks = encoding.is_object() ? from.member(encoding, "arch", "network") : encoding;
  lists.blocks = from.whole_numbers(blocks, "arch", 0, xception);
  if (lists.blocks.size() != count)
    from.fault("arch", fmt::format("{} blocks", lists.blocks.size()), fmt::format("{}: one a layer", count));
  if (encoding.is_object() && encoding.contains("channels")) {
    auto const scales = from.items(encoding["channels"], "channels", count, count);
    for (std::size_t i = 0; i < scales.size(); ++i)
      lists.scales.push_back(from.fraction(scales[i], fmt::format("channels[{}]", i), 0.1, 4));
  }
  from.finish();
  return lists;
}

graph spos_network(spos_lists const& lists, spos_skeleton const& skeleton) {
  region_builder to{{{"input", photograph(skeleton.side)}}};
  auto x = relu(to, conv_bn(to, "input", 3, skeleton.stem, 2));
  std::size_t layer = 0;
  for (std::size_t stage = 0; stage < skeleton.layers.size(); ++stage)
    for (int i = 0; i < skeleton.layers[stage]; ++i, ++layer) {
      int const out = skeleton.channels[stage];
      double const scale = lists.scales.empty() ? 1 : lists.scales[layer];
      auto const middle = static_cast<int>(out / 2 * scale + 1e-9); // rounded down; 0.6 times 160 is 96
      choice_block const block{lists.blocks[layer], std::max(1, middle), out, i == 0 ? 2 : 1};
      x = to.block(block.kind == xception ? "xception" : fmt::format("shuffle_{0}x{0}", 2 * block.kind + 3), x,
                   [&](region_builder& body, std::string const& in) { return append_block(body, in, block); });
    }
  x = relu(to, conv_bn(to, x, 1, skeleton.head));
  auto const y = classifier(to, x, skeleton.classes, skeleton.classifier_bias);
  return {"spos", std::move(to).finish(y)};
}

} // namespace espalier::compiler::encodings
