#include "cost_summary.hpp"
#include "limits.hpp"
#include "network_commands.hpp"
#include "numbers.hpp"
#include "progress_bar.hpp"
#include "run_session.hpp"
#include "space_source.hpp"
#include "supernet_run.hpp"
#include "table.hpp"
#include "weights_file.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/nearest.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/selection.hpp>
#include <espalier/runtime/study.hpp>

#include <algorithm>
#include <map>
#include <sstream>

#include <fmt/format.h>

namespace espalier::command {

namespace {

// Several processes may share a search that trains no weights but those of each architecture alone.
runtime::run_folder::access access_of(std::string const& strategy) {
  auto const is_it = [&](runtime::strategy_description const& known) { return known.name == strategy; };
  auto const found = std::ranges::find_if(runtime::strategies(), is_it);
  return found->reading == "mutate" ? runtime::run_folder::access::shared : runtime::run_folder::access::exclusive;
}

void require_known(std::string const& strategy) {
  std::vector<std::string> names;
  for (auto const& known : runtime::strategies())
    names.push_back(known.name);
  if (std::ranges::find(names, strategy) == names.end())
    throw user_error(fmt::format("no strategy '{}'{}", strategy, compiler::suggest(strategy, names)));
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
                      ? read_milliseconds("--cost-target", arguments.cost_target)
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

std::optional<runtime::macs_bins> bins_from(std::string const& text) {
  if (text.empty())
    return {};
  std::vector<long long> amounts;
  std::istringstream in{text};
  for (std::string part; std::getline(in, part, ':');)
    if (auto const amount = parse_amount(part))
      amounts.push_back(*amount);
  if (std::ranges::count(text, ':') != 2 || amounts.size() != 3)
    throw user_error(fmt::format("--macs-bins is '{}': give least, most and width, such as 290M:360M:10M", text));
  return runtime::macs_bins{amounts[0], amounts[1], amounts[2]};
}

std::optional<runtime::attention> attention_from(std::string const& law) {
  using enum runtime::attention;
  static std::map<std::string, runtime::attention> const known{
      {"best-up", best_up}, {"worst-up", worst_up}, {"uniform", uniform}};
  if (law.empty())
    return {};
  if (auto const found = known.find(law); found != known.end())
    return found->second;
  throw user_error(fmt::format("--attention is '{}': there are best-up, worst-up and uniform", law));
}

// What the trials of an earlier search measured.
std::vector<runtime::measured_architecture> measured_in(std::string const& run, compiler::compiled_space const& space) {
  if (run.empty())
    return {};
  std::vector<runtime::measured_architecture> measured;
  for (auto const& trial : runtime::read_study(run).trials)
    if (trial.score)
      measured.push_back({runtime::architecture_of(trial, space), *trial.score});
  return measured;
}

// What scores architectures instead of training each alone; nothing where that was asked for.
std::optional<runtime::score_source>
scores_from(search_arguments const& arguments, compiler::compiled_space const& space, runtime::train_test const& data) {
  if (!arguments.table.empty() && !arguments.supernet.empty())
    throw user_error("--table and --supernet both tell scores; give one of them");
  if (!arguments.table.empty())
    return runtime::scores_of_table(space, arguments.table, arguments.column);
  if (arguments.supernet.empty())
    return {};
  auto const trained = options_of_run(arguments.supernet, identity_of(data));
  auto const weights = supernet_of_run(arguments.supernet);
  auto const supernet = load_supernet(space, weights);
  return runtime::score_source{{{"supernet", compiler::fingerprint(runtime::read_file(weights))}},
                               [supernet, judge = runtime::validation_judge(*supernet, data.train, trained)](
                                   auto const& a) { return judge(a); }};
}

// Only a table scores without any.
std::optional<runtime::train_test> data_from(search_arguments const& arguments, compiler::compiled_space const& space) {
  if (!arguments.data.empty())
    return load_fitting_data(arguments.data, space);
  if (arguments.table.empty())
    throw user_error("--data is missing: give images to train on, such as fashion-mnist, or a --table of scores");
  return {};
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
  read_limits(arguments.limits, space, options);
  options.cost = cost_from(arguments, space);
  options.stop = stop_from(arguments.stop);
  options.macs_bins = bins_from(arguments.macs_bins);
  options.attention = attention_from(arguments.attention);
  options.predictor = measured_in(arguments.predict, space);
  auto const data = data_from(arguments, space);
  options.scores = scores_from(arguments, space, data.value_or(runtime::train_test{}));
  nlohmann::json const manifest{{"command", "search"},
                                {"strategy", arguments.strategy},
                                {"data", data ? identity_of(*data) : nlohmann::json{}},
                                {"threads", prepare_torch(arguments.threads)},
                                {"options", runtime::to_json(options)}};
  auto const run = [&](runtime::run_folder& folder) {
    progress_bar bar;
    print_result(
        arguments, space,
        runtime::search(arguments.strategy, space, data.value_or(runtime::train_test{}), options, folder, bar));
  };
  in_run_folder(arguments.output, manifest, space, run, access_of(arguments.strategy));
}

} // namespace espalier::command
