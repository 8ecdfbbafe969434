#include "chain_layers.hpp"

#include "collect_decisions.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/dsl/analysis.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

constexpr int most_states = 1024;
constexpr int most_layers = dsl::detail::chain_states::max_length;

[[noreturn]] void refuse(operation const& chain, std::string const& why) {
  throw user_error(fmt::format("%{}: {}", chain.name(), why));
}

void collect_chains(region const& in, std::vector<decision> const& decisions, std::vector<layer_automaton>& into) {
  for (auto const& op : in.operations) {
    if (op.form() == structure::chain) {
      chain_layers const layers{op};
      layer_automaton made;
      for (std::size_t p = 0; p < layers.size(); ++p) {
        auto const found = std::ranges::find(decisions, fmt::format("{}/{}", op.label, p), &decision::path);
        made.decisions.push_back(static_cast<int>(found - decisions.begin()));
        made.next.push_back(layers.next(p));
      }
      bool const is_known =
          std::ranges::any_of(into, [&](layer_automaton const& other) { return other.decisions == made.decisions; });
      if (!is_known && !made.decisions.empty())
        into.push_back(std::move(made));
    }
    for (auto const& held : op.regions)
      collect_chains(held, decisions, into);
  }
}

} // namespace

operation const& layer_of(region const& held) {
  auto const is_layer = [](operation const& op) { return !is_statement(op.form()); };
  auto const found = std::ranges::find_if(held.operations, is_layer);
  if (found == held.operations.end())
    throw user_error("a region of a chain holds no layer: write one operation into it");
  return *found;
}

chain_layers::chain_layers(operation const& chain) {
  if (auto const limit = chain.attribute("limit"); limit > most_layers)
    refuse(chain, fmt::format("it has up to {} layers, at most {} are possible", limit, most_layers));
  read_layers(chain);
  read_transitions(chain);
  std::vector<char> states(states_.size());
  states.front() = 1;
  for (int p = 0; p < chain.attribute("limit"); ++p) {
    auto made = position_of(chain, static_cast<std::size_t>(p), states);
    if (made.regions.size() == 1)
      break;
    states = behind(made);
    positions_.push_back(std::move(made));
  }
}

void chain_layers::read_layers(operation const& chain) {
  names_ = {chain_end};
  places_ = {-1};
  for (std::size_t r = 1; r < chain.regions.size(); ++r) {
    names_.push_back(candidate_name(layer_of(chain.regions[r])));
    places_.push_back(-1);
    for (auto const& op : chain.regions[r].operations)
      if (op.is("layer_position"))
        places_.back() = op.attribute("layer");
  }
}

void chain_layers::read_transitions(operation const& chain) {
  states_.resize(1);
  for (auto const& op : chain.regions.front().operations) {
    if (!op.is("transition"))
      continue;
    auto const from = op.attribute("from");
    auto const to = op.attribute("to");
    if (std::min(from, to) < 0 || std::max(from, to) >= most_states)
      refuse(chain, fmt::format("a transition leads from {} to {}; states are counted from 0 to {}", from, to,
                                most_states - 1));
    states_.resize(std::max({states_.size(), static_cast<std::size_t>(from) + 1, static_cast<std::size_t>(to) + 1}));
    auto const [known, is_new] = states_[static_cast<std::size_t>(from)].emplace(op.label, to);
    if (!is_new)
      refuse(chain, fmt::format("{} leads from state {} to both {} and {}; remove one of the transitions", op.label,
                                from, known->second, to));
  }
}

chain_layers::position chain_layers::position_of(operation const& chain, std::size_t index,
                                                 std::vector<char> states) const {
  position made{{0}, std::move(states)};
  for (std::size_t s = 0; s < states_.size(); ++s)
    for (auto const& [layer, to] : states_[s]) {
      if (made.states[s] == 0)
        break;
      auto const stands_here = [&](std::size_t r) {
        return names_[r] == layer && (places_[r] < 0 || places_[r] == static_cast<int>(index));
      };
      std::size_t r = 1;
      while (r < names_.size() && !stands_here(r))
        ++r;
      if (r == names_.size())
        refuse(chain, fmt::format("no region holds the layer '{}' for position {}; add it, or remove the transition",
                                  layer, index));
      if (std::ranges::find(made.regions, static_cast<int>(r)) == made.regions.end())
        made.regions.push_back(static_cast<int>(r));
    }
  std::ranges::sort(made.regions);
  return made;
}

std::vector<char> chain_layers::behind(position const& p) const {
  std::vector<char> reached(states_.size());
  for (std::size_t s = 0; s < states_.size(); ++s)
    for (auto const& [layer, to] : states_[s])
      if (p.states[s] != 0)
        reached[static_cast<std::size_t>(to)] = 1;
  return reached;
}

bool chain_layers::leads_on(std::size_t position, std::size_t option) const {
  auto const& p = positions_[position];
  if (option == 0 || position + 1 == positions_.size())
    return false;
  for (std::size_t s = 0; s < states_.size(); ++s)
    if (auto const step = states_[s].find(name(p.regions[option])); p.states[s] != 0 && step != states_[s].end())
      if (!states_[static_cast<std::size_t>(step->second)].empty())
        return true;
  return false;
}

std::vector<std::vector<int>> chain_layers::next(std::size_t position) const {
  std::vector<std::vector<int>> table;
  for (std::size_t s = 0; s < states_.size(); ++s) {
    auto& row = table.emplace_back(1, static_cast<int>(s));
    for (std::size_t o = 1; o < options(position).size(); ++o) {
      auto const step = states_[s].find(name(options(position)[o]));
      row.push_back(step == states_[s].end() ? -1 : step->second);
    }
  }
  return table;
}

std::vector<layer_automaton> collect_chains(graph const& expanded, std::vector<decision> const& decisions) {
  std::vector<layer_automaton> found;
  collect_chains(expanded.body, decisions, found);
  return found;
}

} // namespace espalier::compiler
