#include "network_commands.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/study.hpp>

#include <algorithm>
#include <cmath>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace espalier::command {

namespace {

using json = nlohmann::ordered_json;
using compiler::compiled_space;
using runtime::recorded_study;
using runtime::trial;

// Codes of Optuna's journal, `JournalOperation`, `StudyDirection` and `TrialState`.
constexpr int create_study = 0, set_study_attribute = 2, create_trial = 4;
constexpr int maximize = 2;
constexpr int running = 0, complete = 1, failed = 3;

json operation(int code) {
  return {{"op_code", code}, {"worker_id", "espalier"}};
}

// As Optuna writes it: local time, without a zone.
std::string iso_time(double seconds_since_1970) {
  auto const whole = std::floor(seconds_since_1970);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06d}", fmt::localtime(static_cast<std::time_t>(whole)),
                     static_cast<int>((seconds_since_1970 - whole) * 1e6));
}

int optuna_state(trial::progress state) {
  return state == trial::progress::complete ? complete : state == trial::progress::failed ? failed : running;
}

std::string categorical(json choices) {
  return json{{"name", "CategoricalDistribution"}, {"attributes", {{"choices", std::move(choices)}}}}.dump();
}

// A choice is a categorical parameter of its path. Of a subset every option is one, which is false or true.
void add_parameters(json& log, compiled_space const& space, compiler::architecture const& a) {
  auto& distributions = log["distributions"] = json::object();
  auto& parameters = log["params"] = json::object();
  auto const active = compiler::active_decisions(space.decisions, a);
  for (std::size_t i = 0; i < space.decisions.size(); ++i) {
    auto const& d = space.decisions[i];
    if (!active[i])
      continue;
    if (d.type == compiler::decision::kind::choice) {
      distributions[d.path] = categorical(d.options);
      parameters[d.path] = a.values[i];
      continue;
    }
    for (std::size_t o = 0; o < d.options.size(); ++o) {
      auto const name = fmt::format("{}[{}]", d.path, d.options[o]);
      distributions[name] = categorical({false, true});
      parameters[name] = compiler::takes(d, a.values[i], o) ? 1 : 0;
    }
  }
}

json optuna_trial(trial const& t, compiled_space const& space) {
  auto log = operation(create_trial);
  log["study_id"] = 0;
  log["datetime_start"] = iso_time(t.started);
  if (t.state != trial::progress::proposed)
    log["datetime_complete"] = iso_time(t.started + t.seconds);
  log["state"] = optuna_state(t.state);
  log["value"] = t.score ? json(*t.score) : json();
  log["values"] = nullptr;
  add_parameters(log, space, runtime::architecture_of(t, space));
  log["user_attrs"] = {{"fingerprint", t.fingerprint}, {"macs", t.macs}, {"params", t.params}};
  log["system_attrs"] = json::object();
  log["intermediate_values"] = json::object();
  return log;
}

std::string name_of(recorded_study const& study, compiled_space const& space) {
  return fmt::format("{}/{}", space.structured.name, study.run.value("strategy", study.run.value("command", "study")));
}

// The log of an Optuna storage (JournalFileStorage of Optuna 3, JournalFileBackend of Optuna 4), an operation a line.
std::string optuna_journal(recorded_study const& study, compiled_space const& space) {
  std::string journal;
  auto const append = [&](json const& log) { journal += log.dump() + "\n"; };
  auto created = operation(create_study);
  created["study_name"] = name_of(study, space);
  created["directions"] = json::array({maximize});
  append(created);
  for (auto const& [key, value] : study.run.items()) {
    auto attribute = operation(set_study_attribute);
    attribute["study_id"] = 0;
    attribute["user_attr"] = {{key, value}};
    append(attribute);
  }
  for (auto const& t : study.trials)
    append(optuna_trial(t, space));
  return journal;
}

std::string quoted_where_needed(std::string const& text) {
  if (text.find_first_of(",\"\n") == std::string::npos)
    return text;
  std::string quoted;
  for (char const c : text)
    quoted += c == '"' ? "\"\"" : std::string{c};
  return '"' + quoted + '"';
}

template <class Number>
std::string shown(std::optional<Number> const& number) {
  return number ? fmt::format("{}", *number) : "";
}

// What a decision says: options of a subset with + between them, nothing where it does not exist.
std::string shown(nlohmann::json const& decisions, std::string const& path) {
  auto const found = decisions.find(path);
  if (found == decisions.end())
    return "";
  return found->is_array() ? fmt::format("{}", fmt::join(found->get<std::vector<std::string>>(), "+"))
                           : found->get<std::string>();
}

std::string csv(recorded_study const& study, compiled_space const& space) {
  std::string lines = "number,state,score,macs,params,seed,started,seconds,parent,worker,architecture";
  for (auto const& d : space.decisions.decisions())
    lines += ',' + quoted_where_needed(d.path);
  lines += '\n';
  for (auto const& t : study.trials) {
    lines +=
        fmt::format("{},{},{},{},{},{},{},{},{},{},{}", t.number, spelled(t.state), shown(t.score), t.macs, t.params,
                    shown(t.seed), iso_time(t.started), t.seconds, shown(t.parent), t.worker, t.fingerprint);
    auto const decisions = nlohmann::json::parse(t.decisions);
    for (auto const& d : space.decisions.decisions())
      lines += ',' + quoted_where_needed(shown(decisions, d.path));
    lines += '\n';
  }
  return lines;
}

} // namespace

void export_study(export_arguments const& arguments) {
  if (arguments.optuna.empty() && arguments.csv.empty())
    throw user_error("nothing says what to write: give --optuna FILE or --csv FILE");
  auto const study = runtime::read_study(arguments.study);
  compiled_space const space{compiler::parse(study.space, study.file.string())};
  if (!arguments.optuna.empty())
    runtime::write_atomically(arguments.optuna, optuna_journal(study, space));
  if (!arguments.csv.empty())
    runtime::write_atomically(arguments.csv, csv(study, space));
}

} // namespace espalier::command
