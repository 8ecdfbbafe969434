#include "check.hpp"

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/count_within.hpp>
#include <espalier/compiler/encodings/attentive_nas.hpp>
#include <espalier/compiler/encodings/block_list.hpp>
#include <espalier/compiler/encodings/elastic_resnet.hpp>
#include <espalier/compiler/encodings/mobile_strings.hpp>
#include <espalier/compiler/encodings/spos.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/lower.hpp>

#include <spaces/spos.hpp>

#include <fmt/format.h>

#include <functional>
#include <numeric>
#include <utility>

namespace reference_check {

namespace {

using namespace espalier::compiler;
using namespace espalier::compiler::encodings;

json as_json(operation_cost const& cost) {
  return {{"params", cost.params}, {"macs", cost.macs}};
}

constexpr int kernel_matrices = 25 * 25 + 9 * 9; // that turn a kernel of 7 into one of 5, and that into one of 3

// A released supernet: its largest network, and what makes its kernels elastic in each block but the first.
json supernet_numbers(std::string const& id) {
  if (id.find("resnet50") != std::string::npos)
    return {{"params", cost_of(elastic_resnet_network(largest_elastic_resnet())).params}};
  auto const at = id.find("_w");
  if (at == std::string::npos)
    throw espalier::user_error("a supernet's id ends with its width, such as '_w1.2'");
  int const percent = static_cast<int>(std::stod(id.substr(at + 2)) * 100 + 0.5);
  auto const family =
      id.find("proxyless") != std::string::npos ? once_for_all_family::proxyless : once_for_all_family::mobilenet_v3;
  auto const list = largest_block_list(family, percent);
  auto const elastic = static_cast<long long>(list.blocks.size()) - 1;
  return {{"params", cost_of(block_list_network(list, 224)).params + elastic * kernel_matrices}};
}

using cost_at = std::function<operation_cost(int side)>;

// Of the resolutions that the supernets know, the one of so many multiply-adds, or 0.
int side_of(cost_at const& cost, long long macs) {
  constexpr int step = 4;
  for (int side = 96; side <= 320; side += step)
    if (cost(side).macs == macs)
      return side;
  return 0;
}

// Of the resolution that the entry expects besides the numbers, or else that one.
json numbers_at(entry const& one, cost_at const& cost, int otherwise) {
  int const side = one.expect.value("image", otherwise);
  auto made = as_json(cost(side));
  bool const is_other = one.expects("macs") && made["macs"] != one.expect["macs"];
  made["image"] = is_other ? side_of(cost, one.expect["macs"].get<long long>()) : side;
  return made;
}

json block_list_entry(entry const& one) {
  if (one.id.find(".supernet.") != std::string::npos)
    return supernet_numbers(one.id);
  if (one.architecture.is_object() && one.architecture.contains("d")) {
    auto const config = read_elastic_resnet(one.architecture);
    return numbers_at(
        one, [&](int side) { return cost_of(elastic_resnet_network(config, side)); }, 224);
  }
  auto const list = read_block_list(one.architecture);
  return numbers_at(
      one, [&](int side) { return cost_of(block_list_network(list, side)); }, number_in(one.id, "r", list.resolution));
}

json attentive_nas_entry(entry const& one) {
  auto const config = read_attentive_nas_config(one.architecture);
  auto const cost = cost_of(attentive_nas_network(config));
  return as_json({cost.params + unused_shortcut_params(config), cost.macs});
}

spos_skeleton spos_skeleton_of(json const& families) {
  spos_skeleton skeleton;
  if (!families.contains("spos"))
    return skeleton;
  auto const& told = families["spos"];
  skeleton.layers = told.value("stage_repeats", skeleton.layers);
  skeleton.channels = told.value("stage_out_channels", skeleton.channels);
  skeleton.stem = told.value("stem", skeleton.stem);
  skeleton.head = told.value("head", skeleton.head);
  skeleton.classifier_bias = told.value("classifier_bias", skeleton.classifier_bias);
  return skeleton;
}

// The space of block choices around the told skeleton; four stages.
auto spos_space(spos_skeleton const& skeleton) {
  using namespace espalier::dsl;
  if (skeleton.layers.size() != 4 || skeleton.channels.size() != 4)
    throw espalier::user_error(fmt::format("the space of SPOS has four stages, not {}", skeleton.layers.size()));
  int in = skeleton.stem;
  auto const stage = [&](std::size_t s) {
    int const out = skeleton.channels[s];
    return spaces::spos::choice_blocks(skeleton.layers[s], std::exchange(in, out), out, out / 2);
  };
  auto const first = stage(0);
  auto const second = stage(1);
  auto const third = stage(2);
  return search_space("spos", image(3, skeleton.side, skeleton.side), conv(3, channels(skeleton.stem), stride(2)),
                      batch_norm(), relu(), first, second, third, stage(3), conv(1, channels(skeleton.head)),
                      batch_norm(), relu(), global_avg_pool(),
                      linear(skeleton.classes, bias(skeleton.classifier_bias ? 1 : 0)));
}

json spos_range(spos_skeleton const& skeleton) {
  auto const declared = spos_space(skeleton);
  compiled_space const space{lower(declared.view())};
  // Costs add up over the layers, so that the mean over all networks is that over those of one kind of block.
  auto const layers = std::accumulate(skeleton.layers.begin(), skeleton.layers.end(), 0);
  double sum = 0;
  for (int const kind : {0, 1, 2, 3})
    sum += static_cast<double>(
        cost_of(spos_network({std::vector<int>(static_cast<std::size_t>(layers), kind), {}}, skeleton)).macs);
  auto const extreme = [&](bool largest, long long operation_cost::*which) {
    return space.costs.of(largest ? space.costs.largest(which) : space.costs.smallest(which)).*which;
  };
  return {{"min_macs", extreme(false, &operation_cost::macs)},
          {"max_macs", extreme(true, &operation_cost::macs)},
          {"min_params", extreme(false, &operation_cost::params)},
          {"max_params", extreme(true, &operation_cost::params)},
          {"uniform_mean_macs", sum / 4}};
}

json spos_entry(entry const& one) {
  auto const skeleton = spos_skeleton_of(one.families);
  if (one.id == "spos.range")
    return spos_range(skeleton);
  std::string const bounded = "spos.count_macs_le_";
  if (one.id.starts_with(bounded)) {
    auto const space = spos_space(skeleton);
    auto const bound = std::stoll(one.id.substr(bounded.size()));
    return {{"count", number(count_within(space.view(), espalier::dsl::macs{bound}))}};
  }
  return as_json(cost_of(spos_network(read_spos_lists(one.architecture, skeleton), skeleton)));
}

} // namespace

json numbers_of_mobile_networks(entry const& one) {
  auto const system = one.id.substr(0, one.id.find('.'));
  if (system == "attentivenas")
    return attentive_nas_entry(one);
  if (system == "fbnet")
    return as_json(cost_of(fbnet_network(read_fbnet(one.architecture))));
  if (system == "mnasnet")
    return as_json(cost_of(mnasnet_network(read_mnasnet(one.architecture))));
  return system == "spos" ? spos_entry(one) : block_list_entry(one);
}

} // namespace reference_check
