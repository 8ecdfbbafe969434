#include "architecture_source.hpp"
#include "network_commands.hpp"
#include "table.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/pareto.hpp>
#include <espalier/runtime/study.hpp>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include <fmt/format.h>

namespace espalier::command {

namespace fs = std::filesystem;

namespace {

std::vector<runtime::trial> complete_ones(std::vector<runtime::trial> const& trials) {
  std::vector<runtime::trial> complete;
  std::ranges::copy_if(trials, std::back_inserter(complete),
                       [](runtime::trial const& t) { return t.score.has_value(); });
  return complete;
}

// Of equal scores the earliest first.
std::vector<runtime::trial> best_of(std::vector<runtime::trial> const& trials, long long count) {
  auto best = complete_ones(trials);
  std::ranges::stable_sort(best, std::ranges::greater{}, &runtime::trial::score);
  best.resize(std::min(best.size(), static_cast<std::size_t>(count)));
  return best;
}

std::vector<runtime::trial> front_of(std::vector<runtime::trial> const& trials) {
  auto const complete = complete_ones(trials);
  std::vector<std::vector<double>> points;
  for (auto const& t : complete)
    points.push_back({static_cast<double>(t.macs), -*t.score});
  std::vector<runtime::trial> front;
  for (auto const i : runtime::pareto_front(points))
    front.push_back(complete[i]);
  return front;
}

void write(std::vector<runtime::trial> const& trials, runtime::recorded_study const& study, fs::path const& folder) {
  compiler::compiled_space const space{compiler::parse(study.space, study.file.string())};
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed)
    throw user_error(fmt::format("cannot create folder {}: {}; give another", folder.string(), failed.message()));
  for (auto const& t : trials)
    runtime::write_atomically(folder / fmt::format("{}.json", t.number),
                              architecture_text(space, runtime::architecture_of(t, space)));
}

} // namespace

void list_trials(trials_arguments const& arguments) {
  auto const study = runtime::read_study(arguments.study);
  auto const listed = arguments.pareto     ? front_of(study.trials)
                      : arguments.best > 0 ? best_of(study.trials, arguments.best)
                                           : study.trials;
  if (!arguments.output.empty())
    write(listed, study, arguments.output);
  using enum column::kind;
  table trials{{{"number", "#"},
                {"architecture", "architecture", text},
                {"state", "state", text},
                {"score", "score"},
                {"params", "params"},
                {"macs", "macs"},
                {"seconds", "seconds"},
                {"parent", "parent"},
                {"worker", "worker"}}};
  for (auto const& t : listed)
    trials.add({count_cell(t.number), text_cell(t.fingerprint), text_cell(spelled(t.state)),
                t.score ? accuracy_cell(*t.score) : missing_cell(), count_cell(t.params), count_cell(t.macs),
                seconds_cell(t.seconds), t.parent ? count_cell(*t.parent) : missing_cell(), count_cell(t.worker)});
  trials.print(arguments.json);
}

} // namespace espalier::command
