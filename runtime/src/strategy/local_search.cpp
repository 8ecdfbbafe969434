#include "local_search.hpp"

#include "proposing.hpp"

#include <espalier/compiler/neighbours.hpp>

namespace espalier::runtime {

compiler::architecture local_search::propose() {
  while (!neighbours_.empty()) {
    std::swap(neighbours_[random_.below(static_cast<std::uint32_t>(neighbours_.size()))], neighbours_.back());
    auto a = std::move(neighbours_.back());
    neighbours_.pop_back();
    if (limit_.admits(a))
      return a;
  }
  if (scored_ >= numbers_.starts) {
    scored_ = 0;
    current_.reset();
  }
  return compiler::sample(space_, random_, limit_);
}

void local_search::observe(compiler::architecture const& a, double score) {
  ++scored_;
  bool const is_better = !current_ || score > current_->score;
  if (is_better)
    current_ = {a, score};
  if (scored_ == numbers_.starts || (scored_ > numbers_.starts && is_better))
    neighbours_ = compiler::neighbours(space_, current_->a, random_);
}

std::unique_ptr<strategy> make_local_search(proposer_setup const& setup) {
  return std::make_unique<local_search>(setup.space.decisions, setup.limit, setup.seed, local_search::parameters{});
}

} // namespace espalier::runtime
