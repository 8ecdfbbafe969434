// sampling: how many architectures a second the general engine draws and mutates, beside programs written for one space
// only, which are run by turns with it. The engine draws exactly uniformly, keeps what does not exist at 0 and is valid
// by construction; the hand-written programs draw every decision, whether it means something or not. The last lines
// are the figures to watch.
#include "by_hand.hpp"
#include "spaces.hpp"
#include "throughput.hpp"

#include <espalier/compiler/sample.hpp>

using namespace espalier::compiler;

namespace {

template <class Hand>
std::array<std::array<rate, 2>, 3> measure(decision_space const& space, char const* name) {
  random_generator random{1};
  by_hand::generator by_hand_random;
  architecture a;
  auto const draw = [&](uniform_over law) {
    return compare(
        2'000'000,
        [&](long times) {
          unsigned long long sum = 0;
          for (long i = 0; i < times; ++i) {
            sample_into(a, space, random, law);
            sum += a.values[5];
          }
          sink = sum;
        },
        [&](long times) {
          unsigned long long sum = 0;
          for (long i = 0; i < times; ++i)
            sum += by_hand::random<Hand>(by_hand_random)[5];
          sink = sum;
        });
  };
  std::array<std::array<rate, 2>, 3> rates{draw(uniform_over::architectures), draw(uniform_over::choices), {}};
  a = sample(space, random);
  auto g = by_hand::random<Hand>(by_hand_random);
  rates[2] = compare(
      10'000'000,
      [&](long times) {
        for (long i = 0; i < times; ++i)
          mutate_in_place(a, space, random);
        sink = a.values[3];
      },
      [&](long times) {
        for (long i = 0; i < times; ++i)
          by_hand::mutate<Hand>(g, by_hand_random);
        sink = g[3];
      });
  print_row(fmt::format("{}: random architecture", name).c_str(), rates[0]);
  print_row(fmt::format("{}: random choices", name).c_str(), rates[1]);
  print_row(fmt::format("{}: mutation", name).c_str(), rates[2]);
  return rates;
}

} // namespace

int main() {
  print_heading();
  auto const darts = measure<by_hand::darts>(benchmark::darts(), "darts");
  auto const ofa = measure<by_hand::ofa_mobilenet_v3>(benchmark::ofa_mobilenet_v3(), "ofa");
  fmt::print("headline random-ofa {:.0f} architectures/s\n", ofa[0][0].median);
  fmt::print("headline mutation-darts {:.0f} architectures/s\n", darts[2][0].median);
  fmt::print("headline random-darts {:.0f} architectures/s\n", darts[0][0].median);
}
