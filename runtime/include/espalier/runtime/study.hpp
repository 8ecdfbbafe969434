#pragma once

#include <espalier/compiler/compiled_space.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

/// \file
/// What the file of a study holds: the trials of one search or selection, in SQLite.

namespace espalier::runtime {

/// The name of the file in the folder of a run.
inline constexpr char const* study_name = "study.db";

/// One architecture that was proposed, and what its evaluation gave.
struct trial {
  enum class progress : std::uint8_t { proposed, complete, failed };

  std::int64_t number = 0; ///< In the order of proposals, counted from 1.
  std::string decisions;   ///< The active ones, as the JSON of an architecture spells them.
  std::string fingerprint; ///< Of the architecture.
  progress state = progress::proposed;
  std::optional<double> score; ///< Of a complete trial; more is better.
  long long macs = 0;
  long long params = 0;
  std::optional<std::uint64_t> seed;  ///< Of the evaluation.
  double started = 0;                 ///< Seconds since 1970.
  double seconds = 0;                 ///< That the evaluation took.
  std::optional<std::int64_t> parent; ///< The number of the trial of which this architecture is a child.
  std::int64_t worker = 0;            ///< The process that evaluates, or did.
};

/// A study as it stands.
struct recorded_study {
  std::filesystem::path file;
  std::string space;  ///< Text IR.
  nlohmann::json run; ///< What defines the run.
  std::vector<trial> trials;
};

/// Reads the study of a run's folder, or a file; where there is none, a `user_error`. Other processes may go on with
/// it.
recorded_study read_study(std::filesystem::path const& folder_or_file);

/// The architecture of a trial. One of other decisions than the space has is a `user_error`.
compiler::architecture architecture_of(trial const& t, compiler::compiled_space const& space);

/// `proposed`, `complete` or `failed`.
char const* spelled(trial::progress state);

} // namespace espalier::runtime
