#include "prelude.hpp"

#include "../../runtime/src/strategy/ppo.hpp"
#include "../../runtime/src/strategy/reinforce.hpp"
#include "spaces.hpp"

#include <spaces/all.hpp>

#include <cmath>
#include <map>
#include <numeric>

namespace {

using namespace espalier;
using compiler::architecture;
using compiler::random_generator;
using runtime::any_depth;
using runtime::policy;

namespace small {

using namespace dsl;

// clang-format off
inline constexpr auto head = sequence(global_avg_pool(), linear(3));

/// Decisions that exist only below an option.
inline constexpr auto nested = search_space("nested", image(1, 8, 8),
    choice(skip_connect(), block("deep", conv(3), choice(relu(), batch_norm(), sigmoid()), conv(1)), conv(3)),
    choice(conv(one_of(1, 3)), conv(5)), head);

/// Bits, of which not all pairs are allowed.
inline constexpr auto coupled = search_space("coupled", image(2, 8, 8), conv(3, channels(4)),
    where(one_of("weights", 1, 2, 4) <= one_of("activations", 2, 4)),
    quantized_conv(3, weight_bits(one_of("weights", 1, 2, 4)), activation_bits(one_of("activations", 2, 4))), head);

/// Subsets of a least and a most size.
inline constexpr auto edge = choice(conv(3), skip_connect());
inline constexpr auto cells = search_space("cells", image(1, 8, 8), conv(3, channels(4)),
    cell("normal", nodes(2), keep(2), edge)(4), any_of(at_least(1), conv(1), conv(one_of(3, 5)), skip_connect()), head);

/// Anchors in both kinds of chain.
inline constexpr auto concatenated = search_space("concatenated", image(1, 8, 8),
    skip_chain("layers", nodes(4), concatenating, block("layer", conv(one_of(1, 3), channels(4)), relu())),
    batch_norm(), head);
inline constexpr auto added = search_space("added", image(1, 8, 8),
    conv(3, channels(4)), skip_chain("layers", nodes(4), choice(conv(1), max_pool(3))), head);
inline constexpr auto two_layers = search_space("two-layers", image(1, 8, 8),
    skip_chain("layers", nodes(2), concatenating, block("layer", conv(one_of(1, 3), channels(4)), relu())), head);

inline constexpr auto depths = search_space("depths", image(1, 8, 8), conv(3, channels(4)),
    repeat(range(1, 3), residual(conv(one_of(1, 3)))), head);

inline constexpr auto arms = search_space("arms", image(1, 8, 8), choice(conv(1), conv(3), conv(5), conv(7)), head);
// clang-format on

} // namespace small

std::vector<dsl::space_view> small_spaces() {
  return {small::nested.view(),
          small::coupled.view(),
          small::cells.view(),
          small::concatenated.view(),
          small::added.view(),
          small::depths.view(),
          spaces::metaqnn::at_most<2>.view()};
}

// Appends every way to decide from decision `i` on.
void append_all(compiler::decision_space const& space, std::size_t i, architecture& a, std::vector<architecture>& all) {
  if (i == space.size()) {
    if (compiler::faults(space, a).empty())
      all.push_back(a);
    return;
  }
  auto const& d = space[i];
  std::vector<std::uint32_t> values(d.options.size());
  std::iota(values.begin(), values.end(), 0U);
  if (d.type == compiler::decision::kind::subset)
    values = compiler::subset_values(d);
  auto const parent = static_cast<std::size_t>(d.parent);
  if (d.parent >= 0 &&
      !(compiler::active_decisions(space, a)[parent] && compiler::exists_where(d, space[parent], a.values[parent])))
    values = {0};
  for (auto const value : values) {
    a.values[i] = value;
    append_all(space, i + 1, a, all);
  }
  a.values[i] = 0;
}

std::vector<architecture> all_of(compiler::decision_space const& space) {
  std::vector<architecture> all;
  architecture a{std::vector<std::uint32_t>(space.size())};
  append_all(space, 0, a, all);
  return all;
}

// Weights far enough from 0 that architectures differ clearly in probability.
policy::parameters uneven() {
  return {.hidden = 8, .layers = 2, .initial_range = 1};
}

runtime::proposer_setup setup_of(compiler::compiled_space const& space, std::uint64_t seed = 1) {
  return {.space = space, .limit = {&space.costs, {}, {}}, .seed = seed};
}

std::vector<double> copied(at::Tensor const& t) {
  auto const doubles = t.detach().to(torch::kFloat64).contiguous();
  return {doubles.data_ptr<double>(), doubles.data_ptr<double>() + doubles.numel()};
}

} // namespace

TEST_CASE(
    "a policy gives all architectures of a space together the probability 1, and draws each as often as it says") {
  for (auto const declared : small_spaces()) {
    auto const space = test_spaces::compiled(declared);
    INFO(space->structured.name);
    auto const all = all_of(space->decisions);
    REQUIRE(compiler::cardinality{all.size()} == space->decisions.count());
    policy const controller{*space, uneven(), 3};
    auto const probability = copied(controller.judge(all).log_probability.exp());
    CHECK(std::accumulate(probability.begin(), probability.end(), 0.0) == Approx(1).margin(1e-4));

    constexpr int draws = 20'000;
    random_generator random{5};
    std::map<architecture, int> drawn;
    for (auto const& one : controller.draw(draws, random))
      ++drawn[one.a];
    double chi_squared = 0;
    double rare = 0; // architectures that are expected fewer than five times
                     // stand together
    int of_rare = 0;
    int cells = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      auto const expected = probability[i] * draws;
      auto const count = drawn.contains(all[i]) ? drawn[all[i]] : 0;
      drawn.erase(all[i]);
      if (expected < 5) {
        rare += expected;
        of_rare += count;
        continue;
      }
      chi_squared += (count - expected) * (count - expected) / expected;
      ++cells;
    }
    CHECK(drawn.empty());
    if (rare >= 5) {
      chi_squared += (of_rare - rare) * (of_rare - rare) / rare;
      ++cells;
    }
    auto const freedom = cells - 1;
    CHECK(chi_squared < freedom + 4 * std::sqrt(2.0 * freedom));
  }
}

TEST_CASE("a policy draws architectures of every shipped space, and judges them as it drew them") {
  for (auto const& [declared, what] : spaces::all()) {
    auto const space = test_spaces::compiled(declared);
    INFO(space->structured.name);
    policy const controller{*space, {.hidden = 8, .layers = 1, .temperature = 5, .tanh_constant = 2.5}, 2};
    random_generator random{4};
    std::vector<architecture> drawn;
    std::vector<float> log_probabilities;
    for (auto& one : controller.draw(3, random)) {
      CHECK(compiler::faults(space->decisions, one.a) == std::vector<std::string>{});
      drawn.push_back(std::move(one.a));
      log_probabilities.push_back(one.log_probability);
    }
    auto const judged = controller.judge(drawn);
    for (std::size_t i = 0; i < drawn.size(); ++i)
      CHECK(judged.log_probability[static_cast<std::int64_t>(i)].item<float>() == Approx(log_probabilities[i]));
    judged.log_probability.sum().backward();
    for (auto const& w : controller.weights())
      CHECK((!w.grad().defined() || w.grad().isfinite().all().item<bool>()));
  }
}

TEST_CASE("the entropy of a policy is that of its distribution") {
  // Of decisions that all exist and of which none is forced, the mean of the entropies along drawn paths.
  for (auto const declared : {small::nested.view(), small::concatenated.view(), small::added.view()}) {
    auto const space = test_spaces::compiled(declared);
    auto const all = all_of(space->decisions);
    auto const said = policy{*space, uneven(), 7}.judge(all);
    auto const p = said.log_probability.exp();
    CHECK((p * said.entropy).sum().item<double>() == Approx(-(p * said.log_probability).sum().item<double>()));
  }
}

TEST_CASE("a controller of one unit says what its equations say") {
  auto const space = test_spaces::compiled(small::two_layers.view());
  REQUIRE(space->decisions.size() == 3);
  policy const controller{*space, {.hidden = 1, .layers = 1, .initial_range = 2}, 9};
  std::vector<std::vector<double>> w;
  for (auto const& weight : controller.weights())
    w.push_back(copied(weight));
  auto const& [start, embedding, score, bias, of_input, of_hidden, gate_bias, earlier, current, skip] =
      std::tie(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9]);
  auto const sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  double h = 0, c = 0;
  auto const advance = [&](double x) {
    double gates[4]; // input, forget, candidate, output
    for (std::size_t g = 0; g < 4; ++g)
      gates[g] = of_input[g] * x + of_hidden[g] * h + gate_bias[g];
    c = sigmoid(gates[1]) * c + sigmoid(gates[0]) * std::tanh(gates[2]);
    h = sigmoid(gates[3]) * std::tanh(c);
  };
  auto const first_option = [&](std::size_t decision) { // of the tables
    std::size_t first = 0;
    for (std::size_t i = 0; i < decision; ++i)
      first += space->decisions[i].options.size();
    return first;
  };
  auto const kernel0 = static_cast<std::size_t>(space->decisions.find("layers/0/layer0/conv0/kernel"));
  auto const inputs1 = static_cast<std::size_t>(space->decisions.find("layers/1/inputs"));
  auto const kernel1 = static_cast<std::size_t>(space->decisions.find("layers/1/layer0/conv0/kernel"));
  // The larger of two kernels, no skip to layer 0, the smaller kernel.
  architecture a{std::vector<std::uint32_t>(3)};
  a.values[kernel0] = 1;
  a.values[inputs1] = 0;
  auto const log_softmax = [&](std::size_t decision, std::size_t option) {
    auto const at = first_option(decision);
    double const s[] = {score[at] * h + bias[at], score[at + 1] * h + bias[at + 1]};
    return s[option] - std::log(std::exp(s[0]) + std::exp(s[1]));
  };
  advance(start[0]);
  auto expected = log_softmax(kernel0, 1);
  auto const anchor = h;
  advance(embedding[first_option(kernel0) + 1]);
  auto const skips = sigmoid(skip[0] * std::tanh(earlier[0] * anchor + current[0] * h));
  expected += std::log(1 - skips);
  advance(0); // no layer was chosen
  expected += log_softmax(kernel1, 0);
  CHECK(controller.judge(std::vector{a}).log_probability.item<double>() == Approx(expected).epsilon(1e-5));

  a.values[inputs1] = 1;
  h = c = 0;
  advance(start[0]);
  advance(embedding[first_option(kernel0) + 1]);
  expected = std::log(skips);
  advance(anchor / 2);
  expected += log_softmax(kernel1, 0);
  h = c = 0;
  advance(start[0]);
  expected += log_softmax(kernel0, 1);
  auto const said = controller.judge(std::vector{a});
  CHECK(said.log_probability.item<double>() == Approx(expected).epsilon(1e-5));
  CHECK(said.skip_divergence.item<double>() ==
        Approx(skips * std::log(skips / 0.4) + (1 - skips) * std::log((1 - skips) / 0.6)).epsilon(1e-5));
}

TEST_CASE("temperature and the constant of tanh bound how far a policy is from uniform") {
  auto const space = test_spaces::compiled(small::arms.view());
  auto const all = all_of(space->decisions);
  policy const controller{
      *space, {.hidden = 4, .layers = 1, .initial_range = 50, .temperature = 5, .tanh_constant = 1}, 2};
  auto const said = copied(controller.judge(all).log_probability);
  auto const [least, most] = std::ranges::minmax(said);
  CHECK(most - least <= 2 + 1e-5);
  CHECK(most - least > 1);
}

TEST_CASE("the policy gradient of draws is that of the expected reward, and a baseline only lowers its variance") {
  auto const space = test_spaces::compiled(small::two_layers.view());
  auto const all = all_of(space->decisions);
  runtime::reinforce const learner{setup_of(*space)};
  policy const controller{*space, uneven(), 3};
  auto const reward_of = [&](architecture const& a) { // 0.6 to 0.9
    return 0.6F + 0.3F * static_cast<float>(std::ranges::find(all, a) - all.begin()) / static_cast<float>(all.size());
  };
  auto const gradients = [&] {
    std::vector<at::Tensor> flat;
    for (auto const& w : controller.weights()) {
      flat.push_back(w.grad().flatten().clone());
      w.mutable_grad().zero_();
    }
    return flat;
  };
  std::vector<float> rewards;
  for (auto const& a : all)
    rewards.push_back(reward_of(a));
  auto const expected_reward = (controller.judge(all).log_probability.exp() * torch::tensor(rewards)).sum();
  expected_reward.backward();
  auto const exact = gradients();

  constexpr int batches = 600;
  constexpr std::size_t batch = 8;
  auto const sampled = [&](double baseline) { // by block the gradients of all batches, [batches,
                                              // weights of the block]
    random_generator random{11};
    std::vector<std::vector<at::Tensor>> by_block(exact.size());
    for (int i = 0; i < batches; ++i) {
      std::vector<architecture> drawn;
      std::vector<float> advantages;
      for (auto& one : controller.draw(batch, random)) {
        advantages.push_back(reward_of(one.a) - static_cast<float>(baseline));
        drawn.push_back(std::move(one.a));
      }
      learner.loss(controller.judge(drawn).log_probability, {}, torch::tensor(advantages)).mean().backward();
      auto const of_batch = gradients();
      for (std::size_t b = 0; b < exact.size(); ++b)
        by_block[b].push_back(-of_batch[b]);
    }
    std::vector<at::Tensor> stacked;
    for (auto const& block : by_block)
      stacked.push_back(torch::stack(block));
    return stacked;
  };
  double variances[2] = {0, 0};
  for (auto const has_baseline : {false, true}) {
    auto const found = sampled(has_baseline ? expected_reward.item<double>() : 0);
    for (std::size_t b = 0; b < exact.size(); ++b) {
      INFO("block " << b << (has_baseline ? " with baseline" : ""));
      REQUIRE(exact[b].norm().item<double>() > 0);
      auto const along = torch::mv(found[b],
                                   exact[b] / exact[b].norm()); // the gradients' parts along the exact one
      auto const error = along.std().item<double>() / std::sqrt(batches);
      CHECK(std::abs(along.mean().item<double>() - exact[b].norm().item<double>()) < 3 * error);
      // and what they have beside it is no more than chance
      auto const beside = (found[b].mean(0) - exact[b]).square().sum().item<double>();
      auto const variance = found[b].var(0).sum().item<double>();
      CHECK(beside < 4 * variance / batches);
      variances[has_baseline ? 1 : 0] += variance;
    }
  }
  CHECK(variances[1] < 0.1 * variances[0]);
}

TEST_CASE("the clipped objective of PPO: no gain from leaving the policy that drew the batch") {
  struct {
    double ratio, advantage, loss,
        slope; // slope: of the loss by the log-probability
  } const cases[] = {
      {1, 2, -2, -2}, {1.1, 2, -2.2, -2.2}, {1.5, 2, -2.4, 0}, {0.5, 2, -1, -1},
      {1, -2, 2, 2},  {1.5, -2, 3, 3},      {0.5, -2, 1.6, 0}, {0.9, -2, 1.8, 1.8},
  };
  for (auto const& [ratio, advantage, loss, slope] : cases) {
    auto const now = torch::tensor({std::log(ratio) - 4}, torch::kFloat64).set_requires_grad(true);
    auto const found = runtime::clipped_loss(now, torch::tensor({-4.0}, torch::kFloat64),
                                             torch::tensor({advantage}, torch::kFloat64), 0.2);
    found.sum().backward();
    CHECK(found.item<double>() == Approx(loss));
    CHECK(now.grad().item<double>() == Approx(slope).margin(1e-12));
  }
}

TEST_CASE("the baseline is an exponential moving average") {
  runtime::moving_average mean{0.9};
  CHECK_FALSE(mean.value());
  for (auto const reward : {0.5, 1.0, 0.0})
    mean.add(reward);
  CHECK(*mean.value() == Approx(0.9 * (0.9 * 0.5 + 0.1)));
}

TEST_CASE("depth rises by the schedule of NAS-RL") {
  auto const schedule = runtime::reinforce::defaults().depth;
  CHECK(schedule.at(0) == 6);
  CHECK(schedule.at(1599) == 6);
  CHECK(schedule.at(1600) == 8);
  CHECK(schedule.at(3200) == 10);
  CHECK(runtime::ppo::defaults().depth.at(1'000'000) == any_depth);

  auto const space = test_spaces::compiled(spaces::metaqnn::at_most<9>.view());
  auto numbers = runtime::reinforce::defaults();
  numbers.depth = {.first = 3, .rise = 2, .every = 40};
  runtime::reinforce controller{setup_of(*space), numbers};
  auto const& chain = space->decisions.chains().front().decisions;
  std::size_t longest[2] = {0, 0};
  for (std::size_t i = 0; i < 80; ++i) {
    auto const a = controller.propose();
    for (std::size_t k = 0; k < chain.size(); ++k)
      if (a.values[static_cast<std::size_t>(chain[k])] != 0)
        longest[i / 40] = std::max(longest[i / 40], k + 1);
    controller.observe(a, 0.5);
  }
  CHECK(longest[0] == 3);
  CHECK(longest[1] == 5);

  auto const repeated = test_spaces::compiled(small::depths.view());
  policy const shallow{*repeated, uneven(), 1};
  auto const depth = static_cast<std::size_t>(
      std::ranges::find_if(repeated->decisions.decisions(), [](auto const& d) { return d.numbers.size() == 3; }) -
      repeated->decisions.decisions().begin());
  random_generator random{2};
  bool reaches_two = false;
  for (auto const& one : shallow.draw(100, random, 2)) {
    CHECK(repeated->decisions[depth].numbers[one.a.values[depth]] <= 2);
    reaches_two = reaches_two || repeated->decisions[depth].numbers[one.a.values[depth]] == 2;
  }
  CHECK(reaches_two);
}

TEMPLATE_TEST_CASE("a controller settles on the best of several arms", "", runtime::reinforce, runtime::ppo) {
  auto const space = test_spaces::compiled(small::arms.view());
  for (std::uint32_t best = 0; best < 4; ++best) {
    TestType controller{setup_of(*space, best + 1)};
    int last = 0;
    for (int i = 0; i < 600; ++i) {
      auto const a = controller.propose();
      bool const is_best = a.values[0] == best;
      controller.observe(a, is_best ? 0.9 : 0.7);
      last += i >= 500 && is_best ? 1 : 0;
    }
    CHECK(last > 70);
  }
}

TEMPLATE_TEST_CASE("a controller keeps limits, whatever it has learned", "", runtime::reinforce, runtime::ppo) {
  for (auto const declared : small_spaces()) {
    auto const space = test_spaces::compiled(declared);
    INFO(space->structured.name);
    auto const macs = [&](architecture const& a) { return space->costs.of(a).macs; };
    auto const least = macs(space->costs.smallest(&compiler::operation_cost::macs));
    for (auto const most : {least, least + (macs(space->costs.largest(&compiler::operation_cost::macs)) - least) / 2}) {
      auto setup = setup_of(*space);
      setup.limit.max_macs = most;
      TestType controller{setup};
      for (int i = 0; i < 40; ++i) {
        auto const a = controller.propose();
        CHECK(compiler::faults(space->decisions, a) == std::vector<std::string>{});
        CHECK(macs(a) <= most);
        controller.observe(a, static_cast<double>(macs(a)) / static_cast<double>(most));
      }
    }
  }
}

TEMPLATE_TEST_CASE("a controller repeats itself where scores come late, in "
                   "another order, or not at all",
                   "", runtime::reinforce, runtime::ppo) {
  auto const space = test_spaces::compiled(small::cells.view());
  auto const proposals = [&] {
    TestType controller{setup_of(*space, 6)};
    std::vector<architecture> all;
    for (std::size_t i = 0; i < 120; ++i) {
      all.push_back(controller.propose());
      if (i % 3 == 2) { // of three the last, then the first; the second failed
        controller.observe(all[i], static_cast<double>(all[i].values[0]));
        controller.observe(all[i - 2], static_cast<double>(all[i - 2].values[0]));
      }
    }
    return all;
  };
  auto const first = proposals();
  torch::rand({10}); // the global generator is not theirs
  CHECK((proposals() == first));
}
