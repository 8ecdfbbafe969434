#include "architecture_source.hpp"
#include "limits.hpp"
#include "space_commands.hpp"
#include "space_source.hpp"
#include "table.hpp"

#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/latency.hpp>

#include <optional>

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

// What the operations of each architecture take, if that is asked for.
std::optional<compiler::cost_sum<double>> measured_times(cost_arguments const& arguments,
                                                         compiler::compiled_space const& space) {
  if (arguments.latency.empty())
    return {};
  return compiler::sum_of_latencies(space.expanded, space.decisions, load_latencies(arguments.latency));
}

} // namespace

void print_cost(cost_arguments const& arguments) {
  auto const space = load_space(arguments.space);
  auto const a = load_architecture(arguments.architecture, space);
  auto const total = space.costs.of(a);
  using enum column::kind;
  auto const times = measured_times(arguments, space);
  table costs{{{"decision", "decision", text},
               {"option", "option", text},
               {"params", "params"},
               {"macs", "macs"},
               {"share_of_macs", "of macs"},
               {"ms", "ms"}}};
  auto const add = [&](std::string name, std::string option, operation_cost const& cost, double milliseconds) {
    auto const share = total.macs > 0 ? static_cast<double>(cost.macs) / static_cast<double>(total.macs) : 0;
    costs.add({text_cell(std::move(name)), text_cell(std::move(option)), count_cell(cost.params), count_cell(cost.macs),
               share_cell(share), times ? milliseconds_cell(milliseconds) : missing_cell()});
  };
  auto const active = compiler::active_decisions(space.decisions, a);
  if (space.costs.is_sum()) {
    auto const shares = space.costs.shares(a);
    auto const shares_of_time = times && times->is_sum() ? times->shares(a) : std::vector<double>(shares.size());
    for (std::size_t i = 0; i < active.size(); ++i)
      if (active[i] && (shares[i].params > 0 || shares[i].macs > 0 || shares_of_time[i] > 0))
        add(space.decisions[i].path, taken(space.decisions[i], a.values[i]), shares[i], shares_of_time[i]);
    add("(fixed)", "", shares.back(), shares_of_time.back());
  }
  add("total", compiler::fingerprint(space.decisions, a), total, times ? times->of(a) : 0);
  costs.print(arguments.json);
}

} // namespace espalier::command
