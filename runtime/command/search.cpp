#include "cost_summary.hpp"
#include "network_commands.hpp"
#include "progress_bar.hpp"
#include "run_session.hpp"
#include "space_source.hpp"
#include "table.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/nearest.hpp>
#include <espalier/runtime/atomic_file.hpp>

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace espalier::command {

namespace {

void require_known(std::string const& strategy) {
  std::vector<std::string> names;
  for (auto const& known : runtime::strategies())
    names.push_back(known.name);
  if (std::ranges::find(names, strategy) == names.end())
    throw user_error(fmt::format("no strategy '{}'{}", strategy, compiler::suggest(strategy, names)));
}

compiler::latency_table load_latencies(std::string const& file) {
  return compiler::latency_table_from(compiler::parse_json(runtime::read_file(file), file), file);
}

double milliseconds_from(std::string const& text) {
  double value = 0;
  auto const* const end = text.data() + text.size();
  if (auto const [behind, error] = std::from_chars(text.data(), end, value);
      error != std::errc{} || behind != end || !(value > 0))
    throw user_error(fmt::format("--cost-target is '{}': give milliseconds, such as 2.5", text));
  return value;
}

// The expected cost that a strategy is to lower; none where there is no --cost.
std::optional<runtime::search_cost> cost_from(search_arguments const& arguments,
                                              compiler::compiled_space const& space) {
  if (arguments.cost.empty()) {
    if (!arguments.cost_target.empty() || arguments.cost_weight > 0)
      throw user_error("--cost-target and --cost-weight are of a cost: give --cost macs, params or a latency table");
    return {};
  }
  using enum runtime::search_cost::quantity;
  runtime::search_cost cost{macs, 0, arguments.cost_weight, {}};
  if (arguments.cost != "macs" && arguments.cost != "params") {
    cost.what = latency;
    cost.latencies = load_latencies(arguments.cost);
  } else if (arguments.cost == "params") {
    cost.what = params;
  }
  if (!arguments.cost_target.empty())
    cost.target = cost.what == latency
                      ? milliseconds_from(arguments.cost_target)
                      : static_cast<double>(read_limit("--cost-target", arguments.cost_target, space,
                                                       cost.what == macs ? &compiler::operation_cost::macs
                                                                         : &compiler::operation_cost::params));
  return cost;
}

runtime::early_stop stop_from(std::string const& rule) {
  if (rule.empty())
    return runtime::early_stop::never;
  if (rule == "eigenvalue")
    return runtime::early_stop::eigenvalue;
  if (rule == "skips")
    return runtime::early_stop::skips;
  throw user_error(fmt::format("--stop-when is '{}': there are eigenvalue and skips", rule));
}

void print_result(search_arguments const& arguments, compiler::compiled_space const& space,
                  runtime::search_result const& result) {
  using enum column::kind;
  table results{{{"strategy", "strategy", text},
                 {"architecture", "architecture", text},
                 {"params", "params"},
                 {"macs", "macs"},
                 {"validation_accuracy", "validation"},
                 {"seconds", "seconds"}}};
  auto const cost = space.costs.of(result.best);
  results.add({text_cell(arguments.strategy), text_cell(compiler::fingerprint(space.decisions, result.best)),
               count_cell(cost.params), count_cell(cost.macs), accuracy_cell(result.score),
               seconds_cell(result.seconds)});
  results.print(arguments.json);
}

} // namespace

void list_strategies(list_strategies_arguments const& arguments) {
  using enum column::kind;
  table strategies{
      {{"strategy", "strategy", text}, {"reading", "reading", text}, {"what", "what", text}, {"paper", "paper", text}}};
  for (auto const& s : runtime::strategies())
    strategies.add({text_cell(s.name), text_cell(s.reading), text_cell(s.what), text_cell(s.paper)});
  strategies.print(arguments.json);
}

void search(search_arguments const& arguments) {
  require_known(arguments.strategy);
  auto const space = load_space(arguments.space);
  auto options = arguments.options;
  if (!arguments.max_macs.empty())
    options.max_macs = read_limit("--max-macs", arguments.max_macs, space, &compiler::operation_cost::macs);
  if (!arguments.max_params.empty())
    options.max_params = read_limit("--max-params", arguments.max_params, space, &compiler::operation_cost::params);
  options.cost = cost_from(arguments, space);
  options.stop = stop_from(arguments.stop);
  auto const data = load_fitting_data(arguments.data, space);
  nlohmann::json const manifest{{"command", "search"},
                                {"strategy", arguments.strategy},
                                {"data", identity_of(data)},
                                {"threads", prepare_torch(arguments.threads)},
                                {"options", runtime::to_json(options)}};
  in_run_folder(arguments.output, manifest, space, [&](runtime::run_folder& folder) {
    progress_bar bar;
    print_result(arguments, space, runtime::search(arguments.strategy, space, data, options, folder, bar));
  });
}

} // namespace espalier::command
