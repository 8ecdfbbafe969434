#pragma once

#include "chain_layers.hpp"

#include <espalier/compiler/cost_sum.hpp>

#include <map>
#include <memory>
#include <optional>

namespace espalier::compiler {

/// The costs of a graph in which nothing is decided but one chain: a layer's cost depends on its own decisions and on
/// the type that the layers before it give, so that costs are added along the chain, and the least and the greatest are
/// found by dynamic programming over states, types and positions.
class chain_costs {
public:
  /// Nothing where the graph decides more than a chain, or a layer has too many combinations.
  static std::shared_ptr<chain_costs const> find(graph const& expanded, decision_space const& space);

  [[nodiscard]] operation_cost of(architecture const& a) const;
  [[nodiscard]] architecture extreme(long long operation_cost::*which, bool largest) const;

private:
  // A layer with its own decisions: what it costs, and where it leads.
  struct step {
    operation_cost cost;
    int next = -1; // -1: no architecture has this combination
  };
  // A layer, by its name, from some node: a step for each combination of its decisions, the last varying fastest.
  using steps = std::vector<step>;
  // Where a chain may end: a state, and the type that the last layer gives.
  struct node {
    int state;
    tensor_type type;
    std::vector<steps> of_layer{};        // by name; empty where the layer may not follow
    operation_cost rest{};                // of all that is no layer, where the chain ends here
    std::vector<std::uint32_t> witness{}; // of an architecture whose chain ends here
    std::size_t length = 0;
  };
  // The decisions of a layer at its place.
  struct place {
    int region = 0;
    std::size_t layer = 0; // by name
    std::vector<std::size_t> decisions{};
  };

  chain_costs(graph const& expanded, decision_space const& space, std::size_t chain);

  bool find_places();
  bool explore(tensor_type const& input);
  void add_steps(std::size_t from, place const& at, std::size_t position, std::size_t option);
  int node_of(int state, tensor_type const& type, std::vector<std::uint32_t> const& witness, std::size_t length);
  void price_rest();
  [[nodiscard]] std::optional<std::size_t> combinations(place const& at) const;
  [[nodiscard]] bool is_allowed(std::size_t node, std::size_t position, std::size_t option) const;
  void set_decisions(place const& at, std::size_t rank, architecture& a) const;
  [[nodiscard]] std::uint32_t value(std::size_t decision, std::size_t rank) const;

  graph expanded_;
  decision_space const& space_;
  operation const& chain_;
  chain_layers layers_;
  std::map<std::string, std::size_t> by_name_;
  std::vector<std::vector<place>> places_;         // by position and option; the end is none
  std::vector<std::vector<std::uint32_t>> values_; // of the subsets among the decisions
  std::vector<node> nodes_;
};

} // namespace espalier::compiler
