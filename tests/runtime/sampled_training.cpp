#include "prelude.hpp"

#include "../../runtime/src/sampled/loss_guard.hpp"
#include "../../runtime/src/sampled/sampled_training.hpp"
#include "sampled_spaces.hpp"
#include "searches.hpp"

#include <espalier/runtime/atomic_file.hpp>

#include <cmath>

using namespace espalier;
using namespace espalier::test;

TEST_CASE("learning rates fall as their papers say") {
  using enum runtime::rate_decay;
  CHECK(runtime::decayed(linear, 0, 25, 100) == Approx(0.75));
  CHECK(runtime::decayed(cosine, 0, 50, 100) == Approx(0.5));
  CHECK(runtime::decayed(exponential, 0, 0, 100) == 1);
  CHECK(runtime::decayed(exponential, 0, 99, 100) == 0.05);
  CHECK(runtime::decayed(exponential, 0, 50, 100) == Approx(std::sqrt(0.0104)));
  CHECK(runtime::decayed(cosine, 0.1, 4, 100) == Approx(0.5));
}

TEST_CASE("the guard of the loss notices what is no number and what jumps, not what wanders") {
  runtime::loss_guard guard{10};
  for (int i = 0; i < 100; ++i)
    CHECK_FALSE(guard.jumps(2.3 + 0.5 * (i % 3)));
  CHECK(guard.jumps(20));
  CHECK(guard.jumps(std::nan("")));
  CHECK_FALSE(guard.jumps(3));
}

namespace {

// Says what it was told in the end of a stage.
class listener final : public runtime::progress {
public:
  void begin(std::string const&, std::int64_t, std::int64_t) override {}
  void step(std::string const&) override {}
  void end(std::string const& summary) override { said += summary + "\n"; }
  std::string said;
};

} // namespace

TEST_CASE("sampling strategies find what sets stripes apart, and go on after an interruption as if there was none") {
  auto const space = test_spaces::compiled(small::mobile.view());
  auto const strategy = GENERATE(std::string{"single-path"}, std::string{"big-nas"}, std::string{"attentive-nas"},
                                 std::string{"once-for-all"});
  CAPTURE(strategy);
  auto options = small_options();
  options.epochs = strategy == "once-for-all" ? 8 : 4;
  options.learning_rate = 0.1;
  temporary_folder const whole, broken;
  runtime::silent_progress silent;
  auto const found = search_in(whole / "run", strategy, *space, options, silent);
  CHECK(found.has_weights);
  CHECK(found.score > 0.5);
  for (int const steps : {12, 12}) { // in the training, and behind it
    killer stop{steps};
    CHECK_THROWS_AS(search_in(broken / "run", strategy, *space, options, stop), stopped);
  }
  search_in(broken / "run", strategy, *space, options, silent);
  for (auto const* const file : {"architecture.json", "supernet.pt"})
    CHECK(runtime::read_file(whole / "run" / file) == runtime::read_file(broken / "run" / file));
}

TEST_CASE("training that falls apart goes back, says so, and in the end gives up") {
  auto const space = test_spaces::compiled(small::mobile.view());
  auto options = small_options();
  options.learning_rate = 1e20;
  temporary_folder const folder;
  listener report;
  auto const error = user_error_of([&] { search_in(folder / "run", "single-path", *space, options, report); });
  CHECK_THAT(error, Catch::Matchers::ContainsSubstring("lower --learning-rate"));
  CHECK_THAT(report.said, Catch::Matchers::ContainsSubstring("back to the beginning"));
}
