#include <espalier/compiler/encodings/block_list.hpp>

#include "encoding_reader.hpp"
#include "inverted_bottlenecks.hpp"

#include <espalier/dsl/blocks.hpp>

#include <fmt/format.h>

#include <cmath>

namespace espalier::compiler::encodings {

namespace ops = dsl::operations;

namespace {

constexpr int most_channels = 1 << 16;

std::string read_activation(encoding_reader& from, nlohmann::json const& of, std::string const& key,
                            std::string const& place) {
  auto const name = from.text(from.member(of, key, place), place + "/" + key);
  from.one_of(name, place + "/" + key, activation_names());
  return name;
}

inverted_bottleneck read_block(encoding_reader& from, nlohmann::json const& of, std::string const& place, int in) {
  auto const number = [&](char const* key, int least, int most) {
    return from.whole(from.member(of, key, place), fmt::format("{}/{}", place, key), least, most);
  };
  inverted_bottleneck block;
  block.in = number("cin", 1, most_channels);
  block.out = number("cout", 1, most_channels);
  block.kernel = number("k", 1, 63);
  block.stride = number("s", 1, 8);
  block.has_shortcut = from.truth(from.member(of, "skip", place), place + "/skip");
  block.activation = read_activation(from, of, "act", place);
  auto const expansion = from.fraction(from.member(of, "e", place), place + "/e", 0.01, 64);
  block.expands = expansion != 1;
  bool const is_told = of.is_object() && of.contains("mid") && !of["mid"].is_null();
  block.middle = !block.expands ? block.in
                 : is_told      ? number("mid", 1, most_channels)
                                : static_cast<int>(std::lround(block.in * expansion));
  if (from.truth(from.member(of, "se", place), place + "/se"))
    block.squeezed = divisible_by_8(block.middle / 4);
  if (block.kernel % 2 == 0)
    from.fault(place + "/k", fmt::format("kernel {}", block.kernel), "an odd one");
  if (block.in != in)
    from.fault(place + "/cin", fmt::format("{} channels", block.in), fmt::format("{}: those of the layer before", in));
  if (block.has_shortcut && (block.in != block.out || block.stride != 1))
    from.fault(place + "/skip",
               fmt::format("a shortcut from {} to {} channels with stride {}", block.in, block.out, block.stride),
               "none where the shape changes");
  return block;
}

} // namespace

block_list read_block_list(nlohmann::json const& encoding) {
  encoding_reader from{"the block list"};
  block_list list;
  auto const part = [&](char const* key) -> nlohmann::json const& { return from.member(encoding, key, "network"); };
  if (encoding.is_object() && encoding.contains("resolution"))
    list.resolution = from.whole(encoding["resolution"], "resolution", 1, most_channels);
  list.first = from.whole(part("first"), "first", 1, most_channels);
  list.first_activation = read_activation(from, encoding, "first_act", "network");
  int in = list.first;
  auto const blocks = from.items(part("blocks"), "blocks", 1);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i] == "zero")
      continue;
    list.blocks.push_back(read_block(from, blocks[i], fmt::format("blocks[{}]", i), in));
    in = list.blocks.back().out;
  }
  if (auto const& expand = part("final_expand"); !expand.is_null())
    list.final_expand = from.whole(expand, "final_expand", 1, most_channels);
  list.feature_mix = from.whole(part("feature_mix"), "feature_mix", 1, most_channels);
  list.mixes_before_pooling = from.truth(part("feature_mix_bn"), "feature_mix_bn");
  list.classes = from.whole(part("classes"), "classes", 1, most_channels);
  from.finish();
  return list;
}

graph block_list_network(block_list const& list, int side) {
  region_builder to{{{"input", photograph(side)}}};
  auto x = activate(to, conv_bn(to, "input", 3, list.first, 2), list.first_activation);
  for (auto const& block : list.blocks)
    x = to.block("mb", x, [&](region_builder& body, std::string const& in) {
      auto const y = append_bottleneck(body, in, block);
      return block.has_shortcut ? added(body, {in, y}) : y;
    });
  auto const& last = list.blocks.empty() ? list.first_activation : list.blocks.back().activation;
  if (list.final_expand > 0)
    x = activate(to, conv_bn(to, x, 1, list.final_expand), last);
  if (list.mixes_before_pooling)
    x = activate(to, conv_bn(to, x, 1, list.feature_mix), last);
  x = to.leaf(ops::global_avg_pool{}, x);
  ops::linear linear;
  if (!list.mixes_before_pooling) {
    linear.channels = list.feature_mix;
    linear.bias = 0;
    x = activate(to, to.leaf(linear, x), last);
  }
  linear.channels = list.classes;
  linear.bias = 1;
  x = to.leaf(linear, x);
  return {"block-list", std::move(to).finish(x)};
}

namespace {

struct stage {
  int width;
  int layers;
  int stride;
  bool squeezes;
  char const* activation;
};

} // namespace

block_list largest_block_list(once_for_all_family family, int width_percent) {
  bool const is_v3 = family == once_for_all_family::mobilenet_v3;
  auto const wide = [&](int channels) { return divisible_by_8(channels, width_percent); };
  std::vector<stage> const stages =
      is_v3 ? std::vector<stage>{{24, 4, 2, false, "relu"},
                                 {40, 4, 2, true, "relu"},
                                 {80, 4, 2, false, "h_swish"},
                                 {112, 4, 1, true, "h_swish"},
                                 {160, 4, 2, true, "h_swish"}}
            : std::vector<stage>{{24, 4, 2, false, "relu6"}, {40, 4, 2, false, "relu6"},  {80, 4, 2, false, "relu6"},
                                 {96, 4, 1, false, "relu6"}, {192, 4, 2, false, "relu6"}, {320, 1, 1, false, "relu6"}};
  block_list list;
  list.first = wide(is_v3 ? 16 : 32);
  list.first_activation = is_v3 ? "h_swish" : "relu6";
  int in = wide(16);
  list.blocks.push_back({list.first, list.first, in, 3, 1, false, list.first == in, 0, is_v3 ? "relu" : "relu6"});
  for (auto const& [width, layers, stride, squeezes, activation] : stages)
    for (int i = 0; i < layers; ++i) {
      int const out = wide(width);
      int const middle = divisible_by_8(6 * in);
      list.blocks.push_back({in, middle, out, 7, i == 0 ? stride : 1, true, i > 0,
                             squeezes ? divisible_by_8(middle / 4) : 0, activation});
      in = out;
    }
  list.final_expand = is_v3 ? wide(960) : 0;
  list.feature_mix = wide(1280);
  list.mixes_before_pooling = !is_v3;
  return list;
}

} // namespace espalier::compiler::encodings
