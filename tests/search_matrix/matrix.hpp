#pragma once

#include "searched_space.hpp"

#include <string>
#include <vector>

namespace search_matrix {

/// What came of a strategy with an evaluator on a space.
struct outcome {
  runtime::strategy_description strategy;
  evaluator by = evaluator::training;
  std::string refusal; ///< The message; empty where the search ran.
  std::string reason;  ///< Its `reason_of`.
};

/// In two words why a search was refused; empty of an empty message. A `std::runtime_error` where it is of no known
/// kind.
std::string reason_of(std::string const& refusal);

/// What came of searches, as lines of Markdown.
class matrix {
public:
  static std::vector<std::string> header_of_spaces();
  /// Takes what came of searches of one space, and gives the line of it.
  std::string add(std::string const& space, std::vector<outcome> const& of_space);

  /// A table: how many spaces each strategy searched with each evaluator.
  [[nodiscard]] std::vector<std::string> of_strategies() const;
  /// For each reason the first message.
  [[nodiscard]] std::vector<std::string> of_refusals() const;

private:
  std::vector<outcome> outcomes_;
};

} // namespace search_matrix
