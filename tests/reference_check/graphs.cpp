#include "check.hpp"

#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/encodings/random_wiring.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/dsl/random_graph.hpp>

#include <cmath>
#include <functional>
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

json statistics_of(std::function<dag(std::uint64_t)> const& generator) {
  double params = 0;
  double squares = 0;
  double macs = 0;
  for (int draw = 0; draw < draws; ++draw) {
    auto const cost = cost_of(random_wiring_network(drawn(generator, draw), {}));
    params += static_cast<double>(cost.params) / draws;
    squares += std::pow(static_cast<double>(cost.params), 2) / draws;
    macs += static_cast<double>(cost.macs) / draws;
  }
  return {{"params_mean", params}, {"params_sd", std::sqrt(squares - params * params)}, {"macs_mean", macs}};
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
