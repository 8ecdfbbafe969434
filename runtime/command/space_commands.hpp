#pragma once

#include "limits.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// \file
/// The subcommands about spaces, architectures and results: what each is told, and the function that does it.

namespace espalier::command {

struct list_spaces_arguments {
  bool json = false;
};
void list_spaces(list_spaces_arguments const& arguments);

struct describe_arguments {
  std::string space;
  bool json = false;
};
void describe(describe_arguments const& arguments);

struct ir_arguments {
  std::string space;
  bool expanded = false;
};
void print_ir(ir_arguments const& arguments);

struct optimize_arguments {
  std::string source;       ///< A SPACE, or a file of IR text at any level.
  std::string passes;       ///< Names, separated by commas.
  std::string architecture; ///< That `specialize` binds; empty for none.
  bool print_after_change = false;
  bool time = false;
};
void optimize(optimize_arguments const& arguments);

struct graph_arguments {
  std::string source;       ///< A SPACE; or an ARCH, of the space that its run recorded.
  std::string architecture; ///< Of the SPACE; empty for the space itself.
  bool whole = false;       ///< From input to output instead of the cells.
  std::string output;
};
void draw_graph(graph_arguments const& arguments);

struct sample_arguments {
  std::string space;
  std::size_t count = 1;
  std::uint64_t seed = 1;
  limit_arguments limits;
  bool smallest = false; ///< By multiply-adds, instead of samples; likewise `largest`.
  bool largest = false;
  std::string output;
  bool json = false;
};
void sample(sample_arguments const& arguments);

struct import_arguments {
  std::string format; ///< Of a published encoding.
  std::string file;
  std::string space;    ///< Empty for the shipped one of the format.
  bool network = false; ///< The network itself, instead of an architecture.
  std::string output;   ///< Empty to print.
};
void import_encoding(import_arguments const& arguments);

struct latency_arguments {
  std::string space;
  std::string device = "cpu";
  int runs = 30; ///< Of each operation.
  int threads = 0;
  std::string output; ///< A table that exists is continued.
};
void measure_latency(latency_arguments const& arguments);

struct cost_arguments {
  std::string space;
  std::string architecture;
  std::string latency; ///< A table of `latency`; empty for none.
  bool json = false;
};
void print_cost(cost_arguments const& arguments);

struct results_arguments {
  std::vector<std::string> folders;
  bool json = false;
};
void list_results(results_arguments const& arguments);

} // namespace espalier::command
