#include <espalier/compiler/random.hpp>

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <limits>

namespace espalier::compiler {

random_generator::random_generator(std::uint64_t seed) {
  for (auto& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    word = seed;
    word = (word ^ (word >> 30U)) * 0xbf58476d1ce4e5b9;
    word = (word ^ (word >> 27U)) * 0x94d049bb133111eb;
    word ^= word >> 31U;
  }
}

std::uint64_t random_generator::unbiased(std::uint32_t bound, std::uint64_t product) {
  if (bound == 0)
    throw internal_error("there is no number below 0");
  for (std::uint32_t const surplus = (0U - bound) % bound; static_cast<std::uint32_t>(product) < surplus;)
    product = ((*this)() >> 32U) * bound;
  return product;
}

dsl::cardinality random_generator::below(dsl::cardinality const& bound) {
  constexpr auto word = std::numeric_limits<std::uint32_t>::max();
  if (bound == 0)
    throw internal_error("there is no number below 0");
  auto rest = bound;
  if (bound < dsl::cardinality{word})
    return below(rest.divide(word));
  unsigned bits = 0;
  for (; rest != 0; rest.divide(2))
    ++bits;
  for (;;) {
    dsl::cardinality drawn;
    for (unsigned left = bits; left > 0;) {
      auto const width = std::min(left, 32U);
      drawn *= 1ULL << width;
      drawn += (*this)() >> (64U - width);
      left -= width;
    }
    if (drawn < bound)
      return drawn;
  }
}

} // namespace espalier::compiler
