#include "cost_summary.hpp"
#include "network_commands.hpp"
#include "progress_bar.hpp"
#include "run_session.hpp"
#include "space_source.hpp"
#include "table.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/nearest.hpp>

#include <algorithm>

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
