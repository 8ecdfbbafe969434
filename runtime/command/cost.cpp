#include "architecture_source.hpp"
#include "space_commands.hpp"
#include "space_source.hpp"
#include "table.hpp"

#include <fmt/format.h>

namespace espalier::command {

namespace {

using compiler::decision;
using compiler::operation_cost;

// What the taken options of a decision are called.
std::string taken(decision const& d, std::uint32_t value) {
  std::vector<std::string> names;
  for (std::size_t option = 0; option < d.options.size(); ++option)
    if (compiler::takes(d, value, option))
      names.push_back(d.options[option]);
  return fmt::format("{}", fmt::join(names, ", "));
}

} // namespace

void print_cost(cost_arguments const& arguments) {
  auto const space = load_space(arguments.space);
  auto const a = load_architecture(arguments.architecture, space);
  auto const total = space.costs.of(a);
  using enum column::kind;
  table costs{{{"decision", "decision", text},
               {"option", "option", text},
               {"params", "params"},
               {"macs", "macs"},
               {"share_of_macs", "of macs"}}};
  auto const add = [&](std::string name, std::string option, operation_cost const& cost) {
    auto const share = total.macs > 0 ? static_cast<double>(cost.macs) / static_cast<double>(total.macs) : 0;
    costs.add({text_cell(std::move(name)), text_cell(std::move(option)), count_cell(cost.params), count_cell(cost.macs),
               share_cell(share)});
  };
  auto const active = compiler::active_decisions(space.decisions, a);
  if (space.costs.is_sum()) {
    auto const shares = space.costs.shares(a);
    for (std::size_t i = 0; i < active.size(); ++i)
      if (active[i] && (shares[i].params > 0 || shares[i].macs > 0))
        add(space.decisions[i].path, taken(space.decisions[i], a.values[i]), shares[i]);
    add("(fixed)", "", shares.back());
  }
  add("total", compiler::fingerprint(space.decisions, a), total);
  costs.print(arguments.json);
}

} // namespace espalier::command
