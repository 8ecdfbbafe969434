#pragma once

#include <espalier/compiler/graph.hpp>

#include <map>
#include <string>
#include <vector>

namespace espalier::compiler {

/// An expanded chain, as its decisions see it: at each position the layers that may stand there, and which may follow
/// which as the transitions of the chain say. Transitions that contradict each other, or name a layer that the chain
/// does not hold, are a `user_error`.
class chain_layers {
public:
  explicit chain_layers(operation const& chain);

  /// How many positions a layer may stand at.
  [[nodiscard]] std::size_t size() const { return positions_.size(); }
  /// The regions of what may stand at a position: first what ends the chain.
  [[nodiscard]] std::vector<int> const& options(std::size_t position) const { return positions_[position].regions; }
  /// What an option is called.
  [[nodiscard]] std::string const& name(int region) const { return names_[static_cast<std::size_t>(region)]; }
  /// Whether another layer may follow an option of a position.
  [[nodiscard]] bool leads_on(std::size_t position, std::size_t option) const;
  /// For each state and option of a position the state behind it, or -1 where the option is not allowed; the end, which
  /// always is, stays where it is.
  [[nodiscard]] std::vector<std::vector<int>> next(std::size_t position) const;
  /// The state behind each layer that may follow a state, by its name.
  [[nodiscard]] std::map<std::string, int> const& transitions(std::size_t state) const { return states_[state]; }
  [[nodiscard]] std::size_t states() const { return states_.size(); }

private:
  struct position {
    std::vector<int> regions;
    std::vector<char> states; // in which the layers before it may end
  };

  void read_transitions(operation const& chain);
  void read_layers(operation const& chain);
  [[nodiscard]] position position_of(operation const& chain, std::size_t index, std::vector<char> states) const;
  [[nodiscard]] std::vector<char> behind(position const& p) const;

  std::vector<std::map<std::string, int>> states_;
  std::vector<std::string> names_; // by region
  std::vector<int> places_;        // by region; -1: any
  std::vector<position> positions_;
};

/// The name of the option that ends a chain.
inline constexpr auto chain_end = "end";

/// What a layer is in its region, behind where it may stand.
operation const& layer_of(region const& held);

} // namespace espalier::compiler
