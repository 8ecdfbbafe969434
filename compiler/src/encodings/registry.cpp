#include <espalier/compiler/encodings/registry.hpp>

#include "decisions_of.hpp"

#include <espalier/compiler/encodings/attentive_nas.hpp>
#include <espalier/compiler/encodings/block_cells.hpp>
#include <espalier/compiler/encodings/block_list.hpp>
#include <espalier/compiler/encodings/darts.hpp>
#include <espalier/compiler/encodings/elastic_resnet.hpp>
#include <espalier/compiler/encodings/enas.hpp>
#include <espalier/compiler/encodings/mobile_strings.hpp>
#include <espalier/compiler/encodings/nas_bench_101.hpp>
#include <espalier/compiler/encodings/nas_bench_201.hpp>
#include <espalier/compiler/encodings/nas_unet.hpp>
#include <espalier/compiler/encodings/random_wiring.hpp>
#include <espalier/compiler/encodings/recurrent_genotype.hpp>
#include <espalier/compiler/encodings/spos.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/nearest.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace espalier::compiler::encodings {

namespace {

using nlohmann::json;

graph nasnet(json const& of) {
  return block_cell_network(read_block_cells(of, block_cell_code::nasnet), {});
}

graph amoebanet(json const& of) {
  block_cell_skeleton skeleton;
  skeleton.code = block_cell_code::amoebanet;
  skeleton.filters = 36;
  skeleton.stem_filters = 108;
  return block_cell_network(read_block_cells(of, block_cell_code::amoebanet), skeleton);
}

graph block_list_of(json const& of) {
  auto const list = read_block_list(of);
  return block_list_network(list, list.resolution);
}

// clang-format off
constexpr published_encoding known[]{
    {"darts",         "DARTS genotype: normal, normal_concat, reduce, reduce_concat", "darts-cifar10",
     [](json const& of) { return darts_network(read_darts_genotype(of), {}); }, darts_decisions},
    {"nas-bench-201", "NAS-Bench-201 cell: |nor_conv_3x3~0|+|...|+|...|", "nas-bench-201-cifar10",
     [](json const& of) { return nas_bench_201_network(read_nas_bench_201_cell(of), {}); }, nas_bench_201_decisions},
    {"nas-bench-101", "NAS-Bench-101 cell: matrix, ops", "nas-bench-101",
     [](json const& of) { return nas_bench_101_network(read_nas_bench_101_cell(of), {}); }, nas_bench_101_decisions},
    {"nasnet",        "NASNet cells: ops, idx, used of each", "nasnet-cifar10", nasnet, nasnet_decisions},
    {"pnas",          "PNASNet cell: ops, idx, used", "pnas-cifar10", nasnet, pnas_decisions},
    {"amoebanet",     "AmoebaNet cells: ops, idx, used of each", "amoebanet-search", amoebanet, amoebanet_decisions},
    {"enas-micro",    "ENAS cells: four numbers a node", "enas-micro",
     [](json const& of) { return enas_cell_network(read_enas_cells(of), {}); }, enas_cell_decisions},
    {"enas-macro",    "ENAS layers: operation and skips of each", "enas-macro",
     [](json const& of) { return enas_layer_network(read_enas_layers(of), {}); }, enas_layer_decisions},
    {"rnn",           "DARTS or ENAS recurrent cell: recurrent, concat; or fixed_arc_prev_func", "darts-rnn-ptb",
     [](json const& of) { return recurrent_network(read_recurrent_genotype(of), {}); }, recurrent_decisions},
    {"spos",          "Single Path One-Shot: a list of block choices", "spos-blocks",
     [](json const& of) { return spos_network(read_spos_lists(of, {}), {}); }, spos_decisions},
    {"block-list",    "ProxylessNAS network: first, blocks, feature_mix, ...", "proxylessnas", block_list_of,
     block_list_decisions},
    {"ofa-mobilenet", "Once-for-All MobileNetV3, as such a list; resolution", "ofa-mobilenet-v3", block_list_of,
     once_for_all_decisions},
    {"attentive-nas", "AttentiveNAS config: resolution, width, depth, kernel_size, expand_ratio", "attentive-nas",
     [](json const& of) { return attentive_nas_network(read_attentive_nas_config(of)); }, attentive_nas_decisions},
    {"ofa-resnet",    "Once-for-All ResNet-50 config: d, e, w", "",
     [](json const& of) { return elastic_resnet_network(read_elastic_resnet(of)); }, nullptr,
     "none of those shipped is one of elastic bottlenecks"},
    {"fbnet",         "FBNet text: conv16s2|k3e1 16|...|conv1x1 1984", "fbnet",
     [](json const& of) { return fbnet_network(read_fbnet(of)); }, fbnet_decisions},
    {"mnasnet",       "MnasNet block strings: r3_k5_s22_e3_i24_o40_se0.25, ...", "mnasnet",
     [](json const& of) { return mnasnet_network(read_mnasnet(of)); }, mnasnet_decisions},
    {"randwire",      "RandWire graphs: n, edges of each", "",
     [](json const& of) { return random_wiring_network(read_wiring_graphs(of), {}); }, nullptr,
     "the graphs of a space are drawn by its generator, and it decides the seed alone"},
    {"nas-unet",      "NAS-Unet genotype: down, down_concat, up, up_concat", "nas-unet-promise12",
     [](json const& of) { return nas_unet_network(read_nas_unet_genotype(of), {}); }, nas_unet_decisions},
};
// clang-format on

std::string options_of(decision const& d) {
  return fmt::format("possible: {}", fmt::join(d.options, ", "));
}

// The next decision from `at` on that no other one holds; counts what it passes.
int next_outer(decision_space const& space, std::size_t& at) {
  while (at < space.size() && space[at].parent >= 0)
    ++at;
  return at < space.size() ? static_cast<int>(at++) : -1;
}

// Writes the options that the encoding takes of a decision.
void decide(decision const& d, encoded_decision const& told, std::uint32_t& value, std::vector<std::string>& problems) {
  auto const take = [&](std::size_t index) {
    auto const option = static_cast<std::uint32_t>(index);
    value = d.type == decision::kind::subset ? value | 1U << option : option;
  };
  for (auto const& option : told.options)
    if (auto const found = std::ranges::find(d.options, option); found != d.options.end())
      take(static_cast<std::size_t>(found - d.options.begin()));
    else
      problems.push_back(fmt::format("{}: there is no option '{}' ({})", d.path, option, options_of(d)));
  for (auto const position : told.positions)
    if (position < d.options.size())
      take(position);
    else
      problems.push_back(fmt::format("{}: there are {} options, none at {}", d.path, d.options.size(), position));
}

} // namespace

std::span<published_encoding const> published_encodings() {
  return known;
}

published_encoding const& encoding_named(std::string_view name) {
  auto const at = std::ranges::find(known, name, &published_encoding::name);
  if (at != std::ranges::end(known))
    return *at;
  std::vector<std::string> names;
  for (auto const& encoding : known)
    names.emplace_back(encoding.name);
  throw user_error(fmt::format("there is no encoding '{}'{}", name, suggest(name, names)));
}

architecture architecture_of(decision_space const& space, encoded_architecture const& encoded,
                             std::string_view space_name) {
  architecture made{std::vector<std::uint32_t>(space.size())};
  std::vector<bool> is_told(space.size());
  auto problems = encoded.misfits;
  std::size_t next = 0;
  for (auto const& one : encoded.decisions) {
    int const at = one.path.empty() ? next_outer(space, next) : space.find(one.path);
    if (at < 0 && one.is_implied)
      continue;
    if (at < 0) {
      problems.push_back(fmt::format("{}: there is no decision{}", one.place,
                                     one.path.empty() ? " left for it" : fmt::format(" '{}'", one.path)));
      continue;
    }
    is_told[static_cast<std::size_t>(at)] = true;
    decide(space[static_cast<std::size_t>(at)], one, made.values[static_cast<std::size_t>(at)], problems);
  }
  auto const active = active_decisions(space, made);
  for (std::size_t i = 0; i < space.size() && problems.empty(); ++i)
    if (active[i] && !is_told[i])
      problems.push_back(fmt::format("{}: the encoding says nothing of it ({})", space[i].path, options_of(space[i])));
  if (problems.empty())
    problems = faults(space, made);
  if (!problems.empty())
    throw user_error(fmt::format("the space {} cannot hold this encoding; name another one, or change it:\n  {}",
                                 space_name, fmt::join(problems, "\n  ")));
  for (std::size_t i = 0; i < space.size(); ++i)
    if (!active[i])
      made.values[i] = 0;
  return made;
}

} // namespace espalier::compiler::encodings
