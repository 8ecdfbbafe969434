#include <espalier/compiler/budgets.hpp>
#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/dsl.hpp>

#include "catch.hpp"

using namespace espalier::compiler;
namespace dsl = espalier::dsl;

namespace {

constexpr auto limited = [] {
  using namespace dsl;
  return search_space("limited", image(4, 8, 8), repeat(6, choice(conv(1), conv(3), conv(5), skip_connect())),
                      choice("head", conv(1), block("wide", conv(3), conv(1), budget(macs(40'000)))), flatten(),
                      linear(2), budget(params(900)), budget(params(1'200)));
}();

} // namespace

TEST_CASE("the budgets of a space bound what is sampled, besides what is asked for") {
  compiled_space const space{lower(limited.view())};
  auto const declared = within_budgets_of(space.structured, {&space.costs, {}, {}});
  CHECK(declared.max_params == 900);
  CHECK(declared.max_macs == 40'000);
  CHECK(within_budgets_of(space.expanded, {&space.costs, 30'000, 1'000}).max_macs == 30'000);
  CHECK(within_budgets_of(space.expanded, {&space.costs, 30'000, 1'000}).max_params == 900);
  random_generator random{2};
  int beyond = 0;
  for (int n = 0; n < 200; ++n) {
    CHECK(space.costs.of(sample(space.decisions, random, declared)).params <= 900);
    beyond += space.costs.of(sample(space.decisions, random)).params > 900 ? 1 : 0;
  }
  CHECK(beyond > 50); // without the budgets
}
