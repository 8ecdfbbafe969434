#include <espalier/runtime/network.hpp>

#include <algorithm>
#include <map>
#include <string>

#include <torch/torch.h>

namespace espalier::runtime {

using compiler::architecture;
using compiler::decision_space;
using compiler::graph;
using compiler::region;
using compiler::structure;

namespace {

// The number of regions of each choice, by its path.
void count_candidates(region const& in, std::map<std::string, std::int64_t>& counts) {
  for (auto const& op : in.operations) {
    if (op.form() == structure::choice)
      counts[op.label] = static_cast<std::int64_t>(op.regions.size());
    for (auto const& inner : op.regions)
      count_candidates(inner, counts);
  }
}

} // namespace

std::vector<std::int64_t> candidate_counts(graph const& expanded, decision_space const& space) {
  std::map<std::string, std::int64_t> by_path;
  count_candidates(expanded.body, by_path);
  std::vector<std::int64_t> counts;
  for (auto const& d : space.decisions()) {
    auto const found = by_path.find(d.path);
    bool const is_subset = d.type == compiler::decision::kind::subset;
    if (found != by_path.end())
      counts.push_back(found->second);
    else if (!d.candidates.empty()) // a layer of a chain
      counts.push_back(*std::ranges::max_element(d.candidates) + 1);
    else
      counts.push_back(is_subset ? 0 : static_cast<std::int64_t>(d.options.size()));
  }
  return counts;
}

std::int64_t weight_of_option(compiler::decision const& choice, std::size_t option) {
  return choice.candidates.empty() ? static_cast<std::int64_t>(option) : choice.candidates[option];
}

relaxation one_hot(graph const& expanded, decision_space const& space, architecture const& a) {
  auto const counts = candidate_counts(expanded, space);
  relaxation r;
  for (std::size_t i = 0; i < space.size(); ++i) {
    auto const& d = space[i];
    auto const options = static_cast<std::int64_t>(d.options.size());
    bool const is_subset = d.type == compiler::decision::kind::subset;
    r.weights.push_back(torch::zeros({is_subset ? options : counts[i]}));
    for (std::int64_t o = 0; o < options && is_subset; ++o)
      if ((a.values[i] >> o & 1U) != 0)
        r.weights.back()[o] = 1.0;
    if (!is_subset)
      r.weights.back()[weight_of_option(d, a.values[i])] = 1.0;
  }
  return r;
}

} // namespace espalier::runtime
