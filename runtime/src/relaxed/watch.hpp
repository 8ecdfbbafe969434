#pragma once

#include "skips.hpp"

#include <espalier/runtime/search.hpp>

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace espalier::runtime {

/// What is seen of one epoch of a relaxing search.
struct epoch_record {
  double loss = 0;
  std::optional<double> accuracy; ///< Validation accuracy of the supernet; none while only weights are trained.
  compiler::architecture derived;
  std::optional<double> eigenvalue;
};

/// The epochs of a relaxing search, so that a collapse is seen: counts of derived operations and the dominant
/// eigenvalue of the validation Hessian.
class search_watch {
public:
  explicit search_watch(compiler::compiled_space const& space) : space_(space), skips_(space) {}

  void add(epoch_record record) { records_.push_back(std::move(record)); }
  [[nodiscard]] std::vector<epoch_record> const& records() const { return records_; }

  /// The epoch of the best validation accuracy among the first `count`, the earliest of equals; where none has any, the
  /// last.
  [[nodiscard]] std::size_t best(std::size_t count) const;

  /// Where the search should have stopped, if by this rule it should stop now.
  struct verdict {
    std::size_t sound_epochs; ///< The architecture is to be one of these.
    std::string reason;
  };
  [[nodiscard]] std::optional<verdict> judge(early_stop rule) const;

  /// What a finished search tells of the epoch it takes its architecture from.
  [[nodiscard]] relaxed_watch summary(std::size_t epoch, std::string stopped) const;

  [[nodiscard]] nlohmann::json json() const;
  void read(nlohmann::json const& recorded);

private:
  [[nodiscard]] std::map<std::string, int> operations(compiler::architecture const& a) const;
  [[nodiscard]] std::optional<verdict> judge_eigenvalues() const;
  [[nodiscard]] std::optional<verdict> judge_skips() const;

  compiler::compiled_space const& space_;
  skip_connections skips_;
  std::vector<epoch_record> records_;
};

} // namespace espalier::runtime
