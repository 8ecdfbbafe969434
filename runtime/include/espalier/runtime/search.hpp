#pragma once

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/latency.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/runtime/dataset.hpp>
#include <espalier/runtime/progress.hpp>
#include <espalier/runtime/run_folder.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace espalier::runtime {

/// A cost that a relaxing strategy lowers beside the loss.
struct search_cost {
  enum class quantity : std::uint8_t { macs, params, latency };

  quantity what = quantity::macs;
  double target = 0; ///< In multiply-adds, parameters or milliseconds; 0 for none.
  double weight = 0; ///< Of the term; 0: the strategy's.
  std::optional<compiler::latency_table> latencies;
};

/// When a relaxing strategy stops before its last epoch.
enum class early_stop : std::uint8_t {
  never,
  eigenvalue, ///< When the dominant eigenvalue of the validation Hessian grows (Zela et al., ICLR 2020, section 4.3).
  skips,      ///< When a cell would be derived with two skip connections (DARTS+; Liang et al., 2019, section 4.1).
};

/// How AttentiveNAS chooses among paths of one cost: those that look best, those that look worst, or any.
enum class attention : std::uint8_t { best_up, worst_up, uniform };

/// Bins of multiply-adds, from which single paths are drawn, each as often as the others.
struct macs_bins {
  long long least = 0;
  long long most = 0;
  long long width = 0;
};

/// An architecture whose accuracy an earlier search measured.
struct measured_architecture {
  compiler::architecture a;
  double accuracy = 0;
};

/// Where scores come from that architectures do not earn by being trained alone; more is better.
struct score_source {
  nlohmann::json identity; ///< What it is, as it is recorded and compared when a run resumes.
  std::function<double(compiler::architecture const&)> score;
};

/// The accuracies of NAS-Bench-201 (Dong and Yang, ICLR 2020) that a column of a CSV file holds in percent. Its column
/// `edges` has a digit for each of the edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1 and 3<-2: 0 none, 1 skip_connect,
/// 2 nor_conv_1x1, 3 nor_conv_3x3, 4 avg_pool_3x3. A file of another form, and a space of other decisions, are a
/// `user_error`.
score_source scores_of_table(compiler::compiled_space const& space, std::filesystem::path const& file,
                             std::string const& column);

/// What every search is told. A number of 0 means the strategy's own default.
struct search_options {
  std::uint64_t seed = 1;
  std::int64_t images = 0; ///< Of the training set, 0 for all; half of them train weights, half judge architectures.
  std::int64_t batch = 64;
  std::int64_t epochs = 0;               ///< Of the supernet, or of each architecture that is trained alone.
  std::int64_t trials = 0;               ///< Architectures that a sampling or mutating strategy evaluates.
  std::int64_t population = 0;           ///< Of evolution.
  bool duplicates = false;               ///< Whether an architecture that was evaluated may be so again.
  double learning_rate = 0;              ///< Of the weights.
  double architecture_learning_rate = 0; ///< Of the architecture parameters of a relaxing strategy.
  std::optional<long long> max_macs;
  std::optional<long long> max_params;
  std::optional<long long> max_memory; ///< In bytes, of `inference_memory`.
  std::optional<compiler::latency_budget> max_latency;
  int order = 0; ///< Of a relaxing strategy's architecture gradient: 1 or 2.
  std::optional<search_cost> cost;
  early_stop stop = early_stop::never;
  std::int64_t eigenvalue_every = 0;              ///< Epochs from one eigenvalue of the validation Hessian to the next.
  std::optional<runtime::macs_bins> macs_bins;    ///< Of single-path.
  std::optional<runtime::attention> attention;    ///< Of attentive-nas; best-up unless told.
  std::optional<score_source> scores;             ///< Of a strategy that proposes architectures.
  std::vector<measured_architecture> predictor{}; ///< What attentive-nas predicts accuracies from; none: it looks at
                                                  ///< losses.
};

/// Refuses, as a `user_error`, data whose images or classes are not those of the space.
void require_fitting(compiler::compiled_space const& space, dataset const& data);

/// What every architecture must satisfy: the limits of the options, and the space's own budgets. Where no architecture
/// does, or none is found, a `user_error` that names the smallest costs. The space must outlive it.
compiler::constraint limit_of(compiler::compiled_space const& space, search_options const& options);

/// The options as they are recorded and compared when a run resumes.
nlohmann::json to_json(search_options const& options);

/// What a relaxing strategy saw of its own search at the epoch whose architecture it gives.
struct relaxed_watch {
  std::int64_t epochs = 0;               ///< That ran.
  std::int64_t epoch = 0;                ///< Behind which the architecture stood, counted from 1.
  std::map<std::string, int> operations; ///< How often each is in that architecture's decisions.
  std::optional<double> eigenvalue;      ///< The last one measured: dominant, of the validation Hessian.
  std::string stopped;                   ///< Why before the last epoch; empty if it did not.
};

/// What a search found.
struct search_result {
  compiler::architecture best;
  double score = 0;         ///< Validation accuracy the strategy saw; of the whole supernet for a relaxing one.
  double seconds = 0;       ///< Of all sessions together.
  bool has_weights = false; ///< Whether the folder holds `supernet.pt`.
  std::optional<relaxed_watch> watch = {};
  int rollbacks = 0; ///< How often a supernet's training went back because its loss jumped.
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
