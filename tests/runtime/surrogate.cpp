#include "prelude.hpp"

#include "../../runtime/src/strategy/bayesian_optimization.hpp"
#include "../../runtime/src/strategy/surrogate/acquisition.hpp"
#include "../../runtime/src/strategy/surrogate/encoding.hpp"
#include "../../runtime/src/strategy/surrogate/forest.hpp"
#include "../../runtime/src/strategy/surrogate/gaussian_process.hpp"
#include "../../runtime/src/strategy/surrogate/perceptron.hpp"
#include "../../runtime/src/strategy/surrogate/perceptrons.hpp"
#include "proposed_spaces.hpp"

#include <spaces/nas_bench_101.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <set>
#include <string>

#include <Eigen/Dense>

namespace {

using namespace espalier;
using compiler::architecture;
using proposed_spaces::additive_fitness;
using runtime::encoding;
using runtime::feature_set;
using runtime::prediction;

feature_set features(std::size_t count, std::vector<std::size_t> const& which) {
  feature_set set{count};
  for (auto const f : which)
    set.insert(f);
  return set;
}

std::vector<std::size_t> listed(feature_set const& set) {
  std::vector<std::size_t> which;
  set.for_each([&](std::size_t f) { which.push_back(f); });
  return which;
}

// Architectures with the scores of an additive fitness.
struct scored_architectures {
  scored_architectures(compiler::compiled_space const& space, encoding const& encode, int count, std::uint64_t seed) {
    additive_fitness const fitness{space.decisions};
    compiler::random_generator random{seed};
    for (int i = 0; i < count; ++i) {
      auto const a = compiler::sample(space.decisions, random);
      known.push_back(encode(a));
      scores.push_back(fitness(a));
    }
  }

  std::vector<feature_set> known;
  std::vector<double> scores;
};

// How well predictions tell the order of scores: pairs in the same order less pairs in the other, of all.
double kendall_tau(std::vector<double> const& scores, std::vector<prediction> const& predictions) {
  int agreement = 0;
  int pairs = 0;
  for (std::size_t i = 0; i < scores.size(); ++i)
    for (std::size_t j = 0; j < i; ++j, ++pairs)
      agreement += (scores[i] - scores[j]) * (predictions[i].mean - predictions[j].mean) > 0 ? 1 : -1;
  return static_cast<double>(agreement) / pairs;
}

bool are_equal(std::vector<prediction> const& a, std::vector<prediction> const& b) {
  return std::ranges::equal(a, b, [](prediction const& x, prediction const& y) {
    return x.mean == Approx(y.mean).margin(1e-9) && x.deviation == Approx(y.deviation).margin(1e-9);
  });
}

// The operations along each path from vertex 0 to the last one. `edges` gives what leads from one to a later one: the
// names of operations, or nothing where there is no edge.
template <class Edges>
void collect_paths(int from, int last, std::string const& path, Edges const& edges, std::set<std::string>& found) {
  if (from == last)
    found.insert(path);
  for (int to = from + 1; to <= last; ++to)
    if (auto const label = edges(from, to))
      collect_paths(to, last, path + *label, edges, found);
}

} // namespace

TEST_CASE("expected improvement is the mean of what exceeds the best, and its bounds hold") {
  using runtime::expected_improvement;
  for (double const mean : {-1.0, 0.2, 1.0})
    for (double const deviation : {0.1, 0.7, 2.0})
      for (double const best : {-0.5, 0.2, 1.5}) {
        constexpr int steps = 200'000; // midpoints, 10 standard deviations wide on both sides
        double sum = 0;
        for (int i = 0; i < steps; ++i) {
          auto const z = 20 * (i + 0.5) / steps - 10;
          sum += std::max(mean + deviation * z - best, 0.0) * std::exp(-z * z / 2);
        }
        CHECK(expected_improvement({mean, deviation}, best) ==
              Approx(sum * 20 / steps / std::sqrt(2 * std::numbers::pi)).margin(1e-8));
      }
  CHECK(expected_improvement({0.5, 0}, 0.5) == 0);
  CHECK(expected_improvement({0.4, 0}, 0.5) == 0);
  CHECK(expected_improvement({0.75, 0}, 0.5) == 0.25);
  CHECK(expected_improvement({-1000, 1}, 0) == 0);
  CHECK(runtime::upper_confidence_bound({3, 2}, 1.5) == 6);
}

TEST_CASE("Thompson sampling draws from the normal distribution of the prediction") {
  compiler::random_generator random{4};
  constexpr int draws = 100'000;
  double sum = 0;
  double squares = 0;
  int within = 0;
  for (int i = 0; i < draws; ++i) {
    auto const z = (runtime::thompson_sample({5, 2}, random) - 5) / 2;
    sum += z;
    squares += z * z;
    within += std::abs(z) < 1;
  }
  // 5 standard deviations.
  CHECK(sum / draws == Approx(0).margin(0.016));
  CHECK(squares / draws == Approx(1).margin(0.023));
  CHECK(within / static_cast<double>(draws) == Approx(std::erf(std::numbers::sqrt2 / 2)).margin(0.0075));
}

TEST_CASE("one-hot features are the options taken of the decisions that exist, and tell architectures apart") {
  for (auto const declared : proposed_spaces::all()) {
    auto const space = test_spaces::compiled(declared);
    INFO(space->structured.name);
    auto const encode = encoding::one_hot(space->decisions);
    compiler::random_generator random{1};
    std::map<std::vector<std::size_t>, architecture> seen;
    for (int i = 0; i < 200; ++i) {
      auto const a = compiler::sample(space->decisions, random);
      auto const active = compiler::active_decisions(space->decisions, a);
      std::vector<std::size_t> taken;
      std::size_t feature = 0;
      for (std::size_t d = 0; d < active.size(); ++d)
        for (std::size_t o = 0; o < space->decisions[d].options.size(); ++o, ++feature)
          if (active[d] && compiler::takes(space->decisions[d], a.values[d], o))
            taken.push_back(feature);
      REQUIRE(feature == encode.size());
      REQUIRE(listed(encode(a)) == taken);
      REQUIRE(seen.try_emplace(taken, a).first->second == a);
    }
  }
}

TEST_CASE("two cells of NAS-Bench-201 have the same features exactly where they have the same paths") {
  auto const space = test_spaces::compiled(spaces::nas_bench_201::cifar10.view());
  auto const encode = encoding::paths(*space);
  CHECK(encode.size() == 4 + 4 * 4 + 4 * 4 * 4); // none ends a path
  std::map<std::set<std::string>, std::vector<std::size_t>> features_of;
  std::map<std::vector<std::size_t>, std::set<std::string>> paths_of;
  for (int code = 0; code < 15'625; ++code) {
    architecture a;
    for (int rest = code, i = 0; i < 6; ++i, rest /= 5)
      a.values.push_back(static_cast<std::uint32_t>(rest % 5));
    std::set<std::string> paths;
    auto const edge = [&](int from, int to) -> std::optional<std::string> {
      auto const i = space->decisions.find("cell/node" + std::to_string(to - 1) + "/edge" + std::to_string(from));
      auto const value = a.values[static_cast<std::size_t>(i)];
      return value == 0 ? std::optional<std::string>{} : std::to_string(value);
    };
    collect_paths(0, 3, {}, edge, paths);
    auto const had = listed(encode(a));
    REQUIRE(had.size() == paths.size());
    REQUIRE(features_of.try_emplace(paths, had).first->second == had);
    REQUIRE(paths_of.try_emplace(had, paths).first->second == paths);
  }
}

TEST_CASE("two cells of NAS-Bench-101 with the same paths have the same features") {
  auto const space = test_spaces::compiled(spaces::nas_bench_101::cifar10.view());
  auto const& decisions = space->decisions;
  auto const encode = encoding::paths(*space);
  auto const edges = static_cast<std::size_t>(decisions.find("cell/edges"));
  std::map<std::set<std::string>, std::vector<std::size_t>> features_of;
  compiler::random_generator random{3};
  std::size_t known = 0;
  for (int i = 0; i < 3000; ++i) {
    auto const a = compiler::sample(decisions, random);
    auto const edge = [&](int from, int to) -> std::optional<std::string> {
      auto const& names = decisions[edges].options;
      auto const o = std::ranges::find(names, std::to_string(from) + "-" + std::to_string(to)) - names.begin();
      if ((a.values[edges] >> o & 1U) == 0)
        return {};
      return to == 6 ? std::string{}
                     : std::to_string(
                           a.values[static_cast<std::size_t>(decisions.find("cell/vertex" + std::to_string(to)))]);
    };
    std::set<std::string> paths;
    collect_paths(0, 6, {}, edge, paths);
    auto const had = listed(encode(a));
    REQUIRE(had.size() <= paths.size());
    known += had.size() == paths.size() ? 1 : 0;
    REQUIRE(features_of.try_emplace(paths, had).first->second == had);
  }
  CHECK(known > 2700); // hardly any path is so rare that it is not kept
}

TEST_CASE("where edges are kept or picked, features are those of the edges that are read") {
  for (auto const declared : {test_spaces::cells.view(), decided_spaces::picks_of_cells.view()}) {
    auto const space = test_spaces::compiled(declared);
    auto const& decisions = space->decisions;
    auto const encode = encoding::paths(*space);
    INFO(space->structured.name);
    CHECK(runtime::cells_of(*space).size() == 2);
    compiler::random_generator random{6};
    int changed = 0;
    for (int i = 0; i < 300; ++i) {
      auto const a = compiler::sample(decisions, random);
      auto const child = compiler::mutate(decisions, a, random);
      changed += encode(a) != encode(child) ? 1 : 0;
    }
    CHECK(changed > 250); // the others only reorder what they read
  }
}

TEST_CASE("paths of a network without cells are its one-hot features") {
  for (auto const declared :
       {spaces::fashion::blocks.view(), test_spaces::numbers.view(), test_spaces::nested.view()}) {
    auto const space = test_spaces::compiled(declared);
    CHECK(runtime::cells_of(*space).empty());
    auto const paths = encoding::paths(*space);
    auto const one_hot = encoding::one_hot(space->decisions);
    compiler::random_generator random{2};
    for (int i = 0; i < 50; ++i) {
      auto const a = compiler::sample(space->decisions, random);
      REQUIRE(paths(a) == one_hot(a));
    }
  }
}

TEST_CASE("the variance of a forest is the total variance over its trees") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  scored_architectures const some{*space, encoding::one_hot(space->decisions), 100, 1};
  runtime::forest model{1, {.trees = 25, .features = 0.8, .least = 4}};
  model.fit(some.known, some.scores);
  auto const predictions = model.predict(some.known);
  for (std::size_t i = 0; i < some.known.size(); ++i) {
    // The first two moments of a score whose tree is drawn uniformly, and which is then drawn from the leaf.
    double mean = 0;
    double square = 0;
    auto const leaves = model.leaves(some.known[i]);
    REQUIRE(leaves.size() == 25);
    for (auto const& l : leaves) {
      mean += l.mean / 25;
      square += (l.variance + l.mean * l.mean) / 25;
    }
    REQUIRE(predictions[i].mean == Approx(mean));
    REQUIRE(predictions[i].deviation == Approx(std::sqrt(square - mean * mean)));
    REQUIRE(predictions[i].deviation > 0);
  }
}

TEST_CASE("a forest that cannot split predicts mean and variance of what it knows") {
  // The variance within a bootstrap sample of n is (n - 1) / n of the variance on average; that of its mean is the
  // rest.
  std::vector<feature_set> const known(5, features(3, {1}));
  std::vector<double> const scores{1, 2, 4, 8, 10};
  runtime::forest model{7, {.trees = 20'000}};
  model.fit(known, scores);
  auto const p = model.predict({known.data(), 1}).front();
  CHECK(p.mean == Approx(5).margin(0.05));
  CHECK(p.deviation * p.deviation == Approx(12).margin(0.15));
}

TEST_CASE("a tree splits where the squared error falls most, and not on less than it should") {
  // Feature 0 tells most of the score, feature 1 the rest; feature 2 is noise.
  std::vector<feature_set> known;
  std::vector<double> scores;
  for (std::size_t i = 0; i < 160; ++i) {
    known.push_back(features(3, {}));
    for (std::size_t f = 0; f < 3; ++f)
      if ((i >> f & 1U) != 0)
        known.back().insert(f);
    scores.push_back(10.0 * static_cast<double>(i & 1U) + static_cast<double>(i >> 1U & 1U));
  }
  runtime::forest fine{1, {.trees = 10, .features = 1, .least = 1}};
  fine.fit(known, scores);
  CHECK(fine.predict(std::span{known}.first(4)).back().mean == Approx(11)); // features 0 and 1
  CHECK(fine.predict(std::span{known}.first(4)).back().deviation == Approx(0).margin(1e-6));
  runtime::forest coarse{1, {.trees = 10, .features = 1, .least = 50}}; // one split leaves no room for another
  coarse.fit(known, scores);
  for (auto const& l : coarse.leaves(known[1])) {
    CHECK(l.mean == Approx(10.5).margin(0.25));
    CHECK(l.variance == Approx(0.25).margin(0.05));
  }
}

TEST_CASE("the posterior of a Gaussian process of three scores is what is found by hand") {
  // exp(-1 / length) is 1/2: A and B differ in two features, C from both in one.
  std::vector<feature_set> const known{features(2, {0}), features(2, {1}), features(2, {0, 1})};
  std::vector<double> const scores{1, 2, 3};
  runtime::gaussian_process model{{.lengths = {1 / std::numbers::ln2}, .noises = {0.5}}};
  model.fit(known, scores);
  // With noise 4 K = [6 1 2; 1 6 2; 2 2 6], whose inverse is [32 -2 -10; -2 32 -10; -10 -10 35] / 170. Of no feature
  // the covariances are k = [1/2 1/2 1/4]: k' inv(K) [-1 0 1] = -11/34. The signal's variance is (2/3) (87/85), and k'
  // inv(K) k = 24.375 / 85.
  auto const p = model.predict(std::vector{features(2, {})}).front();
  CHECK(p.mean == Approx(2 - 11.0 / 34));
  CHECK(p.deviation == Approx(std::sqrt(58 * 60.625) / 85));
}

TEST_CASE("a Gaussian process that learns scores bit by bit predicts as one that learns them at once") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  scored_architectures const some{*space, encoding::one_hot(space->decisions), 120, 2};
  scored_architectures const other{*space, encoding::one_hot(space->decisions), 20, 3};
  runtime::gaussian_process::parameters const numbers{.lengths = {8}, .noises = {0.01}, .most = 100};
  runtime::gaussian_process bit_by_bit{numbers};
  auto const fit = [&](runtime::gaussian_process& model, std::size_t count) {
    model.fit(std::span{some.known}.first(count), std::span{some.scores}.first(count));
  };
  for (std::size_t const count : {1U, 2U, 10U, 11U, 60U, 95U})
    fit(bit_by_bit, count);
  runtime::gaussian_process at_once{numbers};
  fit(at_once, 95);
  CHECK(are_equal(bit_by_bit.predict(other.known), at_once.predict(other.known)));

  // Beyond its limit it knows the best three quarters.
  fit(bit_by_bit, 120);
  auto ranked = some.scores;
  std::ranges::sort(ranked, std::ranges::greater{});
  std::vector<feature_set> best;
  std::vector<double> best_scores;
  for (std::size_t i = 0; i < 120; ++i)
    if (some.scores[i] >= ranked[74]) {
      best.push_back(some.known[i]);
      best_scores.push_back(some.scores[i]);
    }
  REQUIRE(best.size() == 75);
  runtime::gaussian_process of_best{numbers};
  of_best.fit(best, best_scores);
  CHECK(are_equal(bit_by_bit.predict(other.known), of_best.predict(other.known)));
}

TEST_CASE("a Gaussian process takes the length and noise of the greatest marginal likelihood") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  auto const encode = encoding::one_hot(space->decisions);
  scored_architectures const other{*space, encode, 20, 5};
  std::set<std::pair<double, double>> taken;
  for (bool const is_noisy : {false, true}) {
    scored_architectures some{*space, encode, 30, 4};
    compiler::random_generator random{5};
    for (auto& score : some.scores)
      score += is_noisy ? runtime::thompson_sample({0, 1}, random) : 0;
    std::pair<double, double> likeliest;
    auto most = -std::numeric_limits<double>::infinity();
    for (double const length : {1.0, 8.0, 64.0})
      for (double const noise : {1e-3, 1e-1}) {
        // The density of the scores, by definition, at the best of many variances of the signal.
        Eigen::MatrixXd covariance(30, 30);
        Eigen::VectorXd targets(30);
        for (Eigen::Index i = 0; i < 30; ++i) {
          targets[i] = some.scores[static_cast<std::size_t>(i)];
          for (Eigen::Index j = 0; j < 30; ++j)
            covariance(i, j) = std::exp(-static_cast<double>(some.known[static_cast<std::size_t>(i)].distance(
                                            some.known[static_cast<std::size_t>(j)])) /
                                        length) +
                               (i == j ? noise : 0);
        }
        targets.array() -= targets.mean();
        for (double variance = 1e-3; variance < 1e3; variance *= 1.02) {
          Eigen::MatrixXd const scaled = variance * covariance;
          auto const likelihood = -targets.dot(scaled.inverse() * targets) / 2 - std::log(scaled.determinant()) / 2;
          if (likelihood > most) {
            most = likelihood;
            likeliest = {length, noise};
          }
        }
      }
    taken.insert(likeliest);
    runtime::gaussian_process tuned{{.lengths = {1, 8, 64}, .noises = {1e-3, 1e-1}}};
    runtime::gaussian_process told{{.lengths = {likeliest.first}, .noises = {likeliest.second}}};
    tuned.fit(some.known, some.scores);
    told.fit(some.known, some.scores);
    CHECK(are_equal(tuned.predict(other.known), told.predict(other.known)));
  }
  CHECK(taken.size() == 2); // so that it had to choose
}

TEST_CASE("every surrogate ranks architectures that it has not seen, and bears equal scores") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  auto const encode = encoding::one_hot(space->decisions);
  scored_architectures const some{*space, encode, 200, 6};
  scored_architectures const unseen{*space, encode, 200, 7};
  runtime::forest trees{1, {}};
  runtime::gaussian_process process{{}};
  runtime::perceptrons networks{encode.size(), 1, {}};
  for (auto* const model : std::initializer_list<runtime::surrogate*>{&trees, &process, &networks}) {
    for (int fits = 0; fits < 10; ++fits) // networks go on learning
      model->fit(some.known, some.scores);
    auto const predictions = model->predict(unseen.known);
    CHECK(kendall_tau(unseen.scores, predictions) > 0.5);
    CHECK(std::ranges::all_of(predictions, [](prediction const& p) { return p.deviation > 0; }));
  }
  std::vector<double> const equal(20, 0.75);
  runtime::forest equal_trees{1, {}};
  runtime::gaussian_process equal_process{{}};
  for (auto* const model : std::initializer_list<runtime::surrogate*>{&equal_trees, &equal_process}) {
    model->fit(std::span{some.known}.first(20), equal);
    for (auto const& p : model->predict(unseen.known)) {
      REQUIRE(p.mean == Approx(0.75));
      REQUIRE(p.deviation == Approx(0).margin(1e-6));
    }
  }
}

TEST_CASE("the gradient of a perceptron is the slope of its output") {
  compiler::random_generator random{3};
  runtime::perceptron network{6, 5, random};
  auto const one = features(6, {0, 2, 3});
  auto const other = features(6, {1, 2});
  std::vector<feature_set const*> const batch{&one, &other};
  for (auto& layer : network.weights()) // biases too
    for (auto& weight : layer.reshaped())
      weight += static_cast<float>(random.uniform() / 4);
  Eigen::RowVectorXf const by_output{{0.5F, -1.25F}};
  auto const loss = [&] { return static_cast<double>(network.forward(batch).output.dot(by_output)); };
  auto const made = network.forward(batch);
  CHECK((made.first.array() == 0).any()); // so that some units pass no gradient
  CHECK((made.second.array() == 0).any());
  auto const gradients = network.backward(batch, made, by_output);
  for (std::size_t l = 0; l < gradients.size(); ++l)
    for (Eigen::Index i = 0; i < gradients[l].size(); ++i) {
      constexpr float step = 1e-3F;
      auto& weight = network.weights()[l].data()[i];
      auto const was = weight;
      weight = was + step;
      auto const above = loss();
      weight = was - step;
      auto const below = loss();
      weight = was;
      REQUIRE(gradients[l].data()[i] == Approx((above - below) / (2 * step)).margin(2e-3));
    }
}

TEST_CASE("networks of the same seed predict the same, and each network by itself") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  auto const encode = encoding::one_hot(space->decisions);
  scored_architectures const some{*space, encode, 40, 8};
  auto const predicted = [&](std::uint64_t seed) {
    runtime::perceptrons networks{encode.size(), seed, {}};
    networks.fit(some.known, some.scores);
    return networks.predict(some.known);
  };
  CHECK(are_equal(predicted(1), predicted(1)));
  CHECK(!are_equal(predicted(1), predicted(2)));
}

TEST_CASE("Bayesian optimization proposes nothing twice, keeps its limit, and mutates what it has proposed") {
  for (auto* const make : {runtime::make_bo_forest, runtime::make_bo_gp, runtime::make_bananas})
    for (auto const declared : proposed_spaces::all()) {
      auto const space = test_spaces::compiled(declared);
      INFO(space->structured.name);
      additive_fitness const fitness{space->decisions};
      compiler::random_generator random{5};
      auto const some = compiler::sample(space->decisions, random);
      compiler::constraint limit{&space->costs, {}, {}};
      limit.max_params = std::max(space->costs.of(some).params,
                                  space->costs.of(space->costs.smallest(&compiler::operation_cost::params)).params * 3);
      auto const proposer = make({*space, limit, 1});
      std::set<architecture> proposed;
      std::vector<architecture> pending;
      bool is_child = false; // the last one
      try {
        for (int i = 0; i < 70; ++i) {
          auto const a = proposer->propose();
          REQUIRE(limit.admits(a));
          auto const* const parent = proposer->parent();
          REQUIRE((parent == nullptr || proposed.contains(*parent)));
          is_child = parent != nullptr;
          REQUIRE(proposed.insert(a).second);
          pending.push_back(a);
          if (pending.size() == 15) // more are under way than one fit proposes
            for (; pending.size() > 3; pending.pop_back())
              proposer->observe(pending.back(), fitness(pending.back()));
        }
        CHECK(is_child);
      } catch (runtime::nothing_left const&) {
        for (int i = 0; i < 100; ++i)
          REQUIRE(proposed.contains(compiler::sample(space->decisions, random, limit)));
      }
    }
}
