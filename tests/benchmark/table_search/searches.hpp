#pragma once

#include "../../../runtime/src/evaluator/table.hpp"
#include "../../../runtime/src/strategy/proposing.hpp"
#include "contest.hpp"

namespace benchmark {

/// NAS-Bench-201, and what a table says of it. Must outlive the searches.
struct table_search {
  espalier::compiler::compiled_space const& space;
  espalier::runtime::score_table const& table;
};

/// A strategy; what is lacking to it are percent points of accuracy, to the best of the table.
contestant search_of(table_search const& of, std::string name, espalier::runtime::make_strategy* make);

/// NSGA-II and random search by turns, for each device, which is a column of the table with its latencies: what is
/// lacking is the share of the exact front's hypervolume, in percent. The reference point is the latency of the slowest
/// architecture and the error of the median one.
std::vector<contestant> searches_of_fronts(table_search const& of, std::vector<std::string> const& devices);

} // namespace benchmark
