#include <espalier/runtime/selection.hpp>

#include "evaluator/weight_sharing.hpp"
#include "schedule.hpp"
#include "strategy/constrained_evolution.hpp"
#include "strategy/nsga2.hpp"
#include "study/study.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/runtime/random_stream.hpp>
#include <espalier/runtime/training.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

#include <fmt/format.h>

namespace espalier::runtime {

namespace {

constexpr double calibration_share = 0.05; // of the training images
constexpr std::int64_t calibration_batch = 128;
constexpr std::size_t generations = 20;

// What is proposed next; nothing where all within the limits has been.
template <class Proposer>
std::optional<compiler::architecture> proposed(Proposer& proposer, bool is_first) try {
  return proposer.propose();
} catch (user_error const&) {
  if (is_first)
    throw;
  return {};
}

} // namespace

batches calibration_images(dataset const& training) {
  return {split(training, calibration_share, 0).first, normalization_of(training), calibration_batch};
}

std::shared_ptr<network> extract_path(network const& supernet, compiler::graph const& path) {
  auto const extracted = std::make_shared<network>(path, compiler::decision_space{path}, network::affine::yes);
  copy_weights(supernet, *extracted);
  return extracted;
}

double recalibrated_accuracy(network const& supernet, compiler::graph const& path, batches const& calibration,
                             dataset const& judged, normalization const& norm) {
  auto const extracted = extract_path(supernet, path);
  recalibrate(*extracted, calibration);
  return accuracy(*extracted, judged, norm);
}

path_judge validation_judge(network& supernet, dataset const& training, search_options const& trained) {
  auto const [weights_data, architecture_data] = training_halves(training, trained.images, trained.seed);
  return weight_sharing_evaluator{supernet, weights_data, architecture_data, trained.seed};
}

path_selector::path_selector(compiler::compiled_space const& space, path_judge judge, run_folder const& folder,
                             progress& report)
    : space_(space), judge_(std::move(judge)), report_(report),
      study_(std::make_unique<study>(folder.file(study_name), space, folder.manifest(), std::nullopt)) {
  for (auto const& t : study_->trials())
    if (t.score)
      scores_.emplace(t.fingerprint, *t.score);
}

path_selector::~path_selector() = default;

judged_path path_selector::best_within(search_options const& options) {
  auto const numbers = constrained_evolution::parameters::of(options);
  constrained_evolution evolution{space_.decisions, limit_of(space_, options), derive_seed(options.seed, "evolution"),
                                  numbers};
  judged_path best{{}, -1};
  run(evolution, options, numbers.population, [&](compiler::architecture const& a, double accuracy) {
    evolution.observe(a, accuracy);
    if (accuracy > best.accuracy)
      best = {a, accuracy};
  });
  return best;
}

std::vector<judged_path> path_selector::pareto_front(search_options const& options) {
  nsga2::parameters numbers;
  numbers.population = or_default(static_cast<std::size_t>(options.population), numbers.population);
  nsga2 evolution{space_.decisions, limit_of(space_, options), derive_seed(options.seed, "nsga2"), numbers};
  run(evolution, options, numbers.population, [&](compiler::architecture const& a, double accuracy) {
    evolution.observe(a, {static_cast<double>(space_.costs.of(a).macs), -accuracy});
  });
  std::vector<judged_path> front;
  for (auto& [a, objectives] : evolution.front())
    front.push_back({std::move(a), -objectives[1]});
  return front;
}

template <class Proposer, class Observe>
void path_selector::run(Proposer& proposer, search_options const& options, std::size_t population, Observe observe) {
  auto const trials = or_default(options.trials, static_cast<std::int64_t>(generations * population));
  report_.begin(options.max_macs ? fmt::format("paths of at most {} macs", *options.max_macs) : "paths", trials, 0);
  double best = 0;
  for (std::int64_t i = 0; i < trials; ++i) {
    auto const a = proposed(proposer, i == 0);
    if (!a)
      break;
    auto const accuracy = accuracy_of(*a);
    observe(*a, accuracy);
    best = std::max(best, accuracy);
    report_.step(fmt::format("accuracy {:.3f}  best {:.3f}", accuracy, best));
  }
  report_.end(fmt::format("best validation accuracy {:.4f}", best));
}

double path_selector::accuracy_of(compiler::architecture const& a) {
  auto const fingerprint = compiler::fingerprint(space_.decisions, a);
  auto known = scores_.find(fingerprint);
  if (known == scores_.end()) {
    auto const start = std::chrono::steady_clock::now();
    known = scores_.emplace(fingerprint, judge_(a)).first;
    std::chrono::duration<double> const taken = std::chrono::steady_clock::now() - start;
    study_->add(a, known->second, taken.count());
  }
  if (asked_.insert(fingerprint).second)
    judged_.push_back({a, known->second});
  return known->second;
}

} // namespace espalier::runtime
