#include <espalier/dsl/cardinality.hpp>

using espalier::dsl::binomial;
using espalier::dsl::cardinality;
using espalier::dsl::power;

static_assert(cardinality{3} + 4 == 7);
static_assert(cardinality{0xffff'ffff} + 1 == 0x1'0000'0000);
static_assert(cardinality{4'294'967'296} * 4'294'967'296 == power(2, 64));
static_assert(power(2, 64) > 0xffff'ffff'ffff'ffff);
static_assert(binomial(5, 2) == 10);
static_assert(binomial(6, 0) == 1);

// ENAS' macro space: 6^12 * 2^66 = 160,618,186,625,454,535,808,756,219,904, taken apart by division.
static_assert([] {
  auto n = power(6, 12) * power(2, 66);
  auto const low = n.divide(1'000'000'000);
  auto const middle = n.divide(1'000'000'000);
  return low == 756'219'904 && middle == 454'535'808 && n == cardinality{160'618'186'625};
}());
// MnasNet, layer-wise: 432^15 is beyond 2^128.
static_assert(power(432, 15) > power(2, 128) && power(432, 15) < power(2, 132));
static_assert(power(10, 20).approximate() == 1e20);

// Carries through all limbs.
static_assert(power(2, 128) * power(2, 127) == power(2, 255));
static_assert((power(2, 128) + 1) * (power(2, 64) + 1) == power(2, 192) + power(2, 128) + power(2, 64) + 1);
static_assert(power(3, 40) == cardinality{12'157'665'459'056'928'801ULL} &&
              power(3, 80) == power(3, 40) * power(3, 40));
static_assert(power(7, 0) == 1 && cardinality{} == 0 && cardinality{} * power(2, 200) == 0);
static_assert(binomial(52, 5) == 2'598'960 && binomial(5, 6) == 0 && binomial(64, 32) == 1'832'624'140'942'590'534);
static_assert(power(2, 200) < power(2, 200) + 1 && power(2, 200) > power(3, 126));
