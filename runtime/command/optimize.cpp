#include "architecture_source.hpp"
#include "space_commands.hpp"
#include "space_source.hpp"

#include <espalier/compiler/passes.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/compiler/verify.hpp>

#include <fmt/format.h>

namespace espalier::command {

namespace {

// The text on standard output stays one that can be read again.
void report(compiler::pass_report const& report, optimize_arguments const& arguments) {
  if (arguments.time)
    fmt::print(stderr, "{:<32} {:>9.3f} ms{}\n", report.of.name, report.time.count(),
               report.has_changed ? "" : ", nothing changed");
  if (arguments.print_after_change && report.has_changed)
    fmt::print(stderr, "// after {}\n{}", report.of.name, compiler::print(report.after));
}

} // namespace

void optimize(optimize_arguments const& arguments) {
  auto const steps = compiler::pipeline(arguments.passes);
  auto const graph = load_graph(arguments.source);
  compiler::require_valid(graph);
  compiler::pass_context context;
  if (!arguments.architecture.empty())
    context.choose = [&](compiler::decision_space const& space) {
      return load_architecture(arguments.architecture, space);
    };
  auto const made =
      compiler::run_passes(steps, graph, context, [&](compiler::pass_report const& done) { report(done, arguments); });
  fmt::print("{}", compiler::print(made));
}

} // namespace espalier::command
