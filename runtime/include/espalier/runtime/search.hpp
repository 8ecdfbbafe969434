#pragma once

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/runtime/dataset.hpp>
#include <espalier/runtime/progress.hpp>
#include <espalier/runtime/run_folder.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace espalier::runtime {

/// What every search is told. A number of 0 means the strategy's own default.
struct search_options {
  std::uint64_t seed = 1;
  std::int64_t images = 0; ///< Of the training set, 0 for all; half of them train weights, half judge architectures.
  std::int64_t batch = 64;
  std::int64_t epochs = 0;               ///< Of the supernet, or of each architecture that is trained alone.
  std::int64_t trials = 0;               ///< Architectures that a sampling or mutating strategy evaluates.
  std::int64_t population = 0;           ///< Of evolution.
  double learning_rate = 0;              ///< Of the weights.
  double architecture_learning_rate = 0; ///< Of the architecture parameters of a relaxing strategy.
  std::optional<long long> max_macs;
  std::optional<long long> max_params;
};

/// Refuses, as a `user_error`, data whose images or classes are not those of the space.
void require_fitting(compiler::compiled_space const& space, dataset const& data);

/// The options as they are recorded and compared when a run resumes.
nlohmann::json to_json(search_options const& options);

/// What a search found.
struct search_result {
  compiler::architecture best;
  double score = 0;         ///< Validation accuracy the strategy saw; of the whole supernet for a relaxing one.
  double seconds = 0;       ///< Of all sessions together.
  bool has_weights = false; ///< Whether the folder holds `supernet.pt`.
};

/// A strategy by name.
struct strategy_description {
  std::string name;
  std::string reading; ///< relax, sample or mutate
  std::string what;
  std::string paper;
};

/// Every strategy there is.
std::vector<strategy_description> const& strategies();

/// Runs a strategy by name in a folder of its own and resumes what an earlier run left there. Writes
/// `architecture.json`, `supernet.pt` where the strategy trains one, and `result.json`.
search_result search(std::string const& strategy, compiler::compiled_space const& space, train_test const& data,
                     search_options const& options, run_folder& folder, progress& report);

} // namespace espalier::runtime
