#include "prelude.hpp"

#include "../../runtime/src/strategy/exhaustive.hpp"
#include "../compiler/decision_spaces.hpp"

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/lower.hpp>

#include <spaces/darts.hpp>
#include <spaces/metaqnn.hpp>

#include <algorithm>

namespace {

using namespace espalier;
using compiler::architecture;

constexpr auto short_chain = spaces::metaqnn::network("short-chain", dsl::image(1, 6, 6), 2);

std::vector<architecture> all_proposals(compiler::decision_space const& space, compiler::constraint const& limit) {
  runtime::exhaustive_search search{space, limit};
  std::vector<architecture> found;
  try {
    for (;;)
      found.push_back(search.propose());
  } catch (runtime::nothing_left const&) {
    return found;
  }
}

} // namespace

TEST_CASE("exhaustive search proposes every architecture once") {
  auto const space = decision_spaces::tangled();
  auto found = all_proposals(space, {});
  auto all = decision_spaces::all_of(space);
  CHECK(std::ranges::is_permutation(found, all));
  CHECK(std::ranges::equal(found, all_proposals(space, {}))); // in the same order
}

TEST_CASE("exhaustive search proposes no architecture beyond a limit, and all others") {
  compiler::compiled_space const space{compiler::lower(short_chain.view())};
  compiler::constraint const limit{&space.costs, 20'000, 10'000};
  auto all = decision_spaces::all_of(space.decisions);
  auto const count = all.size();
  std::erase_if(all, [&](architecture const& a) { return !limit.admits(a); });
  REQUIRE(all.size() > 10);
  REQUIRE(all.size() < count);
  CHECK(std::ranges::is_permutation(all_proposals(space.decisions, limit), all));
}

TEST_CASE("exhaustive search of 10^18 architectures begins at once, and says where its limits leave none") {
  compiler::compiled_space const space{compiler::lower(spaces::darts::search.view())};
  runtime::exhaustive_search search{space.decisions, {}};
  auto last = search.propose();
  for (int i = 0; i < 1000; ++i) {
    auto const next = search.propose();
    REQUIRE(compiler::faults(space.decisions, next).empty());
    REQUIRE(next != last);
    last = next;
  }
  auto const never = [](architecture const&) { return 1.0; };
  runtime::exhaustive_search hopeless{space.decisions, {nullptr, {}, {}, nullptr, {{"latency", "ms", never, 0.5, {}}}}};
  CHECK_THROWS_WITH(hopeless.propose(), Catch::Matchers::ContainsSubstring("100000 architectures in a row"));
}
