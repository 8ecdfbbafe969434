#include "generation.hpp"

#include "strategy.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace espalier::runtime {

generation::generation(compiler::constraint limit) : limit_(std::move(limit)) {}

void generation::clear() {
  members_.clear();
  next_ = 0;
}

void generation::add(compiler::architecture a) {
  if (limit_.admits(a) && visited_.insert(a).second)
    members_.push_back(std::move(a));
}

void generation::fill_up(std::size_t until, std::size_t tries, compiler::decision_space const& space,
                         compiler::random_generator& random) {
  fill(until, tries, [&] { return compiler::sample(space, random, limit_); });
  if (members_.empty())
    throw nothing_left(
        fmt::format("all {} architectures within the limits have been evaluated; lower --trials", visited_.size()));
}

void elite::observe(compiler::architecture const& a, double score) {
  auto const place = std::ranges::find_if(best_, [&](individual const& other) { return other.score < score; });
  best_.insert(place, {a, score});
  if (best_.size() > most_)
    best_.pop_back();
}

compiler::architecture const& elite::random_member(compiler::random_generator& random) const {
  return best_[random.below(static_cast<std::uint32_t>(best_.size()))].a;
}

} // namespace espalier::runtime
