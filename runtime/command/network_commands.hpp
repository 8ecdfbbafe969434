#pragma once

#include "limits.hpp"

#include <espalier/runtime/search.hpp>
#include <espalier/runtime/training.hpp>

#include <string>
#include <vector>

/// \file
/// The subcommands that search, train and emit networks: what each is told, and the function that does it.

namespace espalier::command {

struct list_strategies_arguments {
  bool json = false;
};
void list_strategies(list_strategies_arguments const& arguments);

struct search_arguments {
  std::string space;
  std::string strategy;
  std::string data;
  std::string output;
  limit_arguments limits;
  std::string cost;        ///< macs, params or the file of a latency table; empty for none.
  std::string cost_target; ///< An amount, or milliseconds.
  double cost_weight = 0;
  std::string stop;               ///< eigenvalue, skips, or empty.
  std::string macs_bins;          ///< LEAST:MOST:WIDTH, or empty.
  std::string attention;          ///< best-up, worst-up, uniform, or empty.
  std::string predict;            ///< The folder of a search, or empty.
  std::string table;              ///< A file of scores, or empty,
  std::string column = "cifar10"; ///< and which of its columns.
  std::string supernet;           ///< The folder of a search that left a supernet, or empty.
  runtime::search_options options;
  int threads = 0;
  bool json = false;
};
void search(search_arguments const& arguments);

struct trials_arguments {
  std::string study;  ///< The folder of a run, or the file of a study.
  long long best = 0; ///< How many; 0 for all.
  bool pareto = false;
  std::string output; ///< A folder for the architectures, or empty.
  bool json = false;
};
void list_trials(trials_arguments const& arguments);

struct export_arguments {
  std::string study;
  std::string optuna; ///< A file each, or empty.
  std::string csv;
};
void export_study(export_arguments const& arguments);

struct select_arguments {
  std::string space;
  std::string run; ///< The folder of a `search` that left a supernet.
  std::string data;
  std::string output;
  limit_arguments limits; ///< Of multiply-adds several, separated by commas.
  bool pareto = false;
  runtime::search_options options;
  int threads = 0;
  bool json = false;
};
void select(select_arguments const& arguments);

struct train_arguments {
  std::string space;
  std::string architecture;
  std::string data;
  std::string output;
  runtime::training_options options;
  int threads = 0;
  bool json = false;
};
void train(train_arguments const& arguments);

struct evaluate_arguments {
  std::string space;
  std::string architecture;
  std::string weights;
  std::string data;
  int threads = 0;
  bool json = false;
};
void evaluate(evaluate_arguments const& arguments);

struct emit_arguments {
  std::string space;
  std::string architecture;
  std::string target = "cpp"; ///< One of `emission_targets`.
  std::string output;         ///< A folder for a project, else a file.
  std::string weights;        ///< Empty for none.
  std::string weights_format; ///< archive or safetensors; empty for what the target prefers.
  std::string data;           ///< Whose mean and deviation the emitted program normalizes with; empty for none.
  int crop_padding = 0;
  bool flip = false;
  bool deploy = false;
  bool recalibrate = false; ///< Whether a supernet's path gets statistics of its own, from the data.
  bool force = false;
  int threads = 0; ///< With which these are measured.
};
void emit(emit_arguments const& arguments);

/// What `emit` writes: cpp, python, and so on.
std::vector<std::string> emission_targets();

} // namespace espalier::command
