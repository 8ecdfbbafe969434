#include "exhaustive.hpp"

#include "proposing.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace espalier::runtime {

compiler::architecture exhaustive_search::propose() {
  auto const most_refused = limit_.measured.empty() ? 10'000'000 : 100'000; // measuring takes up to milliseconds
  for (int i = 0; i < most_refused; ++i) {
    if (!advance())
      throw nothing_left("every architecture within the limits was proposed");
    if (limit_.admits(process_.decided()))
      return process_.decided();
  }
  throw user_error(fmt::format("exhaustive search met {} architectures in a row that are beyond the limits: raise "
                               "them, or use a strategy that samples within them",
                               most_refused));
}

// To the next architecture; false where there is none.
bool exhaustive_search::advance() {
  while (has_begun_) {
    if (process_.is_at_start())
      return false;
    auto const last = process_.undo();
    auto const next = std::ranges::upper_bound(process_.actions(), last);
    if (next == process_.actions().end())
      continue;
    process_.take(*next);
    break;
  }
  has_begun_ = true;
  while (!process_.is_finished())
    process_.take(process_.actions().front());
  return true;
}

std::unique_ptr<strategy> make_exhaustive(proposer_setup const& setup) {
  return std::make_unique<exhaustive_search>(setup.space.decisions, setup.limit);
}

} // namespace espalier::runtime
