#include "prelude.hpp"

#include "searches.hpp"

#include "../../runtime/src/relaxed/cost_term.hpp"
#include "../../runtime/src/relaxed/watch.hpp"
#include "../../runtime/src/strategy/derive.hpp"

#include <espalier/compiler/random.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/threads.hpp>

#include <set>

namespace {

using namespace espalier;
using runtime::early_stop;
using runtime::search_cost;
using runtime::search_watch;
using test::search_in;
using test::small_options;
using test::temporary_folder;
using test::user_error_of;

nlohmann::json json_in(temporary_folder const& folder, char const* name) {
  return nlohmann::json::parse(runtime::read_file(folder / name));
}

// What a cost term is given, on data that nothing reads.
struct term_fixture {
  std::unique_ptr<compiler::compiled_space> space = test_spaces::compiled(test_spaces::cells.view());
  temporary_folder folder;
  runtime::search_options options = small_options();
  runtime::run_folder run{folder.path(), {}, space->text};
  runtime::silent_progress silent;
  runtime::search_context context{*space, {}, {}, options, {&space->costs, {}, {}}, run, silent};

  runtime::cost_term term(search_cost const& asked, runtime::cost_form form = runtime::cost_form::linear) const {
    return {context, asked, form, 0.1};
  }
};

using quantity = search_cost::quantity;

runtime::epoch_record seen(std::optional<double> accuracy, compiler::architecture derived,
                           std::optional<double> eigenvalue = {}) {
  return {1.0, accuracy, std::move(derived), eigenvalue};
}

} // namespace

TEST_CASE("the expected cost of an architecture that is certain is its cost, and its gradient is exact") {
  term_fixture const fixture;
  auto const& space = *fixture.space;
  auto const term = fixture.term({quantity::macs, 1e4, 0, {}});
  compiler::random_generator random{3};
  for (int i = 0; i < 10; ++i) {
    auto const a = compiler::sample(space.decisions, random);
    auto const certain = runtime::one_hot(space.expanded, space.decisions, a);
    // A gate of edges says which are kept; one_hot holds them as the share of each, of two that are.
    auto shares = certain;
    for (std::size_t d = 0; d < space.decisions.size(); ++d)
      if (space.decisions[d].type == compiler::decision::kind::subset)
        shares.weights[d] = certain.weights[d] / space.decisions[d].most;
    CHECK(term.expected(shares).item<double>() == Approx(static_cast<double>(space.costs.of(a).macs)));
  }

  torch::manual_seed(1);
  runtime::relaxation soft;
  for (auto const count : runtime::candidate_counts(space.expanded, space.decisions))
    soft.weights.push_back(count > 0 ? torch::randn({count}, torch::kFloat64).softmax(0).set_requires_grad(true)
                                     : at::Tensor{});
  term.expected(soft).backward();
  for (auto& w : soft.weights)
    for (std::int64_t c = 0; w.defined() && c < w.numel(); ++c) {
      torch::NoGradGuard const no_gradient;
      w[c] += 1e-3;
      auto const above = term.expected(soft).item<double>();
      w[c] -= 2e-3;
      auto const below = term.expected(soft).item<double>();
      w[c] += 1e-3;
      CHECK(w.grad()[c].item<double>() == Approx((above - below) / 2e-3).epsilon(1e-6).margin(1e-6));
    }
}

TEST_CASE("a cost joins the loss as its papers say") {
  term_fixture const fixture;
  auto const& space = *fixture.space;
  torch::manual_seed(2);
  runtime::relaxation soft;
  for (auto const count : runtime::candidate_counts(space.expanded, space.decisions))
    soft.weights.push_back(count > 0 ? torch::randn({count}).softmax(0) : at::Tensor{});
  auto const loss = torch::tensor(1.5);
  auto const linear = fixture.term({quantity::params, 500, 0.2, {}});
  auto const cost = linear.expected(soft).item<double>();
  CHECK(linear.added_to(loss, soft).item<double>() == Approx(1.5 + 0.2 * (cost / 500 - 1)));
  auto const power = fixture.term({quantity::params, 0, 0.2, {}}, runtime::cost_form::power);
  CHECK(power.added_to(loss, soft).item<double>() == Approx(1.5 * 0.2 * std::pow(std::log(cost), 0.6)));
}

TEST_CASE("every relaxing strategy finds a cheaper architecture where the cost weighs most") {
  runtime::use_threads(1);
  runtime::silent_progress silent;
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  auto const smallest = space->costs.of(space->costs.smallest(&compiler::operation_cost::macs)).macs;
  for (auto const& strategy : runtime::strategies()) {
    if (strategy.reading != "relax")
      continue;
    CAPTURE(strategy.name);
    temporary_folder const folder;
    auto options = small_options();
    options.architecture_learning_rate = 0.3;
    options.eigenvalue_every = 1000;
    options.epochs = strategy.name == "proxyless" ? 40 : 6; // which moves two of the parameters in every fifth step
    bool const is_power = strategy.name == "fbnet";
    options.cost = search_cost{quantity::macs, is_power ? 0.0 : static_cast<double>(smallest), 1e3, {}};
    search_in(folder.path(), strategy.name, *space, options, silent, {test::stripes(64, 1), test::stripes(32, 2)});
    // The last epoch's, whatever was most accurate.
    auto const last = json_in(folder, "epochs.json").back();
    compiler::architecture const found{last.at("architecture").get<std::vector<std::uint32_t>>()};
    compiler::random_generator random{1};
    long long drawn = 0;
    for (int i = 0; i < 20; ++i)
      drawn += space->costs.of(compiler::sample(space->decisions, random)).macs / 20;
    CHECK(space->costs.of(found).macs < drawn);
  }
}

TEST_CASE("what a relaxing search cannot do is refused before anything runs") {
  auto const nested = test_spaces::compiled(test_spaces::nested.view());
  auto const cells = test_spaces::compiled(test_spaces::cells.view());
  runtime::silent_progress silent;
  auto const message = [&](std::string const& strategy, compiler::compiled_space const& space, auto change) {
    temporary_folder const folder;
    auto options = small_options();
    change(options);
    return user_error_of([&] { search_in(folder.path(), strategy, space, options, silent); });
  };
  using Catch::Matchers::ContainsSubstring;
  CHECK_THAT(message("pc-darts", *nested, [](auto&) {}), ContainsSubstring("use a strategy without them"));
  CHECK_THAT(message("darts", *cells, [](auto& o) { o.cost = search_cost{}; }), ContainsSubstring("--cost-target"));
  CHECK_THAT(message("fbnet", *cells,
                     [](auto& o) {
                       o.cost = search_cost{quantity::macs, 1e4, 0, {}};
                     }),
             ContainsSubstring("leave --cost-target out"));
  CHECK_THAT(message("snas", *cells, [](auto& o) { o.order = 2; }), ContainsSubstring("no second order"));
  CHECK_THAT(message("darts", *cells, [](auto& o) { o.order = 3; }), ContainsSubstring("order 3"));
  CHECK_THAT(message("darts", *cells, [](auto& o) { o.max_macs = 100'000'000; }), ContainsSubstring("--cost macs"));
  CHECK_THAT(message("random", *cells, [](auto& o) { o.stop = early_stop::skips; }),
             ContainsSubstring("leave them out"));
  auto const table = [](auto& o) { o.cost = search_cost{quantity::latency, 1, 0, compiler::latency_table{}}; };
  CHECK_THAT(message("darts", *cells, table), ContainsSubstring("has no entry"));
}

TEST_CASE("stages of P-DARTS grow repeats of cells, and give an architecture of the declared space with few skips") {
  runtime::use_threads(1);
  runtime::silent_progress silent;
  using namespace test_spaces;
  static constexpr auto repeated = search_space("repeated", image(1, 8, 8), conv(3, channels(4)), batch_norm(),
                                                repeat(1, small_normal(4)), global_avg_pool(), linear(3));
  for (bool const grows : {false, true}) {
    auto const space = compiled(grows ? repeated.view() : cells.view());
    temporary_folder const folder;
    auto const found = search_in(folder.path(), "p-darts", *space, small_options(), silent);
    CHECK(found.has_weights == !grows); // weights of more cells than the space declares are no use to it
    CHECK(compiler::faults(space->decisions, found.best).empty());
    CHECK(runtime::skip_connections{*space}.count(found.best).at("normal") <= 2);
    for (auto const* name : {"epochs.json", "epochs-2.json", "epochs-3.json"})
      CHECK(json_in(folder, name).size() == 1); // of three epochs together
  }
}

TEST_CASE("the second order runs, resumes, and is not the first") {
  runtime::use_threads(1);
  runtime::silent_progress silent;
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  auto options = small_options();
  options.architecture_learning_rate = 0.1;
  std::set<std::string> epochs;
  for (int const order : {1, 2, 2}) {
    options.order = order;
    temporary_folder const folder;
    if (epochs.size() == 2) {
      test::killer kill{8};
      REQUIRE_THROWS_AS(search_in(folder.path(), "darts", *space, options, kill), test::stopped);
    }
    search_in(folder.path(), "darts", *space, options, silent);
    epochs.insert(runtime::read_file(folder / "epochs.json"));
  }
  CHECK(epochs.size() == 2);
}

TEST_CASE("a search tells of each epoch what it would derive, and the eigenvalue") {
  runtime::use_threads(1);
  runtime::silent_progress silent;
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  auto options = small_options();
  options.eigenvalue_every = 2;
  temporary_folder const folder;
  auto const found = search_in(folder.path(), "darts", *space, options, silent);
  auto const epochs = json_in(folder, "epochs.json");
  REQUIRE(epochs.size() == 3);
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    CHECK(epochs[i].contains("eigenvalue") == (i == 1));
    int operations = 0;
    for (auto const& [name, count] : epochs[i].at("operations").items())
      operations += count.get<int>();
    CHECK(operations == 2 * (3 + 2)); // two edges of each node, of two cells
  }
  auto const result = json_in(folder, "result.json").at("relaxation");
  CHECK(result.at("eigenvalue") == epochs[1].at("eigenvalue"));
  CHECK(result.at("operations") == epochs[result.at("epoch").get<std::size_t>() - 1].at("operations"));
  CHECK(found.watch->epochs == 3);
}

TEST_CASE("an epoch of a relaxing search looks at every image, each validation batch being another one") {
  runtime::use_threads(1);
  runtime::silent_progress silent;
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  auto options = small_options();
  options.epochs = 1;
  auto const epochs_of = [&](runtime::train_test const& data) {
    temporary_folder const folder;
    search_in(folder.path(), "darts", *space, options, silent, data);
    return runtime::read_file(folder / "epochs.json");
  };
  auto const expected = epochs_of(test::stripes());
  CHECK(epochs_of(test::stripes()) == expected);
  for (std::int64_t i = 3; i < 160; i += 13) { // about half of them are of the validation half
    auto data = test::stripes();
    data.train.images[i] = 255 - data.train.images[i];
    CAPTURE(i);
    CHECK(epochs_of(data) != expected);
  }
}

TEST_CASE("the architecture is that of the most accurate epoch, not of the last one") {
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  search_watch watch{*space};
  for (auto const accuracy :
       {std::optional<double>{}, std::optional{0.5}, std::optional{0.8}, std::optional{0.8}, std::optional{0.6}})
    watch.add(seen(accuracy, {}));
  CHECK(watch.best(5) == 2);
  CHECK(watch.best(2) == 1);
  CHECK(watch.best(1) == 0);
}

TEST_CASE("a search stops when the eigenvalue has grown, with an architecture from before") {
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  compiler::architecture const any{std::vector<std::uint32_t>(space->decisions.size())};
  search_watch steady{*space};
  search_watch growing{*space};
  for (int i = 0; i < 12; ++i) {
    steady.add(seen(0.5, any, 1 + 0.01 * i));
    CHECK_FALSE(steady.judge(early_stop::eigenvalue));
    growing.add(seen(0.5, any, i < 7 ? 1 : 1.5));
    CHECK_FALSE(growing.judge(early_stop::never));
    // The mean of five is 1.3 behind the tenth epoch, and 1.4 > 1 / 0.75 behind the eleventh.
    CHECK(growing.judge(early_stop::eigenvalue).has_value() == (i >= 10));
    if (i == 10)
      CHECK(growing.judge(early_stop::eigenvalue)->sound_epochs == 6);
  }
}

TEST_CASE("a search stops when a normal cell would get a second skip connection") {
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  auto const& decisions = space->decisions;
  auto const with_skips = [&](int skips) {
    runtime::relaxation weights;
    for (auto const count : runtime::candidate_counts(space->expanded, decisions))
      weights.weights.push_back(count > 0 ? torch::full({count}, 0.1) : at::Tensor{});
    for (std::size_t i = 0; i < decisions.size(); ++i)
      if (auto const& path = decisions[i].path; path.starts_with("normal/node0/edge"))
        weights.weights[i][path.back() - '0' < skips ? 3 : 5] = 0.9;
    return derive(decisions, weights);
  };
  search_watch watch{*space};
  watch.add(seen({}, with_skips(0)));
  CHECK_FALSE(watch.judge(early_stop::skips));
  watch.add(seen(0.4, with_skips(1)));
  CHECK_FALSE(watch.judge(early_stop::skips));
  watch.add(seen(0.6, with_skips(2)));
  REQUIRE(watch.judge(early_stop::skips));
  CHECK(watch.judge(early_stop::skips)->sound_epochs == 2);
  CHECK_FALSE(watch.judge(early_stop::never));
}
