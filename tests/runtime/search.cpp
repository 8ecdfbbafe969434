#include "prelude.hpp"

#include "searches.hpp"

#include <espalier/compiler/sample.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/study.hpp>
#include <espalier/runtime/threads.hpp>
#include <espalier/runtime/training.hpp>

#include <spaces/darts_rnn.hpp>

#include <algorithm>

namespace {

using namespace espalier;
using test::killer;
using test::search_in;
using test::small_options;
using test::stopped;
using test::temporary_folder;
using test::user_error_of;

bool relaxes(std::string const& strategy) {
  return std::ranges::find(runtime::strategies(), strategy, &runtime::strategy_description::name)->reading == "relax";
}

} // namespace

TEST_CASE("every strategy searches a space of cells, one of nested choices and one of decided numbers") {
  runtime::use_threads(1);
  runtime::silent_progress silent;
  for (auto const& strategy : runtime::strategies())
    for (auto declared : {test_spaces::cells.view(), test_spaces::nested.view(), test_spaces::numbers.view()}) {
      if (strategy.name == "pc-darts" && declared.name != test_spaces::cells.view().name)
        continue; // which has no sum of choices, and is refused
      auto const space = test_spaces::compiled(declared);
      temporary_folder const folder;
      auto const found = search_in(folder.path(), strategy.name, *space, small_options(), silent);
      CAPTURE(strategy.name);
      CHECK(compiler::faults(space->decisions, found.best).empty());
      CHECK(std::filesystem::exists(folder / "architecture.json"));
      CHECK(std::filesystem::exists(folder / "supernet.pt") == found.has_weights);
    }
}

TEST_CASE("a search that is killed resumes to the same architecture and weights, bit for bit") {
  runtime::use_threads(1);
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  runtime::silent_progress silent;
  auto const kill_after = GENERATE(1, 7, 12, 15);
  for (auto const& [strategy, reading, what, paper] : runtime::strategies()) {
    bool const is_at_an_end = kill_after == 1 || kill_after == 15;
    if ((reading == "mutate" && strategy != "aging-evolution") ||
        (is_at_an_end && reading == "relax" && strategy != "darts"))
      continue; // those that mutate share one loop, which tests/runtime/study.cpp kills, as relaxing strategies do
    CAPTURE(strategy, kill_after);
    temporary_folder const whole;
    temporary_folder const interrupted;
    auto const expected = search_in(whole.path(), strategy, *space, small_options(), silent);
    // An epoch has 5 steps; single-path goes on with 6 trials, and aging evolution has nothing else.
    killer kill{strategy == "aging-evolution" ? kill_after % 5 + 1
                : strategy == "single-path"   ? kill_after + 4
                                              : kill_after};
    REQUIRE_THROWS_AS(search_in(interrupted.path(), strategy, *space, small_options(), kill), stopped);
    auto const resumed = search_in(interrupted.path(), strategy, *space, small_options(), silent);
    CHECK(resumed.best == expected.best);
    CHECK(resumed.score == expected.score);
    if (relaxes(strategy)) // the checkpoint holds what a space on partial channels does not leave as supernet.pt
      CHECK(runtime::read_file(whole / "epochs.json") == runtime::read_file(interrupted / "epochs.json"));
    if (expected.has_weights)
      CHECK(runtime::read_file(whole / "supernet.pt") == runtime::read_file(interrupted / "supernet.pt"));
  }
}

TEST_CASE("constrained strategies propose nothing beyond the limit, and an infeasible limit is refused at once") {
  runtime::use_threads(1);
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  runtime::silent_progress silent;
  auto options = small_options();
  auto const smallest = space->costs.of(space->costs.smallest(&compiler::operation_cost::macs)).macs;
  auto const largest = space->costs.of(space->costs.largest(&compiler::operation_cost::macs)).macs;
  options.max_macs = (smallest + largest) / 2;
  for (std::string const strategy : {"single-path", "aging-evolution", "random"}) {
    temporary_folder const folder;
    search_in(folder.path(), strategy, *space, options, silent);
    auto const study = runtime::read_study(folder.path());
    CHECK(study.trials.size() == 6);
    for (auto const& trial : study.trials)
      CHECK(trial.macs <= *options.max_macs);
  }
  options.max_macs = smallest - 1;
  temporary_folder const folder;
  auto const message = user_error_of([&] { search_in(folder.path(), "random", *space, options, silent); });
  CHECK_THAT(message, Catch::Matchers::ContainsSubstring(std::to_string(smallest - 1)));
  CHECK_THAT(message, Catch::Matchers::ContainsSubstring("smallest"));
}

TEST_CASE("a space that has no weighted sum is refused before anything runs") {
  using namespace dsl;
  static constexpr auto strides =
      search_space("strides", image(1, 8, 8), conv(3, channels(4), stride(one_of(1, 2))), global_avg_pool(), linear(3));
  auto const space = test_spaces::compiled(strides.view());
  temporary_folder const folder;
  runtime::silent_progress silent;
  auto const message = user_error_of([&] { search_in(folder.path(), "darts", *space, small_options(), silent); });
  CHECK(message.starts_with("strides: conv0 decides the size of a map, 8x8 or 4x4"));
}

TEST_CASE("data that does not fit the space is refused with both shapes") {
  auto const space = test_spaces::compiled(spaces::darts::search.view());
  temporary_folder const folder;
  runtime::silent_progress silent;
  auto const message = user_error_of([&] { search_in(folder.path(), "darts", *space, small_options(), silent); });
  CHECK_THAT(message, Catch::Matchers::ContainsSubstring("3x32x32"));
  CHECK_THAT(message, Catch::Matchers::ContainsSubstring("1x8x8"));
}

TEST_CASE("a space of words is refused with what it takes, and one that ends in a map with what that is") {
  auto const words = test_spaces::compiled(spaces::darts_rnn::search.view());
  CHECK(user_error_of([&] { runtime::require_fitting(*words, test::stripes().train); }) ==
        "'darts-rnn-search' takes ids[10000, 35], 'stripes' has images of 1x8x8: train on a space that begins with "
        "image(1, 8, 8)");
  using namespace dsl;
  static constexpr auto maps = search_space("maps", image(1, 8, 8), choice(conv(3), conv(5)));
  CHECK(user_error_of([&] { runtime::require_fitting(*test_spaces::compiled(maps.view()), test::stripes().train); }) ==
        "'maps' ends in image[1, 8, 8], 'stripes' has 3 classes: end the space in linear(3)");
}
