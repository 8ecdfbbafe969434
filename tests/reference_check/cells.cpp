#include "check.hpp"

#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/encodings/block_cells.hpp>
#include <espalier/compiler/encodings/darts.hpp>
#include <espalier/compiler/encodings/enas.hpp>
#include <espalier/compiler/encodings/nas_bench_101.hpp>
#include <espalier/compiler/encodings/nas_bench_201.hpp>
#include <espalier/compiler/encodings/nas_unet.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/isomorphism.hpp>
#include <espalier/compiler/lower.hpp>

#include <spaces/darts.hpp>
#include <spaces/nas_bench_101.hpp>
#include <spaces/nas_bench_201.hpp>

#include <regex>

namespace reference_check {

namespace {

using namespace espalier::compiler;
using namespace espalier::compiler::encodings;

tensor_type photograph(int side) {
  return {espalier::dsl::tensor_kind::image, 3, side, side};
}

json as_json(operation_cost const& cost) {
  return {{"params", cost.params}, {"macs", cost.macs}};
}

// "cifar10_C36_L20", "imagenet_C48_L14": the data set's first letters and the numbers behind C and L.
darts_skeleton darts_skeleton_of(std::string const& text) {
  darts_skeleton skeleton;
  skeleton.channels = number_in(text, "C", 36);
  skeleton.layers = number_in(text, "L", 20);
  skeleton.strided_stem = text.find("imagenet") != std::string::npos;
  skeleton.classes = skeleton.strided_stem ? 1000 : text.find("cifar100") != std::string::npos ? 100 : 10;
  skeleton.input = photograph(skeleton.strided_stem ? 224 : 32);
  return skeleton;
}

json darts_numbers(darts_genotype const& genotype, darts_skeleton const& skeleton) {
  auto const network = cost_of(darts_network(genotype, skeleton));
  auto const head = cost_of(darts_auxiliary_head(genotype, skeleton));
  auto made = as_json(network);
  made["params_with_aux"] = network.params + head.params;
  made["macs_aux_head"] = head.macs;
  return made;
}

// {"uniform_operation": ..., "concat": ..., "skeletons": "cifar = C36 L20, ..."}: every edge the same operation, from
// both inputs of the cell to every node.
json uniform_numbers(json const& architecture) {
  auto const name = architecture.at("uniform_operation").get<std::string>();
  auto const concat = architecture.at("concat");
  json cell = json::array();
  for (std::size_t node = 0; node < concat.size(); ++node)
    cell.insert(cell.end(), {{name, 0}, {name, 1}});
  auto const genotype =
      read_darts_genotype({{"normal", cell}, {"reduce", cell}, {"normal_concat", concat}, {"reduce_concat", concat}});
  auto const skeletons = architecture.at("skeletons").get<std::string>();
  static std::regex const form{R"((\w+) = (C\d+ L\d+))"};
  json made;
  for (std::sregex_iterator at{skeletons.begin(), skeletons.end(), form}, end; at != end; ++at)
    made[(*at)[1].str()] = darts_numbers(genotype, darts_skeleton_of(at->str()));
  return made;
}

// Leaves of a region and of all it holds; batch normalization of the cells has no parameters while searching.
operation_cost supernet_cost(region const& in, bool is_cell) {
  operation_cost sum;
  for (auto const& op : in.operations) {
    if (op.declaration->is_leaf()) {
      auto cost = op.declaration->cost(op.attributes, in.type_of(op.operands.front()), op.type());
      if (is_cell && op.is("batch_norm"))
        cost.params = 0;
      sum += cost;
    }
    for (auto const& held : op.regions)
      sum += supernet_cost(held, true);
  }
  return sum;
}

// Of so many cells, 8 of 16 channels unless the id tells others.
json darts_supernet_numbers(std::string const& id) {
  using namespace espalier::dsl;
  int const c = number_in(id, "C", 16);
  int const l = number_in(id, "L", 8);
  using spaces::darts::normal;
  using spaces::darts::reduction;
  auto const space =
      search_space("darts-search", image(3, 32, 32), conv(3, channels(3 * c)), batch_norm(), repeat(l / 3, normal(c)),
                   reduction(2 * c), repeat(2 * l / 3 - l / 3 - 1, normal(2 * c)), reduction(4 * c),
                   repeat(l - 2 * l / 3 - 1, normal(4 * c)), global_avg_pool(), linear(10));
  auto const expanded = expand(lower(space.view()));
  auto made = as_json(supernet_cost(expanded.body, false));
  for (auto const& cell : expanded.body.operations) {
    if (cell.form() != structure::block)
      continue;
    std::size_t edges = 0;
    std::size_t operations = 0;
    for (auto const& op : cell.regions.front().operations)
      if (op.form() == structure::choice)
        ++edges, operations = op.regions.size();
    made["alpha"] = {edges, operations};
    break;
  }
  return made;
}

json darts_entry(entry const& one) {
  if (one.id.starts_with("darts.supernet"))
    return darts_supernet_numbers(one.id);
  if (one.architecture.contains("uniform_operation"))
    return uniform_numbers(one.architecture);
  return darts_numbers(read_darts_genotype(one.architecture), darts_skeleton_of(one.id));
}

json block_cell_entry(entry const& one) {
  bool const is_amoeba = one.id.starts_with("amoeba");
  bool const is_pnas = one.id.find("PNAS") != std::string::npos;
  bool const is_cifar = one.id.find("cifar") != std::string::npos;
  bool const is_large = one.id.find("large") != std::string::npos;
  block_cell_skeleton skeleton;
  skeleton.code = is_amoeba ? block_cell_code::amoebanet : block_cell_code::nasnet;
  skeleton.strided_stem = !is_cifar;
  skeleton.filters = number_in(one.id, "F", is_cifar ? 32 : is_pnas ? (is_large ? 216 : 54) : is_large ? 168 : 44);
  bool const is_deep = is_cifar || is_amoeba || (is_large && !is_pnas);
  skeleton.normal_cells = 3 * number_in(one.id, "N", is_deep ? 6 : is_pnas && !is_large ? 3 : 4);
  skeleton.stem_filters = is_cifar ? 3 * skeleton.filters : is_large ? 96 : 32;
  skeleton.reads_before_reduction = is_large;
  skeleton.classes = is_cifar ? (one.id.find("cifar100") != std::string::npos ? 100 : 10) : 1001;
  std::smatch match;
  if (std::regex_search(one.id, match, std::regex{R"((\d+)cls)"}))
    skeleton.classes = std::stoi(match[1].str());
  int side = is_cifar ? 32 : is_large ? 331 : 224;
  if (std::regex_search(one.id, match, std::regex{R"(_(\d{2,3})$)"}))
    side = std::stoi(match[1].str());
  skeleton.input = photograph(side);
  return as_json(cost_of(block_cell_network(read_block_cells(one.architecture, skeleton.code), skeleton)));
}

json enas_entry(entry const& one) {
  if (one.id.find("macro") != std::string::npos) {
    enas_layer_skeleton skeleton;
    skeleton.filters = number_in(one.id, "F", 96);
    return as_json(cost_of(enas_layer_network(read_enas_layers(one.architecture), skeleton)));
  }
  enas_cell_skeleton skeleton;
  skeleton.layers = number_in(one.id, "L", 15);
  skeleton.filters = number_in(one.id, "F", 36);
  auto const cells = read_enas_cells(one.architecture);
  auto const network = cost_of(enas_cell_network(cells, skeleton));
  auto const head = cost_of(enas_auxiliary_head(cells, skeleton));
  // The released code counts the head's parameters among all, and 0 of its own.
  return {{"params_total_trainable", network.params + head.params},
          {"params", network.params + head.params},
          {"params_aux", 0},
          {"params_no_aux_graph", network.params},
          {"macs", network.macs + head.macs},
          {"macs_without_aux", network.macs}};
}

json nas_bench_201_entry(entry const& one) {
  auto const space = spaces::nas_bench_201::cifar10.view();
  if (one.id == "nb201.unique")
    return {
        {"strings", number(espalier::dsl::count_architectures(space))},
        {"isomorphic (to_unique_str consider_zero=False)", number(count_unique_cells(space, simplification::skips))},
        {"isomorphic modulo zero/skip (consider_zero=True)",
         number(count_unique_cells(space, simplification::skips_and_zeros))}};
  auto const cell = read_nas_bench_201_cell(one.architecture);
  json made;
  for (auto const& [name, side, classes] :
       {std::tuple{"cifar10", 32, 10}, {"cifar100", 32, 100}, {"imagenet16-120", 16, 120}}) {
    nas_bench_201_skeleton skeleton;
    skeleton.input = photograph(side);
    skeleton.classes = classes;
    made[name] = as_json(cost_of(nas_bench_201_network(cell, skeleton)));
  }
  return made;
}

json nas_bench_101_entry(entry const& one) {
  if (one.id != "nb101.unique")
    return as_json(cost_of(nas_bench_101_network(read_nas_bench_101_cell(one.architecture), {})));
  auto const counts = count_unique_graphs(spaces::nas_bench_101::cifar10.view());
  json made;
  espalier::dsl::cardinality total;
  for (std::size_t vertices = 2; vertices < counts.size(); ++vertices) {
    made["unique_per_vertices"][std::to_string(vertices)] = number(counts[vertices]);
    total += counts[vertices];
  }
  made["total"] = number(total);
  return made;
}

json nas_unet_entry(entry const& one) {
  auto const genotype = read_nas_unet_genotype(one.architecture);
  nas_unet_skeleton skeleton;
  skeleton.channels = number_in(one.id, "c", 48);
  std::smatch match;
  if (std::regex_search(one.id, match, std::regex{R"(\dd(\d))"}))
    skeleton.depth = std::stoi(match[1].str());
  json made;
  for (auto const& [key, unused] : one.expect.items()) {
    int const side = number_in(key, "macs_", 256);
    skeleton.input.height = skeleton.input.width = side;
    auto const cost = cost_of(nas_unet_network(genotype, skeleton));
    // The released code gives its last layer a normalization of one channel a class that it never runs.
    made["params"] = cost.params + 2 * skeleton.classes;
    made[key == "params" ? "macs" : key] = cost.macs;
  }
  return made;
}

} // namespace

json numbers_of_cells(entry const& one) {
  auto const system = one.id.substr(0, one.id.find('.'));
  if (system == "darts")
    return darts_entry(one);
  if (system == "enas")
    return enas_entry(one);
  if (system == "nb201")
    return nas_bench_201_entry(one);
  if (system == "nb101")
    return nas_bench_101_entry(one);
  return system == "nasunet" ? nas_unet_entry(one) : block_cell_entry(one);
}

} // namespace reference_check
