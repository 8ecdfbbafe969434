#include "architecture_source.hpp"
#include "network_commands.hpp"
#include "progress_bar.hpp"
#include "run_session.hpp"
#include "space_source.hpp"
#include "supernet_run.hpp"
#include "table.hpp"
#include "weights_file.hpp"

#include <espalier/compiler/activation_memory.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/plot.hpp>
#include <espalier/runtime/selection.hpp>

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace espalier::command {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> split_at_commas(std::string const& text) {
  std::vector<std::string> parts{""};
  for (char const c : text)
    if (c == ',')
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

// The options of one selection for each limit on multiply-adds, in the order given. One that cannot be met is refused
// here, before anything runs.
std::vector<runtime::search_options> budgets_of(select_arguments const& arguments,
                                                compiler::compiled_space const& space) {
  auto const& max_macs = arguments.limits.max_macs;
  auto const amounts = split_at_commas(max_macs);
  if (arguments.pareto && amounts.size() > 1)
    throw user_error(fmt::format("--pareto --max-macs {}: a front has one limit; give the largest alone", max_macs));
  std::vector<runtime::search_options> budgets;
  for (auto limits = arguments.limits; auto const& amount : amounts) {
    if (amount.empty() && !max_macs.empty())
      throw user_error(fmt::format("--max-macs is '{}': give amounts with a comma between them: 600k,1M", max_macs));
    limits.max_macs = amount;
    read_limits(limits, space, budgets.emplace_back(arguments.options));
    runtime::limit_of(space, budgets.back());
  }
  return budgets;
}

struct selected_path {
  runtime::judged_path path;
  std::optional<long long> max_macs;
  std::optional<double> test_accuracy;
};

std::vector<selected_path> select_within(std::vector<runtime::search_options> const& budgets,
                                         runtime::path_selector& selector, compiler::compiled_space const& space,
                                         runtime::network const& supernet, runtime::train_test const& data) {
  auto const calibration = runtime::calibration_images(data.train);
  auto const norm = runtime::normalization_of(data.train);
  std::vector<selected_path> selected;
  for (auto const& budget : budgets) {
    auto const best = selector.best_within(budget);
    auto const path = compiler::specialize(space.expanded, space.decisions, best.a);
    selected.push_back(
        {best, budget.max_macs, runtime::recalibrated_accuracy(supernet, path, calibration, data.test, norm)});
  }
  return selected;
}

void write_front(std::vector<runtime::judged_path> const& front, std::vector<runtime::judged_path> const& judged,
                 compiler::compiled_space const& space, runtime::run_folder const& folder) {
  auto members = nlohmann::ordered_json::array();
  for (auto const& [a, accuracy] : front) {
    auto const cost = space.costs.of(a);
    members.push_back({{"macs", cost.macs},
                       {"params", cost.params},
                       {"validation_accuracy", accuracy},
                       {"architecture", compiler::to_json(space.decisions, space.structured.name, a)}});
  }
  runtime::write_atomically(folder.file("front.json"), members.dump(2) + "\n");

  auto const points_of = [&](std::vector<runtime::judged_path> const& paths) {
    std::vector<std::array<double, 2>> points;
    for (auto const& [a, accuracy] : paths)
      points.push_back({static_cast<double>(space.costs.of(a).macs), accuracy});
    return points;
  };
  runtime::write_atomically(
      folder.file("front.svg"),
      runtime::scatter_svg({fmt::format("Paths of a supernet of {}", space.structured.name),
                            "multiply-adds",
                            "validation accuracy",
                            {{fmt::format("judged ({})", judged.size()), points_of(judged)},
                             {fmt::format("front ({})", front.size()), points_of(front), true}}}));
}

std::vector<selected_path> select_front(runtime::search_options const& options, runtime::path_selector& selector,
                                        compiler::compiled_space const& space, runtime::run_folder const& folder) {
  auto const front = selector.pareto_front(options);
  write_front(front, selector.judged(), space, folder);
  std::vector<selected_path> selected;
  for (auto const& path : front)
    selected.push_back({path, {}, {}});
  return selected;
}

table table_of(std::vector<selected_path> const& selected, compiler::compiled_space const& space) {
  using enum column::kind;
  table paths{{{"number", "#"},
               {"max_macs", "macs, at most"},
               {"macs", "macs"},
               {"params", "params"},
               {"memory", "memory"},
               {"validation_accuracy", "validation"},
               {"test_accuracy", "test accuracy"},
               {"architecture", "architecture", text}}};
  for (long long number = 0; auto const& [path, max_macs, test_accuracy] : selected) {
    auto const cost = space.costs.of(path.a);
    auto const memory = compiler::inference_memory(compiler::specialize(space.expanded, space.decisions, path.a));
    paths.add({count_cell(++number), max_macs ? count_cell(*max_macs) : missing_cell(), count_cell(cost.macs),
               count_cell(cost.params), count_cell(memory), accuracy_cell(path.accuracy),
               test_accuracy ? accuracy_cell(*test_accuracy) : missing_cell(),
               text_cell(compiler::fingerprint(space.decisions, path.a))});
  }
  return paths;
}

nlohmann::json to_json(std::vector<runtime::search_options> const& budgets) {
  auto array = nlohmann::json::array();
  for (auto const& budget : budgets)
    array.push_back(runtime::to_json(budget));
  return array;
}

} // namespace

void select(select_arguments const& arguments) {
  auto const space = load_space(arguments.space);
  auto const budgets = budgets_of(arguments, space);
  auto const data = load_fitting_data(arguments.data, space);
  auto const identity = identity_of(data);
  auto const trained = options_of_run(arguments.run, identity);
  auto const weights = supernet_of_run(arguments.run);
  nlohmann::json const manifest{
      {"command", "select"},        {"supernet", compiler::fingerprint(runtime::read_file(weights))},
      {"data", identity},           {"threads", prepare_torch(arguments.threads)},
      {"pareto", arguments.pareto}, {"budgets", to_json(budgets)}};
  in_run_folder(arguments.output, manifest, space, [&](runtime::run_folder& folder) {
    auto const supernet = load_supernet(space, weights);
    progress_bar bar;
    runtime::path_selector selector{space, runtime::validation_judge(*supernet, data.train, trained), folder, bar};
    auto const selected = arguments.pareto ? select_front(budgets.front(), selector, space, folder)
                                           : select_within(budgets, selector, space, *supernet, data);
    for (std::size_t i = 0; i < selected.size(); ++i)
      runtime::write_atomically(folder.file(fmt::format("{}.json", i + 1)),
                                architecture_text(space, selected[i].path.a));
    table_of(selected, space).print(arguments.json);
  });
}

} // namespace espalier::command
