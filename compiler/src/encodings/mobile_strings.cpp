#include <espalier/compiler/encodings/mobile_strings.hpp>

#include "encoding_reader.hpp"
#include "inverted_bottlenecks.hpp"

#include <espalier/dsl/blocks.hpp>

#include <fmt/format.h>

#include <regex>
#include <sstream>

namespace espalier::compiler::encodings {

namespace {

std::vector<std::string> split(std::string const& text, char at) {
  std::vector<std::string> parts;
  std::istringstream from{text};
  for (std::string part; std::getline(from, part, at);)
    parts.push_back(part);
  return parts;
}

int number(std::ssub_match const& match, int otherwise) {
  return match.matched ? std::stoi(match.str()) : otherwise;
}

fbnet_block read_layer(encoding_reader& from, std::string const& text, std::string const& place, int channels) {
  static std::regex const form{R"(\s*(?:(skip)|k(\d{1,2})e(\d{1,2})(?:g(\d{1,2}))?)\s*(\d{1,5})?(?:s(\d))?\s*)"};
  std::smatch match;
  if (!std::regex_match(text, match, form)) {
    from.fault(place, fmt::format("'{}'", text), "skip or kKeE[gG], then [CHANNELS][sSTRIDE], such as 'k5e6 32s2'");
    return {};
  }
  fbnet_block const block{match[1].matched,    number(match[2], 3),        number(match[3], 1),
                          number(match[4], 1), number(match[5], channels), number(match[6], 1)};
  if (block.kernel % 2 == 0)
    from.fault(place, fmt::format("kernel {}", block.kernel), "an odd one");
  if (block.expansion < 1 || block.groups < 1 || block.channels < 1 || block.stride < 1)
    from.fault(place, fmt::format("'{}'", text), "numbers of at least 1");
  return block;
}

std::string append_layer(region_builder& to, std::string const& x, fbnet_block const& block, bool bias) {
  int const in = to.type_of(x).channels;
  bool const keeps_shape = in == block.channels && block.stride == 1;
  if (block.is_skip && keeps_shape)
    return x;
  return to.block(block.is_skip ? "skip" : fmt::format("k{}_e{}", block.kernel, block.expansion), x,
                  [&](region_builder& body, std::string const& input) {
                    if (block.is_skip) {
                      auto const y =
                          convolution(body, input, 1, block.channels, {.stride = block.stride, .bias = bias});
                      return relu(body, batch_norm(body, y));
                    }
                    inverted_bottleneck const inside{in,           in * block.expansion, block.channels, block.kernel,
                                                     block.stride, block.expansion != 1, keeps_shape,    0,
                                                     "relu"};
                    auto const y = append_bottleneck(body, input, inside, bias, block.groups);
                    return keeps_shape ? added(body, {input, y}) : y;
                  });
}

} // namespace

fbnet_network_text read_fbnet(nlohmann::json const& encoding) {
  static std::regex const frame{
      R"(\s*(?:(\d{1,4})px:)?\s*conv(\d{1,5})s2\s*\|(.*)\|\s*conv1x1\s+(\d{1,5})\s*(\(no use_bias\))?\s*)"};
  encoding_reader from{"the FBNet text"};
  fbnet_network_text made;
  auto const text = from.text(encoding, "network");
  std::smatch match;
  if (!std::regex_match(text, match, frame))
    from.fault("network", fmt::format("'{}'", text), "'[NNpx:] convCs2|STAGE|...|conv1x1 C [(no use_bias)]'");
  from.finish();
  made.resolution = number(match[1], 224);
  made.stem = number(match[2], 16);
  made.head = number(match[4], 1984);
  made.bias = !match[5].matched;
  int channels = made.stem;
  auto const stages = split(match[3].str(), '|');
  for (std::size_t s = 0; s < stages.size(); ++s) {
    auto const layers = split(stages[s], ',');
    for (std::size_t i = 0; i < layers.size(); ++i) {
      made.blocks.push_back(read_layer(from, layers[i], fmt::format("stage {}, layer {}", s, i), channels));
      channels = made.blocks.back().channels;
    }
  }
  from.finish();
  return made;
}

graph fbnet_network(fbnet_network_text const& text, int classes) {
  region_builder to{{{"input", photograph(text.resolution)}}};
  auto x = relu(to, batch_norm(to, convolution(to, "input", 3, text.stem, {.stride = 2, .bias = true})));
  for (auto const& block : text.blocks)
    x = append_layer(to, x, block, text.bias);
  x = relu(to, batch_norm(to, convolution(to, x, 1, text.head, {.bias = true})));
  auto const y = classifier(to, x, classes);
  return {"fbnet", std::move(to).finish(y)};
}

std::vector<mnasnet_stage> read_mnasnet(nlohmann::json const& encoding) {
  static std::regex const form{
      R"(r(\d{1,2})_k(\d{1,2})_s(\d)(\d)_e(\d{1,2})_i(\d{1,5})_o(\d{1,5})(?:_se(\d?\.?\d{1,6}))?(_noskip)?)"};
  encoding_reader from{"the MnasNet blocks"};
  auto const& list = encoding.is_object() ? from.member(encoding, "blocks", "network") : encoding;
  std::vector<mnasnet_stage> stages;
  for (auto const& item : from.items(list, "blocks", 1)) {
    auto const place = fmt::format("blocks[{}]", stages.size());
    auto const text = from.text(item, place);
    std::smatch match;
    if (!std::regex_match(text, match, form) || match[3].str() != match[4].str()) {
      from.fault(place, fmt::format("'{}'", text), "'rLAYERS_kKERNEL_sSS_eEXPANSION_iIN_oOUT[_seRATIO][_noskip]'");
      stages.emplace_back();
      continue;
    }
    stages.push_back({number(match[1], 1), number(match[2], 3), number(match[3], 1), number(match[5], 1),
                      number(match[6], 1), number(match[7], 1), match[8].matched ? std::stod(match[8].str()) : 0,
                      !match[9].matched});
    auto const& stage = stages.back();
    if (stage.kernel % 2 == 0)
      from.fault(place, fmt::format("kernel {}", stage.kernel), "an odd one");
    if (std::min({stage.layers, stage.stride, stage.expansion, stage.in, stage.out}) < 1)
      from.fault(place, fmt::format("'{}'", text), "numbers of at least 1");
    if (stages.size() > 1 && stage.in != stages[stages.size() - 2].out)
      from.fault(place, fmt::format("{} channels", stage.in),
                 fmt::format("{}: those of the block before", stages[stages.size() - 2].out));
  }
  from.finish();
  return stages;
}

graph mnasnet_network(std::vector<mnasnet_stage> const& stages, int side, int head, int classes) {
  region_builder to{{{"input", photograph(side)}}};
  auto x = relu(to, conv_bn(to, "input", 3, stages.front().in, 2));
  for (auto const& stage : stages)
    for (int i = 0; i < stage.layers; ++i) {
      int const in = to.type_of(x).channels;
      int const stride = i == 0 ? stage.stride : 1;
      bool const has_shortcut = stage.has_shortcuts && stride == 1 && in == stage.out;
      int const squeezed = stage.squeeze > 0 ? std::max(1, static_cast<int>(in * stage.squeeze)) : 0;
      inverted_bottleneck const block{in,     in * stage.expansion, stage.out,    stage.kernel,
                                      stride, stage.expansion != 1, has_shortcut, squeezed,
                                      "relu"};
      x = to.block("mb", x, [&](region_builder& body, std::string const& input) {
        auto const y = append_bottleneck(body, input, block);
        return has_shortcut ? added(body, {input, y}) : y;
      });
    }
  x = relu(to, conv_bn(to, x, 1, head));
  auto const y = classifier(to, x, classes);
  return {"mnasnet", std::move(to).finish(y)};
}

} // namespace espalier::compiler::encodings
