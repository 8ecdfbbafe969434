#pragma once

#include <espalier/compiler/cost_sum.hpp>
#include <espalier/compiler/graph.hpp>

#include <map>
#include <string>

#include <nlohmann/json.hpp>

namespace espalier::compiler {

/// How long an operation takes for one example, in milliseconds, over several runs.
struct timing {
  double median = 0;
  double least = 0;
  double greatest = 0;
  int runs = 0;

  bool operator==(timing const&) const = default;
};

/// Measured times of operations on one device. Joins (sums, concatenations) are not measured and count nothing.
struct latency_table {
  std::string device;
  int threads = 1;
  std::map<std::string, timing> entries; ///< By `operation_key`.

  /// The median of an operation; a `user_error` where it has not been measured.
  [[nodiscard]] double median_of(operation const& leaf, tensor_type const& input) const;
};

/// The most milliseconds that an architecture may take, by the sum of its operations' in a table.
struct latency_budget {
  latency_table table;
  double milliseconds = 0;
};

/// What a table file says, and back. Anything else in it is a `user_error` that names `origin`.
latency_table latency_table_from(nlohmann::json const& document, std::string const& origin);
nlohmann::ordered_json to_json(latency_table const& table);

/// The milliseconds of a network without decisions: the sum of its operations'.
double latency_of(graph const& network, latency_table const& table);

/// The same of every architecture of a space. The table is read, not kept.
cost_sum<double> sum_of_latencies(graph const& expanded, decision_space const& space, latency_table const& table);

} // namespace espalier::compiler
