#pragma once

#include <espalier/dsl/cardinality.hpp>
#include <espalier/dsl/declaration.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace espalier::compiler {

/// More different costs than memory is meant to hold, or than can be looked at in seconds.
struct too_many_costs {};

/// The most parameters and multiply-adds that are allowed. A cost without a bound is not looked at: it counts as 0.
struct cost_limits {
  std::optional<long long> params;
  std::optional<long long> macs;
  long long* work_left = nullptr; ///< How many costs may still be looked at, where that is bounded.

  [[nodiscard]] dsl::operation_cost bounded(dsl::operation_cost const& c) const {
    return {params ? c.params : 0, macs ? c.macs : 0};
  }
  [[nodiscard]] bool allow(dsl::operation_cost const& c) const {
    return (!params || c.params <= *params) && (!macs || c.macs <= *macs);
  }
  [[nodiscard]] cost_limits without(dsl::operation_cost const& spent) const;
  /// Counts costs that are looked at; `too_many_costs` if they are more than may be.
  void look_at(std::size_t costs) const {
    if (work_left != nullptr && (*work_left -= static_cast<long long>(costs)) < 0)
      throw too_many_costs{};
  }
};

/// How many architectures have which cost. Independent parts are kept apart until they must be told together: the cost
/// of the whole is the sum of theirs, the count the product.
class cost_distribution {
public:
  /// One architecture of this cost.
  explicit cost_distribution(dsl::operation_cost const& of = {}) : fixed_(of) {}

  /// Independent parts together.
  cost_distribution& operator*=(cost_distribution const& other);
  /// So many times as many architectures.
  cost_distribution& operator*=(dsl::cardinality const& times);
  /// `count` independent parts like this one.
  [[nodiscard]] cost_distribution power(int count) const;

  /// Either this one or the other; costs beyond the limits are left out.
  void add(cost_distribution const& other, cost_limits const& limits);

  /// How many costs are kept.
  [[nodiscard]] std::size_t size() const;
  /// How many architectures there are, and how many of them are within limits.
  [[nodiscard]] dsl::cardinality total() const;
  [[nodiscard]] dsl::cardinality within(cost_limits const& limits) const;

private:
  struct entry {
    dsl::operation_cost cost;
    dsl::cardinality count;
    bool operator==(entry const&) const = default;
  };
  /// In rising order of cost, each once.
  using entries = std::vector<entry>;
  struct part {
    std::shared_ptr<entries const> costs;
    int exponent = 1;
  };

  struct moved {
    entries const& costs;
    dsl::operation_cost by;
  };
  /// Two lists, each moved by a cost, as one; costs beyond the limits are left out.
  static entries merged(moved const& a, moved const& b, cost_limits const& limits);
  static entries shifted(entries const& of, entry const& by, cost_limits const& limits);
  static entries product(entries const& a, entry const* first, entry const* last, cost_limits const& limits);
  static entries product(entries const& a, entries const& b, cost_limits const& limits);
  static entries power(entries const& of, int exponent, cost_limits const& limits);
  static dsl::cardinality pairs_within(entries const& a, entries const& b, long long most);
  static dsl::operation_cost least(entries const& of);
  static dsl::operation_cost greatest(entries const& of);

  /// Parts told together until at most `count` are left.
  [[nodiscard]] std::vector<entries> joined(std::size_t count, cost_limits const& limits) const;
  void append(part const& p);

  dsl::operation_cost fixed_;
  std::vector<part> parts_;
};

} // namespace espalier::compiler
