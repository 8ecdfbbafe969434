#include <espalier/compiler/encodings/attentive_nas.hpp>

#include "encoding_reader.hpp"
#include "inverted_bottlenecks.hpp"

#include <espalier/compiler/cost.hpp>
#include <espalier/dsl/blocks.hpp>

#include <fmt/format.h>

#include <array>

namespace espalier::compiler::encodings {

namespace ops = dsl::operations;

namespace {

constexpr std::size_t stages = 7;
constexpr std::array<int, stages> strides{1, 2, 2, 2, 1, 2, 1};
constexpr std::array<bool, stages> squeezes{false, false, true, false, true, true, true};

// The blocks of all stages, in order.
std::vector<inverted_bottleneck> blocks_of(attentive_nas_config const& config) {
  std::vector<inverted_bottleneck> blocks;
  int in = config.width[0];
  for (std::size_t s = 0; s < stages; ++s)
    for (int i = 0; i < config.depth[s]; ++i) {
      inverted_bottleneck block;
      block.in = in;
      block.out = config.width[s + 1];
      block.expands = config.expand_ratio[s] != 1;
      block.middle = block.expands ? divisible_by_8(in * config.expand_ratio[s]) : in;
      block.kernel = config.kernel_size[s];
      block.stride = i == 0 ? strides[s] : 1;
      block.squeezed = squeezes[s] ? divisible_by_8(block.middle / 4) : 0;
      block.activation = "swish";
      blocks.push_back(block);
      in = block.out;
    }
  return blocks;
}

} // namespace

attentive_nas_config read_attentive_nas_config(nlohmann::json const& encoding) {
  encoding_reader from{"the AttentiveNAS config"};
  auto const list = [&](char const* key, std::size_t count, int least, int most) {
    auto const numbers = from.whole_numbers(from.member(encoding, key, "config"), key, least, most);
    if (numbers.size() != count)
      from.fault(key, fmt::format("{} numbers", numbers.size()), fmt::format("{} numbers", count));
    return numbers;
  };
  attentive_nas_config config;
  config.resolution = from.whole(from.member(encoding, "resolution", "config"), "resolution", 32, 4096);
  config.width = list("width", stages + 2, 1, 1 << 16);
  config.depth = list("depth", stages, 1, 64);
  config.kernel_size = list("kernel_size", stages, 1, 63);
  config.expand_ratio = list("expand_ratio", stages, 1, 64);
  for (std::size_t i = 0; i < config.kernel_size.size(); ++i)
    if (config.kernel_size[i] % 2 == 0)
      from.fault(fmt::format("kernel_size[{}]", i), fmt::format("kernel {}", config.kernel_size[i]), "an odd one");
  from.finish();
  return config;
}

graph attentive_nas_network(attentive_nas_config const& config, int classes) {
  region_builder to{{{"input", photograph(config.resolution)}}};
  auto x = activate(to, conv_bn(to, "input", 3, config.width.front(), 2), "swish");
  for (auto const& block : blocks_of(config))
    x = to.block("mb", x, [&](region_builder& body, std::string const& in) {
      ops::shortcut around;
      around.channels = block.out;
      around.stride = block.stride;
      return added(body, {body.leaf(around, in), append_bottleneck(body, in, block)});
    });
  x = activate(to, conv_bn(to, x, 1, 6 * config.width[stages]), "swish");
  ops::linear last;
  last.channels = config.width.back();
  last.bias = 0;
  x = activate(to, to.leaf(last, to.leaf(ops::global_avg_pool{}, x)), "swish");
  ops::linear linear;
  linear.channels = classes;
  x = to.leaf(linear, x);
  return {"attentive-nas", std::move(to).finish(x)};
}

long long unused_shortcut_params(attentive_nas_config const& config) {
  long long params = 0;
  for (auto const& block : blocks_of(config)) {
    if (block.in != block.out)
      continue;
    region_builder to{{{"input", {dsl::tensor_kind::image, block.in, 1, 1}}}};
    auto const y = convolution(to, "input", 1, block.out);
    params += cost_of(graph{"shortcut", std::move(to).finish(y)}).params;
  }
  return params;
}

} // namespace espalier::compiler::encodings
