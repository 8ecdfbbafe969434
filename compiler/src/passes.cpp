#include <espalier/compiler/passes.hpp>

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/nearest.hpp>
#include <espalier/compiler/passes/canonicalize.hpp>
#include <espalier/compiler/passes/eliminate_common_subexpressions.hpp>
#include <espalier/compiler/passes/fold_batch_norms.hpp>
#include <espalier/compiler/passes/fold_identities.hpp>
#include <espalier/compiler/passes/fuse_siblings.hpp>
#include <espalier/compiler/passes/infer_types.hpp>
#include <espalier/compiler/passes/inline_blocks.hpp>
#include <espalier/compiler/passes/partial_channels.hpp>
#include <espalier/compiler/passes/remove_dead_code.hpp>
#include <espalier/compiler/passes/set_layout.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/compiler/verify.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

template <graph (*Rewrite)(graph const&)>
graph plain(graph const& g, pass_context&) {
  return Rewrite(g);
}

template <graph (*Rewrite)(graph const&, weight_change&)>
graph with_weights(graph const& g, pass_context& context) {
  return Rewrite(g, context.weights);
}

graph verified(graph const& g, pass_context&) {
  require_valid(g);
  return g;
}

graph specialized(graph const& g, pass_context& context) {
  if (!context.choose)
    throw user_error("specialize binds an architecture, and there is none: give --architecture");
  decision_space const space{g};
  return specialize(g, space, context.choose(space));
}

graph quarter_of_channels(graph const& g, pass_context&) {
  return partial_channels(g, 4);
}

// One row a pass: to add one, add its row.
constexpr std::array rows{
    pass{"verify", "refuses a graph that breaks a rule, with every fault", verified},
    pass{"expand", "unrolls repeats, makes cells choices and selects, infers every type", plain<expand>},
    pass{"partial_channels", "mixes candidates on a quarter of the channels, and passes the others",
         quarter_of_channels},
    pass{"specialize", "binds an architecture: a network is left", specialized},
    pass{"remove_search_operations", "removes normalizations that exist only while searching",
         plain<without_search_operations>},
    pass{"infer_types", "records the type of every value", plain<infer_types>},
    pass{"fold_identities", "drops identities, and zeros in sums", plain<fold_identities>},
    pass{"remove_dead_code", "removes values and arguments that nothing reads", plain<remove_dead_code>},
    pass{"inline_blocks", "writes blocks of one operation without weights as that operation", plain<inline_blocks>},
    pass{"canonicalize", "orders the terms of sums, and flattens them", plain<canonicalize>},
    pass{"eliminate_common_subexpressions", "computes once what is computed several times",
         plain<eliminate_common_subexpressions>},
    pass{"fold_batch_norms", "folds batch normalizations into what they normalize", with_weights<fold_batch_norms>},
    pass{"fuse_siblings", "makes one wider operation of 1x1 convolutions that read one value",
         with_weights<fuse_siblings>},
    pass{"set_layout", "puts images into the channels-last layout where they begin", plain<set_layout>},
};

} // namespace

std::span<pass const> passes() {
  return rows;
}

std::vector<pass> pipeline(std::string_view names) {
  std::vector<std::string> known;
  for (auto const& row : rows)
    known.emplace_back(row.name);
  std::vector<pass> found;
  while (!names.empty()) {
    auto const name = names.substr(0, names.find(','));
    auto const* const row = std::ranges::find(rows, name, &pass::name);
    if (row == rows.end())
      throw user_error(fmt::format("no pass '{}'{}", name, suggest(std::string{name}, known)));
    found.push_back(*row);
    names.remove_prefix(std::min(name.size() + 1, names.size()));
  }
  return found;
}

graph run_passes(std::vector<pass> const& steps, graph g, pass_context& context,
                 std::function<void(pass_report const&)> const& report) {
  for (auto const& step : steps) {
    auto const begin = std::chrono::steady_clock::now();
    auto made = step.run(g, context);
    std::chrono::duration<double, std::milli> const time = std::chrono::steady_clock::now() - begin;
    if (report)
      report({step, made, made != g, time});
    g = std::move(made);
  }
  return g;
}

} // namespace espalier::compiler
