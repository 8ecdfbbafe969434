#include "check.hpp"

#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/encodings/random_wiring.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/dsl/random_graph.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <regex>

namespace reference_check {

namespace {

using namespace espalier::compiler;
using namespace espalier::compiler::encodings;
using espalier::dsl::dag;

constexpr int nodes = 32;
constexpr int stages = 3;
constexpr int draws = 500;

// "BA(5)", "ER(0.2)", "WS(4,0.75)": a graph for each seed.
std::function<dag(std::uint64_t)> generator_of(std::string const& id) {
  static std::regex const form{R"((ER|BA|WS)\(([\d.]+)(?:,\s*([\d.]+))?\))"};
  std::smatch match;
  if (!std::regex_search(id, match, form))
    throw espalier::user_error("an id names the generator: ER(P), BA(M) or WS(K,P)");
  auto const permille = [&](std::size_t group) {
    return static_cast<int>(std::lround(1000 * std::stod(match[group].str())));
  };
  if (match[1] == "ER")
    return [p = permille(2)](std::uint64_t seed) { return espalier::dsl::draw_erdos_renyi(nodes, p, seed); };
  int const count = std::stoi(match[2].str());
  if (match[1] == "BA")
    return [count](std::uint64_t seed) { return espalier::dsl::draw_barabasi_albert(nodes, count, seed); };
  return [count, p = permille(3)](std::uint64_t seed) {
    return espalier::dsl::draw_watts_strogatz(nodes, count, p, seed);
  };
}

std::vector<dag> drawn(std::function<dag(std::uint64_t)> const& generator, int draw) {
  std::vector<dag> graphs;
  for (int stage = 0; stage < stages; ++stage)
    graphs.push_back(generator(static_cast<std::uint64_t>(stages * draw + stage + 1)));
  return graphs;
}

double mean_of(std::vector<double> const& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

json statistics_of(std::function<dag(std::uint64_t)> const& generator) {
  std::vector<double> params;
  std::vector<double> macs;
  std::vector<double> edges;
  for (int draw = 0; draw < draws; ++draw) {
    auto const graphs = drawn(generator, draw);
    auto const cost = cost_of(random_wiring_network(graphs, {}));
    params.push_back(static_cast<double>(cost.params));
    macs.push_back(static_cast<double>(cost.macs));
    for (auto const& graph : graphs)
      edges.push_back(graph.edges());
  }
  auto squares = params;
  for (auto& p : squares)
    p = std::pow(p - mean_of(params), 2);
  return {{"params_mean", mean_of(params)},
          {"params_sd", std::sqrt(mean_of(squares))},
          {"macs_mean", mean_of(macs)},
          {"edges_mean", mean_of(edges)},
          {"edges_min", *std::ranges::min_element(edges)},
          {"edges_max", *std::ranges::max_element(edges)}};
}

} // namespace

json numbers_of_graphs(entry const& one) {
  if (one.id.find(".stat.") != std::string::npos)
    return statistics_of(generator_of(one.id));
  auto const graphs =
      one.architecture.is_array() ? read_wiring_graphs(one.architecture) : drawn(generator_of(one.id), 0);
  auto const cost = cost_of(random_wiring_network(graphs, {}));
  long long weights = 0; // of the sums before nodes with several predecessors
  for (auto const& graph : graphs)
    for (int n = 0; n < graph.nodes; ++n)
      weights += graph.in_degree(n) > 1 ? graph.in_degree(n) : 0;
  return {{"params", cost.params},
          {"params_no_agg", cost.params - weights},
          {"agg_weights", weights},
          {"macs", cost.macs},
          {"edges", graphs.front().edges()}};
}

} // namespace reference_check
