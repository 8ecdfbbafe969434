#include "plan.hpp"

#include <algorithm>

namespace espalier::compiler::control {

// Backwards, since what follows a layer depends on no more than the state behind it.
void weigh_chain(plan const& p, chain_of_layers& chain,
                 std::function<cardinality(std::uint32_t, std::uint32_t)> const& weight_of) {
  for (std::size_t k = chain.size(); k-- > 0;)
    for (auto& s : chain[k].states) {
      cardinality sum;
      for (std::uint32_t value = 0; value < s.next.size(); ++value) {
        if (s.next[value] < 0)
          continue;
        auto const own = weight_of(chain[k].decision, value);
        auto const behind = static_cast<std::size_t>(s.next[value]);
        sum += goes_on(p, chain, k, value) ? own * chain[k + 1].states[behind].cumulative.back() : own;
        s.allowed.push_back(value);
        s.cumulative.push_back(sum);
      }
    }
}

std::uint32_t draw_layer(chain_layer const& layer, std::size_t state, uniform_over law, random_generator& random) {
  auto const& s = layer.states[state];
  if (law == uniform_over::choices)
    return s.allowed[random.below(static_cast<std::uint32_t>(s.allowed.size()))];
  auto const drawn = random.below(s.cumulative.back());
  return s.allowed[static_cast<std::size_t>(std::ranges::upper_bound(s.cumulative, drawn) - s.cumulative.begin())];
}

} // namespace espalier::compiler::control
