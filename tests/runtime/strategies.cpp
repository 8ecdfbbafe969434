#include "prelude.hpp"

#include "../../runtime/src/strategy/constrained_evolution.hpp"
#include "../../runtime/src/strategy/derive.hpp"
#include "decided_spaces.hpp"
#include "spaces.hpp"

#include <espalier/compiler/relaxation_plan.hpp>

#include <spaces/all.hpp>

#include <map>
#include <set>

namespace {

using namespace espalier;
using compiler::architecture;

// A fitness in which every option has its own worth: the best architecture is found by taking each best option.
class additive_fitness {
public:
  explicit additive_fitness(compiler::compiled_space const& space) : space_(space) {}
  double operator()(architecture const& a) const { return -static_cast<double>(space_.costs.of(a).macs); }
  [[nodiscard]] double best() const { return (*this)(space_.costs.smallest(&compiler::operation_cost::macs)); }

private:
  compiler::compiled_space const& space_;
};

} // namespace

TEST_CASE("constrained evolution reaches the optimum of an additive fitness and repeats no architecture") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  additive_fitness const fitness{*space};
  runtime::constrained_evolution evolution{
      space->decisions, {&space->costs, {}, {}}, 7, {.population = 50, .parents = 10, .mutation = 0.1}};
  std::set<architecture> seen;
  double best = -1e18;
  for (int i = 0; i < 1500; ++i) {
    auto const a = evolution.propose();
    CHECK(seen.insert(a).second);
    best = std::max(best, fitness(a));
    evolution.observe(a, fitness(a));
  }
  CHECK(best == fitness.best());
}

TEST_CASE("derivation returns the architecture of one-hot weights") {
  for (auto declared : {test_spaces::cells.view(), test_spaces::nested.view(), spaces::darts::search.view()}) {
    auto const space = test_spaces::compiled(declared);
    compiler::random_generator random{9};
    for (int i = 0; i < 20; ++i) {
      auto const a = compiler::sample(space->decisions, random);
      auto weights = runtime::one_hot(space->expanded, space->decisions, a);
      // An edge that is not kept has no weight on any operation, as `none` would take it all while relaxed.
      auto const active = compiler::active_decisions(space->decisions, a);
      for (std::size_t d = 0; d < active.size(); ++d)
        if (!active[d])
          weights.weights[d].zero_();
      CHECK(runtime::derive(space->decisions, weights) == a);
    }
  }
}

TEST_CASE("derivation never takes none where a cell keeps edges, and the lower index wins a tie") {
  auto const space = test_spaces::compiled(spaces::darts::search.view());
  auto const counts = runtime::candidate_counts(space->expanded, space->decisions);
  runtime::relaxation weights;
  for (auto const count : counts) {
    weights.weights.push_back(count > 0 ? torch::full({count}, 0.05) : at::Tensor{});
    if (count > 0)
      weights.weights.back()[0] = 0.65; // none is by far the strongest
  }
  auto const derived = runtime::derive(space->decisions, weights);
  auto const json = compiler::to_json(space->decisions, "darts", derived);
  for (auto const& [path, value] : json.at("decisions").items()) {
    if (value.is_string())
      CHECK(value == "max_pool_3x3"); // the first of equals
    else
      CHECK(value.size() == 2);
  }
  CHECK(json.at("decisions").at("normal/node3/inputs") == std::vector<std::string>{"input0", "input1"});
}

TEST_CASE("what random weights mean is an architecture of its space") {
  std::vector<dsl::space_view> spaces = decided_spaces::all();
  for (auto const& [declared, what] : spaces::all())
    spaces.push_back(declared);
  for (auto const declared : spaces) {
    auto const space = test_spaces::compiled(declared);
    if (!compiler::plan_relaxation(space->expanded, space->decisions).refusal.empty())
      continue;
    INFO(space->structured.name);
    torch::manual_seed(8);
    auto const counts = runtime::candidate_counts(space->expanded, space->decisions);
    for (int i = 0; i < 10; ++i) {
      runtime::relaxation weights;
      for (std::size_t d = 0; d < counts.size(); ++d)
        weights.weights.push_back(counts[d] > 0
                                      ? torch::rand({counts[d]})
                                      : torch::rand({static_cast<std::int64_t>(space->decisions[d].options.size())}));
      auto const derived = runtime::derive(space->decisions, weights);
      CHECK(compiler::faults(space->decisions, derived) == std::vector<std::string>{});
    }
  }
}

TEST_CASE("of numbers that a constraint couples, the likeliest combination is derived that it allows") {
  auto const space = test_spaces::compiled(decided_spaces::precisions.view());
  REQUIRE(space->decisions[0].path == "weights"); // 1, 2 or 4 bits, at most those of the activations: 2 or 4
  runtime::relaxation weights{{torch::tensor({0.1, 0.3, 0.6}), torch::tensor({0.8, 0.2})}};
  CHECK(runtime::derive(space->decisions, weights).values == std::vector<std::uint32_t>{1, 0}); // 4, 2 is not allowed
  weights.weights[1] = torch::tensor({0.55, 0.45});
  CHECK(runtime::derive(space->decisions, weights).values == std::vector<std::uint32_t>{2, 1});
}
