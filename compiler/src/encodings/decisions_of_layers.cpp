#include "decisions_of.hpp"

#include "layers.hpp"

#include <espalier/compiler/encodings/attentive_nas.hpp>
#include <espalier/compiler/encodings/block_list.hpp>
#include <espalier/compiler/encodings/enas.hpp>
#include <espalier/compiler/encodings/mobile_strings.hpp>
#include <espalier/compiler/encodings/spos.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace espalier::compiler::encodings {

namespace {

// A block of a list, or nullptr for one that is zero, with its place.
struct placed_block {
  std::string place;
  inverted_bottleneck const* block;
};

// The blocks behind the first one by stage: each begins with a block that has no shortcut.
std::vector<std::vector<placed_block>> stages_of(block_list const& list, nlohmann::json const& blocks) {
  std::vector<std::vector<placed_block>> stages;
  auto block = list.blocks.begin();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    bool const is_zero = blocks[i] == "zero";
    if (i > 0) {
      if (stages.empty() || (!is_zero && !block->has_shortcut))
        stages.emplace_back();
      stages.back().push_back({fmt::format("blocks[{}]", i), is_zero ? nullptr : &*block});
    }
    block += is_zero ? 0 : 1;
  }
  return stages;
}

// The first block is the same in every architecture, and the resolution a decision of some spaces.
encoded_architecture with_first_block(block_list const& list, nlohmann::json const& blocks) {
  encoded_architecture made;
  made.decisions.push_back({"resolution", "resolution", {std::to_string(list.resolution)}, {}, true});
  if (blocks[0] == "zero" || list.blocks.front().kernel != 3 || list.blocks.front().expands)
    made.misfits.emplace_back("blocks[0]: is not decided; the space has a block of kernel 3 without expansion there");
  return made;
}

// How many times wider a block is inside, or, where no multiple is, its channels.
std::string expansion_of(inverted_bottleneck const& block) {
  for (int times = 1; times * block.in <= 2 * block.middle; ++times)
    if (block.middle == times * block.in || block.middle == divisible_by_8(times * block.in))
      return std::to_string(times);
  return fmt::format("{}/{}", block.middle, block.in);
}

} // namespace

encoded_architecture enas_layer_decisions(nlohmann::json const& encoding) {
  static constexpr std::array names{"conv_3x3",     "sep_conv_3x3", "conv_5x5",
                                    "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3"};
  auto const layers = read_enas_layers(encoding);
  encoded_architecture made;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    auto const place = fmt::format("layer {}", i);
    auto const& name = names[static_cast<std::size_t>(layers[i].operation)];
    made.decisions.push_back({place, fmt::format("layers/{}/choice0", i), {name}});
    if (i == 0) // the first layer has nothing else to read
      continue;
    encoded_decision skips{place, fmt::format("layers/{}/inputs", i)};
    for (std::size_t k = 0; k < layers[i].skips.size(); ++k)
      if (layers[i].skips[k])
        skips.positions.push_back(k);
    made.decisions.push_back(std::move(skips));
  }
  return made;
}

encoded_architecture spos_decisions(nlohmann::json const& encoding) {
  static constexpr std::array names{"shuffle_3x3", "shuffle_5x5", "shuffle_7x7", "xception"};
  encoded_architecture made;
  auto const lists = read_spos_lists(encoding, {});
  for (int const block : lists.blocks)
    made.decisions.push_back(
        {fmt::format("arch[{}]", made.decisions.size()), "", {names[static_cast<std::size_t>(block)]}});
  for (std::size_t i = 0; i < lists.scales.size(); ++i)
    if (lists.scales[i] != 1)
      made.misfits.push_back(fmt::format("channels[{}]: {} times as many; the blocks of the space have all of theirs",
                                         i, lists.scales[i]));
  return made;
}

encoded_architecture block_list_decisions(nlohmann::json const& encoding) {
  auto const list = read_block_list(encoding);
  auto const& blocks = encoding["blocks"];
  auto made = with_first_block(list, blocks);
  auto const stages = stages_of(list, blocks);
  for (std::size_t s = 0; s < stages.size(); ++s)
    for (std::size_t i = 0; i < stages[s].size(); ++i) {
      auto const& [place, block] = stages[s][i];
      made.decisions.push_back(
          {place,
           i == 0 ? fmt::format("choice{}", s) : fmt::format("repeat{}/{}/branches0/1/choice0", s, i - 1),
           {block == nullptr ? "none" : fmt::format("mb{0}_{1}x{1}", expansion_of(*block), block->kernel)}});
    }
  return made;
}

encoded_architecture once_for_all_decisions(nlohmann::json const& encoding) {
  auto const list = read_block_list(encoding);
  auto const& blocks = encoding["blocks"];
  auto made = with_first_block(list, blocks);
  auto const stages = stages_of(list, blocks);
  for (std::size_t s = 0; s < stages.size(); ++s) {
    made.decisions.push_back(
        {stages[s].front().place, fmt::format("repeat{}/count", s), {std::to_string(stages[s].size())}});
    for (std::size_t i = 0; i < stages[s].size(); ++i) {
      auto const& [place, block] = stages[s][i];
      auto const path = i == 0 ? fmt::format("mb{}/", s) : fmt::format("repeat{}/{}/branches0/1/mb0/", s, i - 1);
      if (block == nullptr) {
        made.misfits.push_back(place + ": zero; the layers of a stage of the space are its first ones");
        continue;
      }
      made.decisions.push_back({place, path + "conv0/channels", {expansion_of(*block)}});
      made.decisions.push_back({place, path + "conv1/kernel", {std::to_string(block->kernel)}});
    }
  }
  return made;
}

encoded_architecture attentive_nas_decisions(nlohmann::json const& encoding) {
  auto const config = read_attentive_nas_config(encoding);
  static std::map<std::size_t, int> const fixed_expansions{{0, 1}, {5, 6}, {6, 6}};
  encoded_architecture made;
  auto const append = [&](std::string const& place, std::string const& path, int value) {
    made.decisions.push_back({place, path, {std::to_string(value)}});
  };
  append("resolution", "resolution", config.resolution);
  for (std::size_t i = 0; i < config.width.size(); ++i)
    append(fmt::format("width[{}]", i), fmt::format("width{}", i), config.width[i]);
  for (std::size_t s = 0; s < config.depth.size(); ++s) {
    append(fmt::format("depth[{}]", s), fmt::format("repeat{}/count", s), config.depth[s]);
    append(fmt::format("kernel_size[{}]", s), fmt::format("kernel{}", s + 1), config.kernel_size[s]);
    auto const place = fmt::format("expand_ratio[{}]", s);
    if (auto const fixed = fixed_expansions.find(s); fixed == fixed_expansions.end())
      append(place, fmt::format("expand{}", s + 1), config.expand_ratio[s]);
    else if (fixed->second != config.expand_ratio[s])
      made.misfits.push_back(
          fmt::format("{}: {}; the space has {} and decides nothing", place, config.expand_ratio[s], fixed->second));
  }
  return made;
}

encoded_architecture fbnet_decisions(nlohmann::json const& encoding) {
  auto const text = read_fbnet(encoding);
  encoded_architecture made;
  int channels = text.stem;
  for (auto const& block : text.blocks) {
    bool const keeps_shape = block.stride == 1 && block.channels == channels;
    auto const name = block.is_skip ? keeps_shape ? std::string{"none"} : "skip"
                                    : fmt::format("k{}_e{}{}", block.kernel, block.expansion,
                                                  block.groups > 1 ? fmt::format("_g{}", block.groups) : "");
    made.decisions.push_back({fmt::format("layer {}", made.decisions.size()), "", {name}});
    channels = block.channels;
  }
  return made;
}

// Five blocks are decided; the one before and the one behind them are the same in every architecture.
encoded_architecture mnasnet_decisions(nlohmann::json const& encoding) {
  static constexpr std::array strides{1, 2, 2, 2, 1, 2, 1};
  auto const stages = read_mnasnet(encoding);
  encoded_architecture made;
  if (stages.size() != strides.size())
    made.misfits.push_back(fmt::format("blocks: {}; the space has {}", stages.size(), strides.size()));
  for (std::size_t s = 0; s < std::min(stages.size(), strides.size()); ++s) {
    auto const& stage = stages[s];
    auto const place = fmt::format("blocks[{}]", s);
    if (stage.stride != strides[s])
      made.misfits.push_back(fmt::format("{}: stride {}; the space has {}", place, stage.stride, strides[s]));
    if (s == 0 || s + 1 == strides.size()) {
      int const expansion = s == 0 ? 1 : 6;
      if (stage.layers != 1 || stage.kernel != 3 || stage.expansion != expansion || stage.squeeze != 0)
        made.misfits.push_back(fmt::format("{}: is not decided; the space has r1_k3_e{} there", place, expansion));
      continue;
    }
    auto const append = [&](std::string const& path, std::string const& option) {
      made.decisions.push_back({place, path, {option}});
    };
    append(fmt::format("repeat{}/count", s - 1), std::to_string(stage.layers));
    append(fmt::format("op-{}", s), stage.expansion == 1 ? "dconv" : fmt::format("mbconv{}", stage.expansion));
    append(fmt::format("kernel-{}", s), std::to_string(stage.kernel));
    append(fmt::format("filters-{}", s), std::to_string(stage.out));
    append(fmt::format("squeeze-{}", s), stage.squeeze == 0      ? "skip_connect"
                                         : stage.squeeze == 0.25 ? "squeeze_excite"
                                                                 : fmt::format("se{}", stage.squeeze));
    append(fmt::format("skip-{}", s), stage.has_shortcuts ? "identity" : "none");
  }
  return made;
}

} // namespace espalier::compiler::encodings
