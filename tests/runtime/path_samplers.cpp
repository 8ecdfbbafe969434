#include "prelude.hpp"

#include "../../runtime/src/sampled/path_samplers.hpp"
#include "fixtures.hpp"
#include "sampled_spaces.hpp"

#include <espalier/compiler/decision_roles.hpp>

#include <spaces/fashion.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace espalier;
using namespace espalier::test;
using compiler::architecture;
using compiler::random_generator;
using runtime::network;

TEST_CASE("attentive sampling takes the best or the worst of candidates of one cost") {
  auto const space = test_spaces::compiled(small::mobile.view());
  network supernet{space->expanded, space->decisions, network::affine::yes};
  auto const b = some_batch();
  for (auto const kind : {runtime::attention::best_up, runtime::attention::worst_up}) {
    std::vector<double> seen;
    auto const worth = [&](runtime::sampling_step&, architecture const& a) {
      seen.push_back(static_cast<double>(space->costs.of(a).params));
      return seen.back();
    };
    auto const sampler = runtime::attentive(*space, kind, 1, 8, worth, {});
    for (std::uint64_t i = 0; i < 20; ++i) {
      seen.clear();
      runtime::sampling_step at{0, b, supernet, random_generator{i}};
      auto const lessons = sampler(at);
      REQUIRE(lessons.size() == 3);
      REQUIRE(seen.size() == 8);
      auto const chosen = static_cast<double>(space->costs.of(lessons[1].path).params);
      CHECK(chosen == (kind == runtime::attention::best_up ? std::ranges::max(seen) : std::ranges::min(seen)));
    }
  }
}

TEST_CASE("binned paths come from every bin equally often") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  auto const least = space->costs.of(runtime::smallest_of(*space)).macs;
  auto const most = space->costs.of(runtime::largest_of(*space)).macs;
  runtime::macs_bins const bins{least + (most - least) / 4, least + (most - least) / 4 * 3, (most - least) / 8};
  auto const sampler = runtime::binned_path(*space, bins);
  network supernet{space->expanded, space->decisions, network::affine::no};
  auto const b = some_batch();
  std::map<long long, int> counts;
  constexpr int draws = 2000;
  for (std::uint64_t i = 0; i < draws; ++i) {
    runtime::sampling_step at{0, b, supernet, random_generator{i}};
    auto const macs = space->costs.of(sampler(at).front().path).macs;
    REQUIRE(macs >= bins.least);
    REQUIRE(macs < bins.most);
    ++counts[(macs - bins.least) / bins.width];
  }
  REQUIRE(counts.size() == 4);
  double chi_square = 0;
  for (auto const& [bin, count] : counts)
    chi_square += (count - draws / 4.) * (count - draws / 4.) / (draws / 4.);
  CHECK(chi_square < 16.27); // 3 degrees of freedom, 0.1 %
  CHECK_THAT(user_error_of([&] {
               runtime::binned_path(*space, {10, 20, 30});
             }),
             Catch::Matchers::ContainsSubstring("--macs-bins"));
}

TEST_CASE("progressive shrinking draws the largest options only, and all of them") {
  auto const space = test_spaces::compiled(small::mobile.view());
  auto const roles = compiler::roles_of(space->expanded, space->decisions);
  network supernet{space->expanded, space->decisions, network::affine::yes};
  auto const b = some_batch();
  using enum compiler::decision_role;
  auto const largest = runtime::largest_of(*space);
  auto const sampler = runtime::shrunk_paths(*space, {.kernel = 3, .depth = 1, .expansion = 2}, 1);
  std::map<compiler::decision_role, std::set<int>> seen;
  for (std::uint64_t i = 0; i < 300; ++i) {
    runtime::sampling_step at{0, b, supernet, random_generator{i}};
    auto const a = sampler(at).front().path;
    REQUIRE(compiler::faults(space->decisions, a).empty());
    auto const active = compiler::active_decisions(space->decisions, a);
    for (std::size_t d = 0; d < roles.size(); ++d)
      if (active[d])
        seen[roles[d]].insert(space->decisions[d].numbers[a.values[d]]);
  }
  CHECK(seen[kernel] == std::set{3, 5, 7});
  CHECK(seen[depth] == std::set{3});
  CHECK(seen[expansion] == std::set{3, 4});
  runtime::sampling_step at{0, b, supernet, random_generator{1}};
  CHECK(runtime::shrunk_paths(*space, {}, 1)(at).front().path == largest);
}
