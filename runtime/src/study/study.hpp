#pragma once

#include "worker.hpp"

#include <espalier/runtime/study.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include <SQLiteCpp/Database.h>

namespace espalier::runtime {

/// The trials of one search or selection, in an SQLite file that several processes may share.
///
/// Every proposal and every end of an evaluation is an event, and the file holds the order of all events. Each process
/// makes the same calls to a strategy of its own in that order, so that all of them, and one that resumes later, have
/// it in the same state (replicated state machines: Schneider, ACM Computing Surveys 1990, section 2).
class study {
public:
  struct event {
    std::int64_t place; ///< In the order of all events, counted from 1.
    bool is_proposal;   ///< Or else the end of an evaluation.
    trial of;           ///< As it stands now.
  };

  /// Opens the study of a file, or begins one; `run` is what defines the run, `seed` that of the evaluations. The file
  /// of a study in another space, and one that is no study, are a `user_error`. The space must outlive it.
  study(std::filesystem::path file, compiler::compiled_space const& space, nlohmann::json const& run,
        std::optional<std::uint64_t> seed);

  [[nodiscard]] std::filesystem::path const& file() const { return file_; }
  [[nodiscard]] compiler::compiled_space const& space() const { return space_; }

  /// All trials, in the order of their numbers.
  [[nodiscard]] std::vector<trial> trials();
  /// What happened behind a place, in order.
  [[nodiscard]] std::vector<event> events_after(std::int64_t place);

  /// Calls `change` while no other process writes. What that wrote is kept as a whole, or, where it throws, not at all.
  void exclusively(std::function<void()> const& change);

  /// Adds a trial that this process evaluates.
  event propose(compiler::architecture const& a, compiler::architecture const* parent = nullptr);
  /// Makes a trial this process's whose own died; nothing where there is none.
  std::optional<trial> take_over();
  /// Ends a trial of this process; without a score it failed.
  void finish(std::int64_t number, std::optional<double> score, double seconds);
  /// Adds one that this process has evaluated.
  void add(compiler::architecture const& a, double score, double seconds);

private:
  template <class Call>
  auto explained(Call const& call) {
    try {
      return call();
    } catch (SQLite::Exception const& error) {
      refuse(error);
    }
  }
  [[noreturn]] void refuse(SQLite::Exception const& error) const;
  void create(nlohmann::json const& run);
  void end(std::int64_t number, std::optional<double> score, double seconds);
  void require_same_space();

  std::filesystem::path file_;
  compiler::compiled_space const& space_;
  std::optional<std::uint64_t> seed_;
  worker worker_;
  SQLite::Database database_;
};

} // namespace espalier::runtime
