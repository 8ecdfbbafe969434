#include "random_search.hpp"

#include "proposing.hpp"

namespace espalier::runtime {

compiler::architecture random_search::propose() {
  int const tries = limit_.measured.empty() ? 100'000 : 1000;
  for (int i = 0; law_ == compiler::uniform_over::choices && i < tries; ++i)
    if (auto a = compiler::sample(space_, random_, law_); limit_.admits(a))
      return a;
  law_ = compiler::uniform_over::architectures;
  return compiler::sample(space_, random_, limit_);
}

std::unique_ptr<strategy> make_random(proposer_setup const& setup) {
  return std::make_unique<random_search>(setup.space.decisions, setup.limit, setup.seed);
}

std::unique_ptr<strategy> make_random_choices(proposer_setup const& setup) {
  return std::make_unique<random_search>(setup.space.decisions, setup.limit, setup.seed,
                                         compiler::uniform_over::choices);
}

} // namespace espalier::runtime
