#include <espalier/compiler/encodings/nas_unet.hpp>

#include "encoding_reader.hpp"
#include "inverted_bottlenecks.hpp"

#include <espalier/dsl/blocks.hpp>

#include <fmt/format.h>

namespace espalier::compiler::encodings {

namespace ops = dsl::operations;

namespace {

using edges = std::vector<nas_unet_genotype::edge>;

std::vector<std::string> const same_names{"none",     "identity",     "cweight", "dil_conv",
                                          "dep_conv", "shuffle_conv", "conv"};
std::vector<std::string> const down_names{"avg_pool",      "max_pool",      "down_cweight",
                                          "down_dil_conv", "down_dep_conv", "down_conv"};
std::vector<std::string> const up_names{"up_cweight", "up_dep_conv", "up_conv", "up_dil_conv"};

// Operations that change the map stand where they must: on the way down on both inputs, on the way up on state 1.
edges read_edges(encoding_reader& from, nlohmann::json const& encoding, std::string const& key) {
  bool const is_down = key == "down";
  edges made;
  auto const items = from.items(from.member(encoding, key, "genotype"), key, 2);
  if (items.size() % 2 != 0)
    from.fault(key, fmt::format("{} edges", items.size()), "two edges a node");
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto const place = fmt::format("{}[{}]", key, i);
    auto const pair = from.items(items[i], place, 2, 2);
    if (pair.size() != 2)
      continue;
    int const input = from.whole(pair[1], place + "[1]", 0, static_cast<int>(i / 2) + 1);
    auto const name = from.text(pair[0], place + "[0]");
    from.one_of(name, place, is_down && input < 2 ? down_names : !is_down && input == 1 ? up_names : same_names);
    made.push_back({name, input});
  }
  return made;
}

std::vector<int> read_concat(encoding_reader& from, nlohmann::json const& encoding, std::string const& key,
                             edges const& of) {
  if (of.empty()) // which is a fault of its own
    return {};
  auto const concat =
      from.whole_numbers(from.member(encoding, key, "genotype"), key, 2, static_cast<int>(of.size() / 2) + 1);
  if (concat.empty())
    from.fault(key, "an empty list", "at least one state");
  return concat;
}

std::string group_norm(region_builder& to, std::string const& x) {
  int const channels = to.type_of(x).channels;
  ops::group_norm norm;
  norm.groups = channels % 16 == 0 ? channels / 16 : 1;
  return to.leaf(norm, x);
}

std::string enlarge(region_builder& to, std::string const& x, int groups, int dilation) {
  ops::transposed_conv conv;
  conv.channels = to.type_of(x).channels;
  conv.groups = groups;
  conv.dilation = dilation;
  return to.leaf(conv, x);
}

// The convolution of an operation: depthwise and pointwise for `dep_conv`, dilated for `dil_conv`.
std::string convolve(region_builder& to, std::string const& x, std::string const& name) {
  bool const is_up = name.starts_with("up_");
  int const stride = name.starts_with("down_") ? 2 : 1;
  int const channels = to.type_of(x).channels;
  if (name.ends_with("dep_conv")) {
    auto const y = is_up ? enlarge(to, x, channels, 1) : depthwise(to, x, 3, {.stride = stride});
    return convolution(to, y, 1, channels);
  }
  int const dilation = name.ends_with("dil_conv") ? 2 : 1;
  return is_up ? enlarge(to, x, 1, dilation)
               : convolution(to, x, 3, channels, {.stride = stride, .dilation = dilation});
}

std::string apply(region_builder& to, std::string const& x, std::string const& name) {
  if (name == "identity")
    return x;
  if (name == "none")
    return to.leaf(ops::none{}, x);
  if (name.ends_with("pool"))
    return name == "avg_pool" ? avg_pool(to, x, 2, 2) : max_pool(to, x, 2, 2);
  if (name.ends_with("cweight")) {
    auto const y = squeeze_excite(to, x, to.type_of(x).channels / 16);
    return name == "cweight" ? y : group_norm(to, convolve(to, y, name));
  }
  return relu(to, group_norm(to, convolve(to, x, name)));
}

std::string append_cell(region_builder& to, std::string const& label, edges const& genotype,
                        std::vector<int> const& concat, std::vector<std::string> const& inputs, int channels) {
  return to.block(label, inputs, [&](region_builder& body, std::vector<std::string> states) {
    for (std::size_t i = 0; i < 2; ++i) {
      int const stride = label == "down" && i == 0 ? 2 : 1;
      states[i] = group_norm(body, convolution(body, relu(body, states[i]), 1, channels, {.stride = stride}));
    }
    for (std::size_t e = 0; e + 1 < genotype.size(); e += 2) {
      std::vector<std::string> read;
      for (auto const& edge : {genotype[e], genotype[e + 1]})
        read.push_back(apply(body, states[static_cast<std::size_t>(edge.input)], edge.operation));
      states.push_back(added(body, read));
    }
    std::vector<std::string> output;
    for (int const state : concat)
      output.push_back(states[static_cast<std::size_t>(state)]);
    return concatenated(body, output);
  });
}

} // namespace

nas_unet_genotype read_nas_unet_genotype(nlohmann::json const& encoding) {
  encoding_reader from{"the NAS-Unet genotype"};
  nas_unet_genotype made;
  made.down = read_edges(from, encoding, "down");
  made.down_concat = read_concat(from, encoding, "down_concat", made.down);
  made.up = read_edges(from, encoding, "up");
  made.up_concat = read_concat(from, encoding, "up_concat", made.up);
  from.finish();
  return made;
}

graph nas_unet_network(nas_unet_genotype const& genotype, nas_unet_skeleton const& skeleton) {
  region_builder to{{{"input", skeleton.input}}};
  std::vector<std::string> levels{group_norm(to, convolution(to, "input", 1, 4 * skeleton.channels)),
                                  group_norm(to, convolution(to, "input", 3, 4 * skeleton.channels, {.stride = 2}))};
  for (int i = 0; i < skeleton.depth; ++i)
    levels.push_back(append_cell(to, "down", genotype.down, genotype.down_concat,
                                 {levels[levels.size() - 2], levels.back()}, skeleton.channels));
  auto x = levels.back();
  for (int i = 0; i <= skeleton.depth; ++i)
    x = append_cell(to, "up", genotype.up, genotype.up_concat,
                    {levels[levels.size() - 2 - static_cast<std::size_t>(i)], x}, skeleton.channels);
  x = convolution(to, x, 1, skeleton.classes);
  return {"nas-unet", std::move(to).finish(x)};
}

} // namespace espalier::compiler::encodings
