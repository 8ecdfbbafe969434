#include "prelude.hpp"

#include "../../runtime/src/relaxed/architecture_parameters.hpp"
#include "../../runtime/src/relaxed/beta_decay.hpp"
#include "../../runtime/src/relaxed/bilevel.hpp"
#include "../../runtime/src/relaxed/eigenvalue.hpp"
#include "../../runtime/src/relaxed/mixing.hpp"
#include "../../runtime/src/relaxed/optimizers.hpp"
#include "../../runtime/src/relaxed/skips.hpp"
#include "../../runtime/src/strategy/derive.hpp"
#include "spaces.hpp"

#include <espalier/compiler/passes/partial_channels.hpp>

#include <cmath>

namespace {

using namespace espalier;
using namespace espalier::runtime;

at::Tensor parameter(std::vector<double> const& values) {
  return torch::tensor(values, torch::kFloat64).set_requires_grad(true);
}

// The problem of DARTS' figure 2: validation a w - 2 a + 1, training w^2 - 2 a w + a^2, from (a, w) = (2, -2).
struct toy_problem {
  at::Tensor a = parameter({2});
  at::Tensor w = parameter({-2});
  bilevel_problem problem{
      {w}, {a}, [this] { return (w * w - 2 * a * w + a * a).sum(); }, [this] { return (a * w - 2 * a + 1).sum(); }};

  // Where alternating steps end; the look-ahead is of rate `xi`.
  std::pair<double, double> fixed_point(double xi) {
    torch::optim::SGD architecture{{a}, torch::optim::SGDOptions(0.05)};
    torch::optim::SGD weights{{w}, torch::optim::SGDOptions(0.1)};
    for (int i = 0; i < 3000; ++i) {
      if (xi == 0)
        first_order_gradient(problem);
      else
        second_order_gradient(problem,
                              {.rate = xi, .momentum = 0, .weight_decay = 0, .nesterov = false, .buffers = {}});
      architecture.step();
      weights.zero_grad();
      problem.training_loss().backward();
      weights.step();
    }
    return {a.item<double>(), w.item<double>()};
  }
};

// A network of tanh, nonlinear in weights and in the architecture parameters that mix its layers.
struct small_problem {
  at::Tensor x = torch::randn({16, 5}, torch::kFloat64);
  at::Tensor y = torch::randn({16, 5}, torch::kFloat64);
  std::vector<at::Tensor> weights{torch::randn({5, 5}, torch::kFloat64).set_requires_grad(true),
                                  torch::randn({5, 5}, torch::kFloat64).set_requires_grad(true)};
  at::Tensor alpha = torch::randn({2}, torch::kFloat64).set_requires_grad(true);

  at::Tensor loss(at::Tensor const& in, at::Tensor const& wanted) const {
    auto const mix = alpha.softmax(0);
    auto const out = mix[0] * in.matmul(weights[0]).tanh() + mix[1] * in.matmul(weights[1]).sigmoid();
    return (out - wanted).square().mean();
  }
  bilevel_problem problem() const {
    return {weights, {alpha}, [this] { return loss(x, y); }, [this] { return loss(y, x); }};
  }
};

at::Tensor flat(std::vector<at::Tensor> const& parts) {
  std::vector<at::Tensor> made;
  for (auto const& p : parts)
    made.push_back(p.flatten());
  return torch::cat(made);
}

double relative(at::Tensor const& got, at::Tensor const& expected) {
  return ((got - expected).norm() / expected.norm()).item<double>();
}

// Between supernets whose tensors are of the same shapes.
void copy_all(network const& from, network const& to) {
  torch::NoGradGuard const no_gradient;
  auto const source = from.named_parameters();
  auto const target = to.named_parameters();
  REQUIRE(source.size() == target.size());
  for (auto const& item : target)
    at::Tensor{item.value()}.copy_(source[item.key()]);
}

at::Tensor gradient_of(at::Tensor const& value, at::Tensor const& by) {
  return torch::autograd::grad({value}, {by}, {}, true).front();
}

} // namespace

TEST_CASE("alternating steps end at the fixed points of the toy bilevel problem, 2 / (1 + 2 xi)") {
  for (double const xi : {0.0, 0.1, 0.25, 0.5, 1.0}) {
    auto const [a, w] = toy_problem{}.fixed_point(xi);
    CAPTURE(xi);
    CHECK(a == Approx(2 / (1 + 2 * xi)).epsilon(1e-6));
    CHECK(w == Approx(2 / (1 + 2 * xi)).epsilon(1e-6));
  }
}

TEST_CASE("the first-order gradient is that of autograd, and leaves nothing in the weights") {
  torch::manual_seed(1);
  small_problem const small;
  auto const problem = small.problem();
  first_order_gradient(problem);
  auto const found = small.alpha.grad().clone();
  CHECK(torch::equal(found, gradient_of(problem.validation_loss(), small.alpha)));
  for (auto const& w : small.weights) {
    CHECK(!w.grad().defined());
    CHECK(w.requires_grad());
  }
}

TEST_CASE("differences of gradients are the exact mixed second derivative") {
  torch::manual_seed(2);
  small_problem const small;
  auto const problem = small.problem();
  std::vector<at::Tensor> v;
  for (auto const& w : small.weights)
    v.push_back(torch::randn_like(w).detach());
  auto const before = flat(small.weights).detach().clone();
  auto const found = mixed_derivative_times(problem, v).front();
  CHECK(torch::equal(flat(small.weights), before));
  auto const by_weights = torch::autograd::grad({problem.training_loss()}, small.weights, {}, true, true);
  auto const product = (flat(by_weights) * flat(v)).sum();
  auto const exact = torch::autograd::grad({product}, {small.alpha}).front();
  CHECK(relative(found, exact) < 1e-3);

  toy_problem toy; // of a quadratic they are exact: d2 / da dw = -2
  CHECK(mixed_derivative_times(toy.problem, {torch::full({1}, 3.0, torch::kFloat64)}).front().item<double>() ==
        Approx(-6).epsilon(1e-10));
}

TEST_CASE("the look-ahead is the step that SGD takes, with momentum and weight decay") {
  bool const nesterov = GENERATE(false, true);
  torch::manual_seed(3);
  small_problem const small;
  auto const problem = small.problem();
  auto const options = torch::optim::SGDOptions(0.1).momentum(0.9).weight_decay(0.05).nesterov(nesterov);
  torch::optim::SGD optimizer{small.weights, options};
  for (int i = 0; i < 3; ++i) { // the first step has no momentum yet
    std::vector<at::Tensor> before;
    for (auto const& w : small.weights)
      before.push_back(w.detach().clone());
    step_ahead(problem, look_ahead_of(optimizer));
    auto const expected = flat(small.weights).detach().clone();
    for (std::size_t w = 0; w < before.size(); ++w)
      small.weights[w].detach().copy_(before[w]);
    optimizer.zero_grad();
    problem.training_loss().backward();
    optimizer.step();
    CHECK(relative(expected, flat(small.weights).detach()) < 1e-14);
  }
}

TEST_CASE("the second-order gradient is that through the step, and the weights end as they began") {
  torch::manual_seed(4);
  small_problem const small;
  auto const problem = small.problem();
  auto const& w = small.weights;
  look_ahead ahead{.rate = 0.3, .momentum = 0.9, .weight_decay = 0.05, .nesterov = false, .buffers = {}};
  for (auto const& weight : w)
    ahead.buffers.push_back(0.1 * torch::randn_like(weight).detach());
  auto const before = flat(w).detach().clone();
  second_order_gradient(problem, ahead);
  CHECK(torch::equal(flat(w), before));

  auto const g = torch::autograd::grad({problem.training_loss()}, w, {}, true, true);
  small_problem behind = small;
  for (std::size_t i = 0; i < w.size(); ++i)
    behind.weights[i] = w[i] - ahead.rate * (g[i] + ahead.weight_decay * w[i] + ahead.momentum * ahead.buffers[i]);
  auto const exact = gradient_of(behind.loss(small.y, small.x), small.alpha);
  CHECK(relative(small.alpha.grad(), exact) < 1e-3);

  auto const with_both = small.alpha.grad().clone();
  for (auto const& without : {look_ahead{ahead.rate, 0, ahead.weight_decay, false, ahead.buffers},
                              look_ahead{ahead.rate, ahead.momentum, 0, false, ahead.buffers}}) {
    second_order_gradient(problem, without);
    CHECK(relative(small.alpha.grad(), exact) > 2 * relative(with_both, exact));
  }
}

TEST_CASE("power iteration with differences finds the dominant eigenvalue, of either sign") {
  torch::manual_seed(5);
  auto const basis = std::get<0>(torch::linalg_qr(torch::randn({6, 6}, torch::kFloat64)));
  for (double const sign : {1.0, -1.0}) {
    auto const values = sign * torch::tensor({7.0, 3.0, 2.0, -1.0, 0.5, 0.0}, torch::kFloat64);
    auto const hessian = basis.matmul(values.diag()).matmul(basis.t());
    std::vector<at::Tensor> const parameters{parameter({1, 2}), parameter({3, 4, 5, 6})};
    auto const gradient = [&] {
      auto const point = flat(parameters);
      auto const loss = 0.5 * point.dot(hessian.matmul(point));
      return torch::autograd::grad({loss}, parameters);
    };
    CHECK(dominant_eigenvalue(parameters, gradient, 50, 1) == Approx(7 * sign).epsilon(1e-3));
    CHECK(flat(parameters).sum().item<double>() == 21);
  }
}

TEST_CASE("the beta regularizer's gradient is softmax over the number of choices, and shifts with its parameters") {
  torch::manual_seed(6);
  std::vector<at::Tensor> alphas;
  for (int const count : {3, 5, 8})
    alphas.push_back(torch::randn({count}, torch::kFloat64).set_requires_grad(true));
  auto const value = beta_decay(alphas);
  value.backward();
  std::vector<at::Tensor> shifted;
  for (auto const& alpha : alphas) {
    CHECK(torch::allclose(alpha.grad(), alpha.softmax(0) / 3, 1e-12, 1e-14));
    shifted.push_back(alpha + 0.7);
  }
  CHECK(beta_decay(shifted).item<double>() == Approx(value.item<double>() + 0.7));
}

TEST_CASE("Gumbel-softmax draws each candidate by its probability, sums to 1 and sharpens") {
  auto const alpha = parameter({0.5, -1, 1.5, 0});
  auto const warm = gumbel_softmax_mixing(linear_temperature(5, 5));
  auto const cold = gumbel_softmax_mixing(linear_temperature(1e-3, 1e-3));
  std::vector<double> counts(4);
  constexpr int draws = 4000;
  for (int i = 0; i < draws; ++i) {
    mixing_step const step{0, false, static_cast<std::uint64_t>(i)};
    auto const w = warm.mix(alpha, step).weights;
    CHECK(w.sum().item<double>() == Approx(1));
    auto const winner = w.argmax().item<std::int64_t>();
    auto const sharp = cold.mix(alpha, step).weights;
    CHECK(sharp.argmax().item<std::int64_t>() == winner);
    counts[static_cast<std::size_t>(winner)] += 1;
  }
  double chi_square = 0;
  auto const p = alpha.softmax(0);
  for (int c = 0; c < 4; ++c) {
    auto const expected = draws * p[c].item<double>();
    chi_square += std::pow(counts[static_cast<std::size_t>(c)] - expected, 2) / expected;
  }
  CHECK(chi_square < 16.27); // 0.999 of the distribution with 3 degrees of freedom
}

TEST_CASE("a hard Gumbel sample is one-hot, runs one candidate, and has the gradient of the soft one") {
  auto const alpha = parameter({0.3, -0.2, 0.1});
  auto const hard = hard_gumbel_mixing(linear_temperature(2, 2), false);
  auto const soft = gumbel_softmax_mixing(linear_temperature(2, 2));
  auto const outputs = torch::tensor({1.5, -2.0, 0.7}, torch::kFloat64);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto const made = hard.mix(alpha, {0, false, seed});
    REQUIRE(made.chosen.size() == 1);
    for (int c = 0; c < 3; ++c)
      CHECK(made.weights[c].item<double>() == (c == made.chosen.front() ? 1 : 0));
    CHECK(torch::allclose(gradient_of((made.weights * outputs).sum(), alpha),
                          gradient_of((soft.mix(alpha, {0, false, seed}).weights * outputs).sum(), alpha)));
  }
}

TEST_CASE("binary gates: one path trains weights; two have the published gradient and keep their probability") {
  auto const alpha = parameter({0.4, -0.3, 1.0, 0.2});
  auto const mixing = binary_gate_mixing();
  auto const outputs = torch::tensor({1.0, 2.0, -1.0, 0.5}, torch::kFloat64); // dL/dg of every gate
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CHECK(mixing.mix(alpha, {0, true, seed}).chosen.size() == 1);
    auto const made = mixing.mix(alpha, {0, false, seed});
    REQUIRE(made.chosen.size() == 2);
    CHECK(made.weights.sum().item<double>() == Approx(1));
    CHECK(made.weights.max().item<double>() == 1);
    auto const i = made.chosen[0];
    auto const j = made.chosen[1];
    auto const pair = torch::tensor(std::vector<std::int64_t>{i, j});
    auto const p = alpha.index_select(0, pair).softmax(0);
    // Equation 4: dL/da_i = sum over j of dL/dg_j p_j (delta_ij - p_i)
    auto const expected = (p[0] * (1 - p[0]) * outputs[i] - p[1] * p[0] * outputs[j]).item<double>();
    auto const gradient = gradient_of((made.weights * outputs).sum(), alpha);
    CHECK(gradient[i].item<double>() == Approx(expected));
    CHECK(gradient[j].item<double>() == Approx(-expected));
    CHECK((gradient != 0).sum().item<std::int64_t>() == 2);

    auto const before = alpha.detach().clone();
    auto moved = (before - 0.1 * gradient).clone();
    mixing.settle(moved, before, made.chosen);
    auto const others = torch::ones({4}, torch::kFloat64).index_fill(0, pair, 0);
    CHECK(torch::allclose(moved.softmax(0) * others, before.softmax(0) * others, 1e-12, 1e-14));
    CHECK(!torch::allclose(moved.softmax(0), before.softmax(0)));
  }
}

TEST_CASE("Dirichlet samples lie on the simplex, and their mean has the gradient of the distribution's mean") {
  auto const alpha = parameter({0.5, -0.5, 1.0});
  auto const mixing = dirichlet_mixing();
  auto const outputs = torch::tensor({1.0, -2.0, 0.5}, torch::kFloat64);
  constexpr int draws = 4000;
  auto mean = torch::zeros({3}, torch::kFloat64);
  auto gradient = torch::zeros({3}, torch::kFloat64);
  for (std::uint64_t seed = 0; seed < draws; ++seed) {
    auto const w = mixing.mix(alpha, {0, false, seed}).weights;
    CHECK(w.sum().item<double>() == Approx(1));
    mean += w.detach() / draws;
    gradient += gradient_of((w * outputs).sum(), alpha) / draws;
  }
  auto const expected = mixing.probabilities(alpha);
  CHECK(torch::allclose(mean, expected, 0, 0.02));
  CHECK(torch::allclose(gradient, gradient_of((expected * outputs).sum(), alpha), 0, 0.05));
}

TEST_CASE("partial channels on one part are DARTS, up to the scale of equal edge weights") {
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  torch::manual_seed(8);
  architecture_parameters const plain{*space, edge_rule::equal};
  torch::manual_seed(8);
  auto relaxed = plain.mix(softmax_mixing(), {});
  network first{space->expanded, space->decisions, network::affine::no};
  network second{compiler::partial_channels(space->expanded, 1), space->decisions, network::affine::no};
  copy_all(first, second);
  auto const x = torch::randn({4, 1, 8, 8});
  CHECK(torch::equal(first.forward(x, relaxed), second.forward(x, relaxed)));
  for (std::size_t i = 0; i < space->decisions.size(); ++i)
    if (auto const& d = space->decisions[i]; d.type == compiler::decision::kind::subset)
      relaxed.weights[i] = torch::ones({static_cast<std::int64_t>(d.options.size())});
  CHECK(torch::equal(first.forward(x, relaxed), second.forward(x, relaxed)));
}

TEST_CASE("the supernet on a quarter of the channels passes the others, weighted by the edges") {
  using namespace test_spaces;
  static constexpr auto twice = choice(none(), skip_connect());
  static constexpr auto one_node =
      search_space("one-node", image(1, 8, 8), conv(3, channels(8)), cell("cell", nodes(1), keep(1), twice)(8));
  auto const space = compiled(one_node.view());
  network net{compiler::partial_channels(space->expanded, 4), space->decisions, network::affine::no};
  network whole{space->expanded, space->decisions, network::affine::no};
  copy_all(whole, net);
  auto relaxed = one_hot(space->expanded, space->decisions, {std::vector<std::uint32_t>(space->decisions.size(), 0)});
  auto const edges = static_cast<std::size_t>(space->decisions.find("cell/node0/inputs"));
  relaxed.weights[edges] = torch::tensor({0.25, 0.75});
  auto const x = torch::randn({2, 1, 8, 8});
  // A cell of skip connections alone sums its inputs whichever channels are mixed; shuffled, each part's first channels
  // come first.
  auto const expected = whole.forward(x, relaxed).reshape({2, 4, 2, 8, 8}).transpose(1, 2).reshape({2, 8, 8, 8});
  CHECK(torch::allclose(net.forward(x, relaxed), expected, 1e-5, 1e-6));
}

TEST_CASE("candidates that are not chosen neither run nor get a gradient") {
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  torch::manual_seed(9);
  network net{space->expanded, space->decisions, network::affine::no};
  architecture_parameters const alphas{*space, edge_rule::equal};
  auto const relaxed = alphas.mix(hard_gumbel_mixing(linear_temperature(1, 1), false), {0, true, 1});
  auto all = relaxed;
  all.chosen.clear();
  auto const x = torch::randn({4, 1, 8, 8});
  auto const y = net.forward(x, relaxed);
  CHECK(torch::allclose(y, net.forward(x, all), 1e-5, 1e-6));
  y.sum().backward();
  for (std::size_t i = 0; i < space->decisions.size(); ++i) {
    auto const& d = space->decisions[i];
    if (d.type != compiler::decision::kind::choice)
      continue;
    CHECK(relaxed.chosen[i].size() == 1);
  }
  auto const with_gradient = [](network const& of) {
    return std::ranges::count_if(of.parameters(), [](at::Tensor const& p) { return p.grad().defined(); });
  };
  CHECK(with_gradient(net) < static_cast<std::ptrdiff_t>(net.parameters().size()));
}

TEST_CASE("derivation with edge weights takes the strongest product") {
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  auto const& decisions = space->decisions;
  relaxation weights;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    auto const& d = decisions[i];
    bool const is_choice = d.type == compiler::decision::kind::choice;
    weights.weights.push_back(torch::full({is_choice ? 6 : static_cast<std::int64_t>(d.options.size())}, 0.1));
  }
  // Of normal/node1, edge 0 has the strongest operation, edge 2 the strongest weight, and edge 1 the strongest product.
  auto const at = [&](std::string const& path) -> at::Tensor& {
    return weights.weights[static_cast<std::size_t>(decisions.find(path))];
  };
  at("normal/node1/edge0")[4] = 0.9;
  at("normal/node1/edge1")[4] = 0.8;
  at("normal/node1/edge2")[4] = 0.3;
  at("normal/node1/inputs").copy_(torch::tensor({0.2, 0.3, 0.5}));
  auto const found = derive(decisions, weights);
  auto const json = compiler::to_json(decisions, "cells", found).at("decisions");
  // 0.18, 0.24 and 0.15
  CHECK(json.at("normal/node1/inputs") == std::vector<std::string>{"input0", "input1"});
  at("normal/node1/inputs").copy_(torch::tensor({0.1, 0.3, 0.6}));
  auto const again = compiler::to_json(decisions, "cells", derive(decisions, weights)).at("decisions");
  CHECK(again.at("normal/node1/inputs") == std::vector<std::string>{"input1", "node0"}); // 0.09, 0.24, 0.18
}

TEST_CASE("skip connections beyond a limit give way to the next operation, the weakest first; reductions keep theirs") {
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  auto const& decisions = space->decisions;
  relaxation weights;
  auto const counts = candidate_counts(space->expanded, decisions);
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    weights.weights.push_back(counts[i] > 0 ? torch::full({counts[i]}, 0.1) : at::Tensor{});
    if (counts[i] == 0)
      continue;
    weights.weights[i][3] = 0.5 + 0.01 * static_cast<double>(i); // skip_connect
    weights.weights[i][5] = 0.3;                                 // dil_conv_3x3
  }
  skip_connections const skips{*space};
  CHECK(skips.count(derive(decisions, weights)) == std::map<std::string, int>{{"normal", 6}});
  for (int limit = 5; limit >= 0; --limit) {
    auto const limited = skips.derive(weights, limit);
    CHECK(skips.count(limited) == std::map<std::string, int>{{"normal", limit}});
    CHECK(compiler::faults(decisions, limited).empty());
  }
}
