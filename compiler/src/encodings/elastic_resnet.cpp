#include <espalier/compiler/encodings/elastic_resnet.hpp>

#include "encoding_reader.hpp"
#include "layers.hpp"

#include <espalier/dsl/blocks.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace espalier::compiler::encodings {

namespace ops = dsl::operations;

namespace {

constexpr int most_added = 2;
constexpr std::size_t stages = 4;
constexpr std::array<int, stages> fewest_layers{2, 2, 4, 2};
constexpr std::array<int, stages> widths{256, 512, 1024, 2048};
constexpr std::array width_percents{65, 80, 100};
constexpr std::size_t most_bottlenecks = 18;

int scaled(int channels, int choice) {
  return divisible_by_8(channels, width_percents[static_cast<std::size_t>(choice)]);
}

std::string conv_bn_relu(region_builder& to, std::string const& x, int kernel, int channels, int stride = 1) {
  return relu(to, conv_bn(to, x, kernel, channels, stride));
}

std::string append_stem(region_builder& to, elastic_resnet const& config) {
  int const middle = divisible_by_8(scaled(64, config.width[0]) / 2);
  auto x = conv_bn_relu(to, "input", 3, middle, 2);
  if (config.depth[0] == most_added)
    x = added(to, {x, conv_bn_relu(to, x, 3, middle)});
  return max_pool(to, conv_bn_relu(to, x, 3, scaled(64, config.width[1])), 3, 2);
}

std::string append_bottleneck(region_builder& to, std::string const& x, int middle, int out, int stride,
                              bool is_first) {
  return to.block("bottleneck", x, [&](region_builder& body, std::string const& in) {
    auto around = in;
    if (is_first) {
      if (stride > 1)
        around = avg_pool(body, around, stride, stride);
      around = conv_bn(body, around, 1, out);
    }
    auto const y = conv_bn_relu(body, conv_bn_relu(body, in, 1, middle), 3, middle, stride);
    return relu(body, added(body, {around, conv_bn(body, y, 1, out)}));
  });
}

} // namespace

elastic_resnet read_elastic_resnet(nlohmann::json const& encoding) {
  encoding_reader from{"the ResNet config"};
  elastic_resnet config;
  auto const list = [&](char const* key, std::size_t count, int most) {
    auto const numbers = from.whole_numbers(from.member(encoding, key, "config"), key, 0, most);
    if (numbers.size() != count)
      from.fault(key, fmt::format("{} numbers", numbers.size()), fmt::format("{} numbers", count));
    return numbers;
  };
  config.depth = list("d", stages + 1, most_added);
  config.width = list("w", stages + 2, static_cast<int>(width_percents.size()) - 1);
  auto const ratios = from.items(from.member(encoding, "e", "config"), "e", most_bottlenecks, most_bottlenecks);
  for (std::size_t i = 0; i < ratios.size(); ++i)
    config.expand_ratio.push_back(from.fraction(ratios[i], fmt::format("e[{}]", i), 0.01, 4));
  from.finish();
  return config;
}

elastic_resnet largest_elastic_resnet() {
  elastic_resnet config;
  config.expand_ratio.assign(most_bottlenecks, 0.35);
  return config;
}

graph elastic_resnet_network(elastic_resnet const& config, int side, int classes) {
  region_builder to{{{"input", photograph(side)}}};
  auto x = append_stem(to, config);
  std::size_t first = 0; // of the stage, among all that there can be
  for (std::size_t s = 0; s < stages; ++s) {
    int const out = scaled(widths[s], config.width[s + 2]);
    for (int i = 0; i < fewest_layers[s] + config.depth[s + 1]; ++i) {
      auto const ratio = config.expand_ratio[first + static_cast<std::size_t>(i)];
      int const middle = divisible_by_8(static_cast<int>(std::nearbyint(out * ratio)));
      x = append_bottleneck(to, x, middle, out, i == 0 && s > 0 ? 2 : 1, i == 0);
    }
    first += static_cast<std::size_t>(fewest_layers[s] + most_added);
  }
  auto const y = classifier(to, x, classes);
  return {"elastic-resnet", std::move(to).finish(y)};
}

} // namespace espalier::compiler::encodings
