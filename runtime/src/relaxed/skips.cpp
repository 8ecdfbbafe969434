#include "skips.hpp"

#include "../strategy/derive.hpp"

#include <algorithm>

#include <torch/torch.h>

namespace espalier::runtime {

namespace {

std::string cell_of(std::string const& path) {
  return path.substr(0, path.find('/'));
}

// The cells in which an edge strides.
void add_striding_cells(compiler::region const& in, std::set<std::string>& cells) {
  for (auto const& op : in.operations) {
    if (op.form() == compiler::structure::choice && in.type_of(op.operands.front()).height != op.type().height)
      cells.insert(cell_of(op.label));
    for (auto const& held : op.regions)
      add_striding_cells(held, cells);
  }
}

} // namespace

skip_connections::skip_connections(compiler::compiled_space const& space)
    : decisions_(space.decisions), option_(space.decisions.size()) {
  std::set<std::string> strides;
  add_striding_cells(space.expanded.body, strides);
  for (std::size_t i = 0; i < decisions_.size(); ++i) {
    auto const& d = decisions_[i];
    auto const skip = std::ranges::find(d.options, "skip_connect");
    if (d.type != compiler::decision::kind::choice || skip == d.options.end() || strides.contains(cell_of(d.path)))
      continue;
    choices_[cell_of(d.path)].push_back(i);
    option_[i] = static_cast<std::size_t>(skip - d.options.begin());
  }
}

std::vector<std::size_t> skip_connections::taken(compiler::architecture const& a, std::string const& cell) const {
  auto const active = compiler::active_decisions(decisions_, a);
  std::vector<std::size_t> found;
  for (auto const i : choices_.at(cell))
    if (active[i] && a.values[i] == option_[i])
      found.push_back(i);
  return found;
}

std::map<std::string, int> skip_connections::count(compiler::architecture const& a) const {
  std::map<std::string, int> counts;
  for (auto const& [cell, choices] : choices_)
    counts[cell] = static_cast<int>(taken(a, cell).size());
  return counts;
}

compiler::architecture skip_connections::derive(relaxation weights, int at_most) const {
  for (auto& w : weights.weights)
    if (w.defined())
      w = w.detach().clone();
  auto made = runtime::derive(decisions_, weights);
  for (auto const& [cell, choices] : choices_)
    for (auto skips = taken(made, cell); skips.size() > static_cast<std::size_t>(at_most); skips = taken(made, cell)) {
      auto const weight = [&](std::size_t i) {
        return weights.weights[i][decisions_[i].candidates[option_[i]]].item<double>();
      };
      auto const weakest = *std::ranges::min_element(skips, {}, weight);
      if (weight(weakest) < 0)
        break;                                                                         // there is nothing else to take
      weights.weights[weakest][decisions_[weakest].candidates[option_[weakest]]] = -1; // below every other option
      made = runtime::derive(decisions_, weights);
    }
  return made;
}

} // namespace espalier::runtime
