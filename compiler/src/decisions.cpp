#include <espalier/compiler/decisions.hpp>

#include "collect_decisions.hpp"

#include <espalier/compiler/text.hpp>

#include <algorithm>
#include <bit>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

decision_space::decision_space(graph const& expanded) : decisions_(collect_decisions(expanded)) {
  count_all();
  std::string text;
  for (auto const& d : decisions_)
    text += fmt::format("{} {} {} {} {} {}\n", d.path, d.least, d.most, fmt::join(d.options, ","), d.parent,
                        d.parent_options);
  fingerprint_ = compiler::fingerprint(text);
}

int decision_space::find(std::string_view path) const {
  auto const found = std::ranges::find(decisions_, path, &decision::path);
  return found == decisions_.end() ? -1 : static_cast<int>(found - decisions_.begin());
}

std::vector<std::uint32_t> subset_values(decision const& d) {
  std::vector<std::uint32_t> values;
  for (std::uint64_t v = 0; v < std::uint64_t{1} << d.options.size(); ++v)
    if (int const kept = std::popcount(v); kept >= d.least && kept <= d.most)
      values.push_back(static_cast<std::uint32_t>(v));
  return values;
}

void decision_space::count_all() {
  below_.resize(decisions_.size());
  counts_.resize(decisions_.size());
  count_ = 1;
  for (std::size_t i = decisions_.size(); i-- > 0;) {
    auto const& d = decisions_[i];
    below_[i].assign(d.options.size(), 1);
    for (int const child : d.children) {
      auto const c = static_cast<std::size_t>(child);
      for (std::size_t o = 0; o < d.options.size(); ++o)
        if (decisions_[c].hangs_on(o))
          below_[i][o] *= counts_[c];
    }
    if (d.type == decision::kind::choice) {
      counts_[i] = std::accumulate(below_[i].begin(), below_[i].end(), cardinality{});
    } else { // elementary symmetric polynomial: the sum over all subsets of so many options of the product of their
             // counts
      std::vector<cardinality> sums(static_cast<std::size_t>(d.most) + 1);
      sums[0] = 1;
      for (auto const& option : below_[i])
        for (std::size_t k = sums.size() - 1; k > 0; --k)
          sums[k] += sums[k - 1] * option;
      counts_[i] = std::accumulate(sums.begin() + d.least, sums.end(), cardinality{});
    }
    if (d.parent < 0)
      count_ *= counts_[i];
  }
}

} // namespace espalier::compiler
