#include "distinct_proposals.hpp"

namespace espalier::runtime {

std::optional<compiler::architecture> distinct_proposals::next() try {
  constexpr int most_known = 1000; // in a row
  constexpr int many_known = 100;
  for (int i = 0; i < most_known; ++i) {
    auto a = proposer_.propose();
    auto const [known, is_new] = known_.try_emplace(a);
    if (is_new)
      return a;
    if (known->second && (proposer_.counts_repeats() || i >= many_known))
      proposer_.observe(a, *known->second);
  }
  return {};
} catch (nothing_left const&) {
  return {};
}

void distinct_proposals::observe(compiler::architecture const& a, double score) {
  known_.insert_or_assign(a, score);
  proposer_.observe(a, score);
}

} // namespace espalier::runtime
