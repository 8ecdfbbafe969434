#include <espalier/compiler/encodings/darts.hpp>

#include "encoding_reader.hpp"
#include "layers.hpp"

#include <espalier/dsl/blocks.hpp>
#include <espalier/dsl/operations/network.hpp>

#include <fmt/format.h>

namespace espalier::compiler::encodings {

namespace ops = dsl::operations;

namespace {

std::vector<std::string> const operation_names{"none",         "max_pool_3x3", "avg_pool_3x3", "skip_connect",
                                               "sep_conv_3x3", "sep_conv_5x5", "sep_conv_7x7", "dil_conv_3x3",
                                               "dil_conv_5x5", "conv_7x1_1x7"};

int kernel_of(std::string const& name) {
  return name.back() - '0';
}

genotype_cell read_cell(encoding_reader& from, nlohmann::json const& encoding, std::string const& key,
                        int first_concat) {
  genotype_cell cell;
  auto const edges = from.items(from.member(encoding, key, "genotype"), key, 2);
  if (edges.size() % 2 != 0)
    from.fault(key, fmt::format("{} edges", edges.size()), "two edges a node");
  for (std::size_t i = 0; i < edges.size(); ++i) {
    auto const place = fmt::format("{}[{}]", key, i);
    auto const pair = from.items(edges[i], place, 2, 2);
    if (pair.size() != 2)
      continue;
    auto const name = from.text(pair[0], place + "[0]");
    from.one_of(name, place + "[0]", operation_names);
    cell.edges.push_back({name, from.whole(pair[1], place + "[1]", 0, static_cast<int>(i / 2) + 1)});
  }
  if (edges.empty())
    return cell;
  auto const concat = key + "_concat";
  cell.concat = from.whole_numbers(from.member(encoding, concat, "genotype"), concat, first_concat,
                                   static_cast<int>(edges.size() / 2) + 1);
  if (encoding.is_object() && encoding.contains(concat) && cell.concat.empty())
    from.fault(concat, "an empty list", "at least one state");
  return cell;
}

std::string apply(region_builder& to, std::string const& x, std::string const& name, int channels, int stride) {
  if (name == "none") {
    ops::none none;
    none.stride = stride;
    return to.leaf(none, x);
  }
  if (name == "max_pool_3x3")
    return max_pool(to, x, 3, stride);
  if (name == "avg_pool_3x3")
    return avg_pool(to, x, 3, stride);
  if (name == "skip_connect")
    return stride == 1 ? x : halved(to, x, channels);
  if (name == "conv_7x1_1x7")
    return batch_norm(to, crossed(to, relu(to, x), 7, channels, stride, false));
  if (name.starts_with("dil_conv"))
    return separable(to, x, kernel_of(name), channels, stride, 1, 2);
  return separable(to, x, kernel_of(name), channels, stride);
}

std::string append_cell(region_builder& to, genotype_cell const& cell, std::vector<std::string> const& inputs,
                        int channels, bool reduces, bool follows_reduction) {
  return to.block(reduces ? "reduction" : "normal", inputs, [&](region_builder& body, auto states) {
    states[0] = follows_reduction ? halved(body, states[0], channels) : relu_conv_bn(body, states[0], 1, channels);
    states[1] = relu_conv_bn(body, states[1], 1, channels);
    for (std::size_t e = 0; e + 1 < cell.edges.size(); e += 2) {
      std::vector<std::string> read;
      for (auto const& edge : {cell.edges[e], cell.edges[e + 1]})
        read.push_back(apply(body, states[static_cast<std::size_t>(edge.input)], edge.operation, channels,
                             reduces && edge.input < 2 ? 2 : 1));
      states.push_back(added(body, read));
    }
    std::vector<std::string> output;
    for (int const state : cell.concat)
      output.push_back(states[static_cast<std::size_t>(state)]);
    return concatenated(body, output);
  });
}

// The stem's outputs that the first two cells read.
std::vector<std::string> append_stem(region_builder& to, darts_skeleton const& skeleton) {
  int const channels = skeleton.channels;
  if (!skeleton.strided_stem) {
    auto const x = conv_bn(to, "input", 3, 3 * channels);
    return {x, x};
  }
  auto const stem0 = to.block("stem0", "input", [&](region_builder& body, std::string const& x) {
    return conv_bn(body, relu(body, conv_bn(body, x, 3, channels / 2, 2)), 3, channels, 2);
  });
  auto const stem1 = to.block("stem1", stem0, [&](region_builder& body, std::string const& x) {
    return relu_conv_bn(body, x, 3, channels, 2);
  });
  return {stem0, stem1};
}

struct darts_body {
  region_builder builder;
  std::string output;
  tensor_type at_two_thirds;
};

darts_body body_of(darts_genotype const& genotype, darts_skeleton const& skeleton) {
  darts_body made{region_builder{{{"input", skeleton.input}}}, {}, {}};
  auto& to = made.builder;
  auto states = append_stem(to, skeleton);
  int channels = skeleton.channels;
  bool follows_reduction = skeleton.strided_stem;
  for (int layer = 0; layer < skeleton.layers; ++layer) {
    bool const reduces = layer == skeleton.layers / 3 || layer == 2 * skeleton.layers / 3;
    channels *= reduces ? 2 : 1;
    auto const next =
        append_cell(to, reduces ? genotype.reduction : genotype.normal, states, channels, reduces, follows_reduction);
    states = {states[1], next};
    follows_reduction = reduces;
    if (layer == 2 * skeleton.layers / 3)
      made.at_two_thirds = to.type_of(next);
  }
  made.output = states[1];
  return made;
}

} // namespace

darts_genotype read_darts_genotype(nlohmann::json const& encoding) {
  encoding_reader from{"the DARTS genotype"};
  darts_genotype const made{read_cell(from, encoding, "normal", 0), read_cell(from, encoding, "reduce", 2)};
  from.finish();
  return made;
}

graph darts_network(darts_genotype const& genotype, darts_skeleton const& skeleton) {
  auto made = body_of(genotype, skeleton);
  auto const y = classifier(made.builder, made.output, skeleton.classes);
  return {"darts", std::move(made.builder).finish(y)};
}

graph darts_auxiliary_head(darts_genotype const& genotype, darts_skeleton const& skeleton) {
  region_builder to{{{"input", body_of(genotype, skeleton).at_two_thirds}}};
  ops::avg_pool pool;
  pool.kernel = 5;
  pool.stride = skeleton.strided_stem ? 2 : 3;
  pool.padded = 0;
  auto x = to.leaf(pool, relu(to, "input"));
  x = relu(to, conv_bn(to, x, 1, 128));
  ops::linear whole_map; // a 2x2 convolution of a 2x2 map
  whole_map.channels = 768;
  whole_map.bias = 0;
  x = to.leaf(whole_map, to.leaf(ops::flatten{}, x));
  if (!skeleton.strided_stem) // the released code leaves it out for ImageNet
    x = batch_norm(to, x);
  ops::linear linear;
  linear.channels = skeleton.classes;
  auto const y = to.leaf(linear, relu(to, x));
  return {"darts-auxiliary-head", std::move(to).finish(y)};
}

} // namespace espalier::compiler::encodings
