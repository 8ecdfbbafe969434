#include <torch/torch.h>

#include "searched_space.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/selection.hpp>
#include <espalier/runtime/study.hpp>

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace search_matrix {

using espalier::user_error;
using espalier::test::temporary_folder;

namespace {

constexpr std::uint64_t seed = 1;
constexpr std::int64_t trials = 3; // the last of which a population of two, or a model of two scores, proposes

runtime::search_options options_for(std::string const& strategy) {
  constexpr std::int64_t epochs_of_all_phases = 12;
  runtime::search_options options;
  options.seed = seed;
  options.batch = 2;
  options.epochs = strategy == "once-for-all" ? epochs_of_all_phases : 1;
  options.trials = trials;
  options.population = 2;
  return options;
}

// The space with one of each run of equal cells, which has the same decisions: all twenty of NASNet's would take 13 GB.
compiler::graph shallow(espalier::dsl::space_view declared) {
  auto const holds_cell = [](compiler::operation const& repeat) {
    return std::ranges::any_of(repeat.regions.front().operations,
                               [](compiler::operation const& op) { return op.form() == compiler::structure::cell; });
  };
  auto space = compiler::lower(declared);
  for (auto& op : space.body.operations)
    if (op.form() == compiler::structure::repeat && op.decided.empty() && holds_cell(op))
      op.set_attribute("count", 1);
  return space;
}

// Of CIFAR, where a space reads no images, or does not end in classes. Two steps an epoch, or one of large networks.
runtime::dataset images_for(compiler::compiled_space const& space) {
  constexpr long long large = 50'000'000;
  using enum espalier::dsl::tensor_kind;
  auto input = space.structured.input();
  if (input.kind != image)
    input = {image, 3, 32, 32};
  auto const& output = space.expanded.body.type_of(space.expanded.body.yields.front());
  std::int64_t const classes = output.kind == vector ? output.channels : 10;
  compiler::random_generator random{seed};
  bool const is_large = space.costs.of(compiler::sample(space.decisions, random)).macs > large;
  std::int64_t const size = is_large ? 4 : 8;
  torch::manual_seed(seed);
  return {"random images", torch::randint(256, {size, input.channels, input.height, input.width}, torch::kUInt8),
          torch::randint(classes, {size}, torch::kLong), classes};
}

void require(bool condition, std::string const& otherwise) {
  if (!condition)
    throw std::runtime_error(otherwise);
}

class counting_progress final : public runtime::progress {
public:
  void begin(std::string const&, std::int64_t, std::int64_t) override {}
  void step(std::string const&) override { ++steps_; }
  void end(std::string const&) override {}
  [[nodiscard]] int steps() const { return steps_; }

private:
  int steps_ = 0;
};

std::vector<runtime::trial> trials_in(temporary_folder const& folder) {
  return std::filesystem::exists(folder / runtime::study_name) ? runtime::read_study(folder.path()).trials
                                                               : std::vector<runtime::trial>{};
}

} // namespace

char const* spelled(evaluator by) {
  return by == evaluator::training ? "training" : by == evaluator::supernet ? "supernet" : "table";
}

searched_space::searched_space(espalier::dsl::space_view declared)
    : space_(shallow(declared)), data_{images_for(space_), images_for(space_)} {
  compiler::decision_space const whole{compiler::expand(compiler::lower(declared))};
  require(space_.decisions.fingerprint() == whole.fingerprint(), name() + ": fewer cells have other decisions");
}

offered_scores searched_space::scores_by(evaluator by) const try {
  switch (by) {
  case evaluator::supernet:
    return {{}, scores_of_supernet()};
  case evaluator::table:
    return {{}, scores_of_table()};
  default:
    return {};
  }
} catch (user_error const& refused) {
  return {refused.what()};
}

runtime::score_source searched_space::scores_of_supernet() const {
  runtime::require_fitting(space_, data_.train);
  auto const supernet =
      std::make_shared<runtime::network>(space_.expanded, space_.decisions, runtime::network::affine::yes);
  return {
      {{"supernet", "random"}},
      [supernet, judge = runtime::validation_judge(*supernet, data_.train, {})](auto const& a) { return judge(a); }};
}

runtime::score_source searched_space::scores_of_table() const {
  constexpr int cells = 15'625;
  std::string text = "edges,cifar10\n";
  for (int cell = 0; cell < cells; ++cell) {
    std::string edges;
    for (int rest = cell; edges.size() < 6; rest /= 5)
      edges += fmt::format("{}", rest % 5);
    text += fmt::format("{},{}\n", edges, 100. * (cell * 4'001 % cells) / cells);
  }
  temporary_folder const folder;
  espalier::test::write_bytes(folder / "table.csv", text);
  try {
    return runtime::scores_of_table(space_, folder / "table.csv", "cifar10");
  } catch (user_error const& refused) { // without the folder, which has another name in every run
    std::string message = refused.what();
    auto const path = folder.path().string() + "/";
    if (auto const at = message.find(path); at != std::string::npos)
      message.erase(at, path.size());
    throw user_error(message);
  }
}

std::string searched_space::search(runtime::strategy_description const& strategy, offered_scores const& scores) const {
  if (!scores.refusal.empty())
    return scores.refusal;
  auto options = options_for(strategy.name);
  options.scores = scores.source;
  temporary_folder const folder;
  runtime::run_folder run{folder.path(), {{"strategy", strategy.name}, {"options", to_json(options)}}, space_.text};
  counting_progress report;
  try {
    auto const found = runtime::search(strategy.name, space_, data_, options, run, report);
    require(report.steps() > 0, "it ran without a step");
    require_sound(strategy, options, found, folder);
    return {};
  } catch (user_error const& refused) {
    require(report.steps() == 0 && trials_in(folder).empty(),
            fmt::format("refused after {} steps and {} trials: {}", report.steps(), trials_in(folder).size(),
                        refused.what()));
    return refused.what();
  }
}

void searched_space::require_sound(runtime::strategy_description const& strategy,
                                   runtime::search_options const& options, runtime::search_result const& found,
                                   temporary_folder const& folder) const {
  auto const limit = runtime::limit_of(space_, options);
  auto const require_valid = [&](compiler::architecture const& a) {
    auto const faults = compiler::faults(space_.decisions, a);
    require(faults.empty(), fmt::format("an architecture has faults: {}", fmt::join(faults, "; ")));
    require(limit.admits(a), "an architecture is beyond the space's budgets");
  };
  require_valid(found.best);
  auto const read = [&](char const* name) { return compiler::parse_json(runtime::read_file(folder / name), name); };
  require(compiler::from_json(space_.decisions, read("architecture.json")) == found.best,
          "architecture.json is another one than the search found");
  auto const result = read("result.json");
  require(result.at("strategy") == strategy.name && result.at("space") == name() &&
              result.at("architecture") == compiler::fingerprint(space_.decisions, found.best),
          fmt::format("result.json tells of something else: {}", result.dump()));
  require(found.has_weights == std::filesystem::exists(folder / "supernet.pt"),
          found.has_weights ? "there is no supernet.pt" : "there is a supernet.pt");
  if (strategy.reading == "relax")
    return;
  auto const tried = trials_in(folder);
  require(tried.size() == trials, fmt::format("{} trials instead of {}", tried.size(), trials));
  for (auto const& t : tried) {
    require(t.state == runtime::trial::progress::complete, fmt::format("trial {} is {}", t.number, spelled(t.state)));
    require_valid(runtime::architecture_of(t, space_));
  }
}

} // namespace search_matrix
