#pragma once

#include <espalier/compiler/sample.hpp>

#include <optional>
#include <vector>

namespace espalier::compiler {

/// All architectures whose cost is at most a budget: how many there are, exactly, and each as likely as the other when
/// one is drawn. Costs are added up over groups of decisions that are independent of each other, equal costs together.
class architectures_within {
public:
  /// Nothing where a group has too many combinations, or architectures have too many different costs; a `user_error`
  /// that names the smallest cost where no architecture is within the budget.
  static std::optional<architectures_within> find(cost_model const& costs, long long operation_cost::*key,
                                                  long long most);

  [[nodiscard]] cardinality const& count() const { return count_; }
  [[nodiscard]] architecture sample(random_generator& random) const;

private:
  // Combinations of a group's values that cost the same.
  struct alike {
    long long cost;
    std::vector<std::uint32_t> rows; // in `values`
  };
  struct group {
    std::vector<std::size_t> decisions;
    std::vector<std::uint32_t> values; // of these decisions, row by row
    std::vector<alike> by_cost;        // in rising order
  };
  // How many ways there are to spend so much.
  struct entry {
    long long cost;
    cardinality count;
  };
  using entries = std::vector<entry>; // in rising order

  class builder;
  architectures_within() = default;
  [[nodiscard]] cardinality ways(std::size_t from_group, long long cost) const;

  std::size_t size_ = 0;
  long long fixed_ = 0;
  std::vector<group> groups_;
  std::vector<entries> rest_; // by group: of it and all behind it
  cardinality count_;
};

} // namespace espalier::compiler
