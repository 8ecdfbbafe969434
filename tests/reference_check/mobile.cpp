#include "check.hpp"

#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/count_within.hpp>
#include <espalier/compiler/encodings/attentive_nas.hpp>
#include <espalier/compiler/encodings/block_list.hpp>
#include <espalier/compiler/encodings/elastic_resnet.hpp>
#include <espalier/compiler/encodings/mobile_strings.hpp>
#include <espalier/compiler/encodings/spos.hpp>
#include <espalier/compiler/error.hpp>

#include <spaces/spos.hpp>

#include <optional>

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

json block_list_entry(entry const& one) {
  if (one.id.find(".supernet.") != std::string::npos)
    return supernet_numbers(one.id);
  if (one.architecture.is_object() && one.architecture.contains("d"))
    return as_json(
        cost_of(elastic_resnet_network(read_elastic_resnet(one.architecture), one.expect.value("image", 224))));
  auto const list = read_block_list(one.architecture);
  if (!one.expects("image"))
    return as_json(cost_of(block_list_network(list, number_in(one.id, "r", 224))));
  // The resolution at which the network has the expected multiply-adds: what it is named for.
  constexpr int step = 4;
  std::optional<int> found;
  for (int side = 96; side <= 320 && one.expects("macs") && !found; side += step)
    if (cost_of(block_list_network(list, side)).macs == one.expect["macs"].get<long long>())
      found = side;
  auto made = as_json(cost_of(block_list_network(list, one.expect["image"].get<int>())));
  made["image"] = one.expects("macs") ? json(found.value_or(0)) : one.expect["image"];
  return made;
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

json spos_range(spos_skeleton const& skeleton) {
  using spaces::spos::blocks;
  // Costs add up over the layers, so that the mean over all networks is that over those of one kind of block.
  double sum = 0;
  for (int const kind : {0, 1, 2, 3})
    sum += static_cast<double>(cost_of(spos_network({std::vector<int>(20, kind), {}}, skeleton)).macs);
  return {{"min_macs", espalier::dsl::min_macs<blocks>()},
          {"max_macs", espalier::dsl::max_macs<blocks>()},
          {"min_params", espalier::dsl::min_params<blocks>()},
          {"max_params", espalier::dsl::max_params<blocks>()},
          {"uniform_mean_macs", sum / 4}};
}

json spos_entry(entry const& one) {
  auto const skeleton = spos_skeleton_of(one.families);
  if (one.id == "spos.range")
    return spos_range(skeleton);
  std::string const bounded = "spos.count_macs_le_";
  if (one.id.starts_with(bounded))
    return {{"count", number(count_within(spaces::spos::blocks.view(),
                                          espalier::dsl::macs{std::stoll(one.id.substr(bounded.size()))}))}};
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
