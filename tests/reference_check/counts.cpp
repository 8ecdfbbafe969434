#include "check.hpp"

#include <espalier/compiler/count_within.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/isomorphism.hpp>

#include <spaces/all.hpp>

#include <fmt/format.h>

#include <cctype>
#include <functional>
#include <map>
#include <regex>

namespace reference_check {

namespace {

using namespace espalier::dsl;
using espalier::compiler::simplification;

template <class Space>
cardinality count_of(Space const& space) {
  return count_architectures(space.view());
}

// A space of one cell alone.
template <class Cell>
cardinality count_of_cell(Cell const& cell) {
  return count_of(search_space("one-cell", image(3, 32, 32), conv(3, channels(32)), cell));
}

cardinality unique_graphs() {
  cardinality sum;
  for (auto const& count : espalier::compiler::count_unique_graphs(spaces::nas_bench_101::cifar10.view()))
    sum += count;
  return sum;
}

cardinality unique_cells(simplification simplified) {
  return espalier::compiler::count_unique_cells(spaces::nas_bench_201::cifar10.view(), simplified);
}

// Every edge of a DARTS cell with one of all its operations, `none` among them: as the architecture parameters are.
cardinality alpha_assignments() {
  constexpr auto all = cell("normal", nodes(4), keep_all, spaces::darts::edge);
  return count_of_cell(all(16));
}

cardinality spos_of_scales(int scales) {
  auto const scaled = [&](int width) { return round_down(range(2, 2 * scales, step(2)) * width / 10); };
  using spaces::spos::shuffle_blocks;
  return count_of(spaces::spos::net("spos", shuffle_blocks(4, 16, 64, scaled(32)),
                                    shuffle_blocks(4, 64, 160, scaled(80)), shuffle_blocks(8, 160, 320, scaled(160)),
                                    shuffle_blocks(4, 320, 640, scaled(320))));
}

std::map<std::string, std::function<cardinality()>> const& named_counts() {
  using namespace spaces;
  static std::map<std::string, std::function<cardinality()>> const counts{
      {"darts_cnn_discrete_cell_7ops", [] { return count_of_cell(darts::normal(16)); }},
      {"darts_cnn_pair_normal_reduce", [] { return count_of(darts::cifar10); }},
      {"darts_cnn_supernet_alpha_assignments", alpha_assignments},
      {"darts_cnn_supernet_pair", [] { return power(alpha_assignments(), 2); }},
      {"darts_rnn_discrete_8steps_4acts", [] { return count_of(darts_rnn::ptb); }},
      {"nasnet_cell_B5_13ops_2comb", [] { return count_of_cell(nasnet::normal(32)); }},
      {"nasnet_pair_controller_sequences", [] { return count_of(nasnet::cifar10); }},
      {"pnas_cell_B5", [] { return count_of(pnas::search); }},
      {"pnas_first_level", [] { return count_of(pnas::first_level); }},
      {"amoebanet_cell_B5_8ops", [] { return count_of_cell(amoebanet::normal(24)); }},
      {"enas_micro_B5_5ops_per_cell", [] { return count_of_cell(enas::normal(20)); }},
      {"enas_micro_pair", [] { return count_of(enas::micro); }},
      {"enas_macro_L12_6ops", [] { return count_of(enas::macro); }},
      {"enas_rnn_12nodes_4acts", [] { return count_of(enas_rnn::ptb); }},
      {"spos_blocks", [] { return count_of(spos::blocks); }},
      {"spos_channels", [] { return count_of(spos::channels_only); }},
      {"spos_blocks_and_channels", [] { return count_of(spos::blocks_and_channels); }},
      {"spos_mixed_precision_pairs", [] { return count_of(spos_quantized::resnet18); }},
      {"proxyless_space_code", [] { return count_of(proxylessnas::imagenet); }},
      {"fbnet_22_layers_9_blocks", [] { return count_of(fbnet::imagenet); }},
      {"ofa_mbv3_subnets", [] { return count_of(ofa_mobilenet_v3::at_224); }},
      {"ofa_mbv3_subnets_times_25_resolutions", [] { return count_of(ofa_mobilenet_v3::supernet); }},
      {"nasbench201", [] { return count_of(nas_bench_201::cifar10); }},
      {"nasbench201_isomorphic", [] { return unique_cells(simplification::skips); }},
      {"nasbench201_unique", [] { return unique_cells(simplification::skips_and_zeros); }},
      {"nasbench101", unique_graphs},
      {"nasbench101_raw_encodings", [] { return count_of(nas_bench_101::any_edges); }},
  };
  return counts;
}

cardinality count_of(entry const& one) {
  auto const name = one.id.substr(one.id.find('.') + 1);
  if (auto const at = named_counts().find(name); at != named_counts().end())
    return at->second();
  if (auto const sized = count_of_sized(name))
    return *sized;
  std::smatch match;
  if (std::regex_match(name, match, std::regex{R"(spos_channels_repo_(\d{1,2})scales)"}))
    return spos_of_scales(std::stoi(match[1].str()));
  if (std::regex_match(name, match, std::regex{R"(mnasnet_432_pow_(\d{1,2}))"}) && std::stoi(match[1].str()) % 5 == 0)
    return power(count_of(spaces::mnasnet::factorized), std::stoi(match[1].str()) / 5); // of five blocks
  if (name.starts_with("metaqnn_cifar10_limit"))
    return count_of(spaces::metaqnn::network("metaqnn", image(3, 32, 32), number_in(name, "limit", 1)));
  if (name.starts_with("metaqnn_mnist_limit"))
    return count_of(spaces::metaqnn::network("metaqnn", image(1, 28, 28), number_in(name, "limit", 1)));
  if (std::regex_match(name, match, std::regex{R"(spos_archs_le_(\d{1,4})M)"}))
    return espalier::compiler::count_within(spaces::spos::blocks.view(), macs{std::stoll(match[1].str()) * 1'000'000});
  if (one.architecture.is_object() && one.architecture.contains("formula")) // what a paper counts, and no space holds
    return formula_value(one.architecture["formula"].get<std::string>());
  throw espalier::user_error(fmt::format("there is no space of the name '{}', and no \"formula\"", name));
}

} // namespace

json counts_of(entry const& one) {
  return {{"count", number(count_of(one))}};
}

} // namespace reference_check
