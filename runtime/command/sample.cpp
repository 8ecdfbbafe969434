#include "architecture_source.hpp"
#include "limits.hpp"
#include "space_commands.hpp"
#include "space_source.hpp"
#include "table.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/search.hpp>

#include <filesystem>

#include <fmt/format.h>

namespace espalier::command {

namespace fs = std::filesystem;

namespace {

std::vector<compiler::architecture> choose(sample_arguments const& arguments, compiler::compiled_space const& space) {
  auto const macs = &compiler::operation_cost::macs;
  if (arguments.smallest)
    return {space.costs.smallest(macs)};
  if (arguments.largest)
    return {space.costs.largest(macs)};
  runtime::search_options options;
  read_limits(arguments.limits, space, options);
  auto const limit = runtime::limit_of(space, options);
  compiler::random_generator random{arguments.seed};
  std::vector<compiler::architecture> chosen;
  while (chosen.size() < arguments.count)
    chosen.push_back(compiler::sample(space.decisions, random, limit));
  return chosen;
}

// One file for one architecture, else `1.json`, `2.json`, ... in a folder.
void write(std::vector<compiler::architecture> const& chosen, compiler::compiled_space const& space,
           fs::path const& output) {
  if (output.extension() == ".json") {
    if (chosen.size() != 1)
      throw user_error(fmt::format("{} is one file, {} architectures are to be written; give a folder", output.string(),
                                   chosen.size()));
    return runtime::write_atomically(output, architecture_text(space, chosen.front()));
  }
  std::error_code failed;
  fs::create_directories(output, failed);
  if (failed)
    throw user_error(fmt::format("cannot create folder {}: {}; give another", output.string(), failed.message()));
  for (std::size_t i = 0; i < chosen.size(); ++i)
    runtime::write_atomically(output / fmt::format("{}.json", i + 1), architecture_text(space, chosen[i]));
}

} // namespace

void sample(sample_arguments const& arguments) {
  auto const space = load_space(arguments.space);
  auto const chosen = choose(arguments, space);
  if (!arguments.output.empty())
    write(chosen, space, arguments.output);
  using enum column::kind;
  table architectures{{{"number", "#"},
                       {"architecture", "architecture", text},
                       {"params", "params"},
                       {"macs", "macs"},
                       {"decisions", "decisions", text}}};
  for (auto const& a : chosen) {
    auto const cost = space.costs.of(a);
    architectures.add({count_cell(static_cast<long long>(&a - chosen.data()) + 1),
                       text_cell(compiler::fingerprint(space.decisions, a)), count_cell(cost.params),
                       count_cell(cost.macs), text_cell(compiler::summary(space.decisions, a))});
  }
  architectures.print(arguments.json);
}

} // namespace espalier::command
