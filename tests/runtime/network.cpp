#include "prelude.hpp"

#include "spaces.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/runtime/network.hpp>

#include <set>

namespace {

using namespace espalier;
using compiler::architecture;
using compiler::random_generator;
using runtime::network;

double largest_difference(at::Tensor const& a, at::Tensor const& b) {
  return (a - b).abs().max().item<double>();
}

at::Tensor batch_for(compiler::graph const& g, std::int64_t size) {
  auto const& in = g.input();
  return torch::randn({size, in.channels, in.height, in.width});
}

// Statistics that are not the initial ones, so that evaluation mode is a real test.
void fill_statistics(network& net) {
  torch::NoGradGuard no_gradient;
  for (auto& buffer : net.named_buffers()) {
    if (buffer.key().ends_with("running_mean"))
      buffer.value().normal_(0, 0.1);
    if (buffer.key().ends_with("running_var"))
      buffer.value().uniform_(0.5, 1.5);
  }
}

void check_readings_agree(dsl::space_view declared, int architectures, std::int64_t batch) {
  auto const space = test_spaces::compiled(declared);
  torch::manual_seed(3);
  network supernet{space->expanded, space->decisions, network::affine::no};
  random_generator random{5};
  for (int i = 0; i < architectures; ++i) {
    auto const a = compiler::sample(space->decisions, random);
    network alone{compiler::specialize(space->expanded, space->decisions, a), space->decisions, network::affine::yes};
    fill_statistics(supernet);
    runtime::copy_weights(supernet, alone);
    auto const x = batch_for(space->expanded, batch);
    auto const relaxed = runtime::one_hot(space->expanded, space->decisions, a);
    for (bool const training : {false, true}) {
      supernet.train(training);
      alone.train(training);
      auto const sampled = supernet.forward(x, a);
      CHECK(largest_difference(sampled, supernet.forward(x, relaxed)) < 1e-5);
      CHECK(largest_difference(sampled, alone.forward(x)) < 1e-5);
    }
  }
}

} // namespace

TEST_CASE("relaxed one-hot, sampled and specialized compute the same") {
  SECTION("cells") {
    check_readings_agree(test_spaces::cells.view(), 20, 4);
  }
  SECTION("nested choices") {
    check_readings_agree(test_spaces::nested.view(), 20, 4);
  }
  SECTION("fashion-cells") {
    check_readings_agree(spaces::fashion::cells.view(), 4, 2);
  }
  SECTION("fashion-blocks") {
    check_readings_agree(spaces::fashion::blocks.view(), 4, 2);
  }
  SECTION("darts-search") {
    check_readings_agree(spaces::darts::search.view(), 1, 2);
  }
}

TEST_CASE("the DARTS supernet has the published number of parameters") {
  auto const space = test_spaces::compiled(spaces::darts::search.view());
  network const supernet{space->expanded, space->decisions, network::affine::no};
  std::int64_t count = 0;
  for (auto const& p : supernet.parameters())
    count += p.numel();
  // 1,930,618 in the released code, whose stem is the one normalization that learns scale and shift: 2 * 48 numbers
  // more.
  CHECK(count + 2 * 48 == 1'930'618);
}

TEST_CASE("costs by algebra are those of the network that is built") {
  for (auto declared : {test_spaces::cells.view(), test_spaces::nested.view(), spaces::fashion::cells.view()}) {
    auto const space = test_spaces::compiled(declared);
    random_generator random{11};
    for (int i = 0; i < 10; ++i) {
      auto const a = compiler::sample(space->decisions, random);
      auto const graph =
          compiler::without_search_operations(compiler::specialize(space->expanded, space->decisions, a));
      network const net{graph, space->decisions, network::affine::yes};
      long long params = 0;
      for (auto const& p : net.parameters())
        params += p.numel();
      CHECK(space->costs.of(a).params == params);
      CHECK(space->costs.of(a) == compiler::cost_of(graph));
    }
  }
}

TEST_CASE("a sampled step moves only the parameters of its path") {
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  network supernet{space->expanded, space->decisions, network::affine::no};
  random_generator random{2};
  auto const a = compiler::sample(space->decisions, random);
  supernet.forward(batch_for(space->expanded, 2), a).sum().backward();
  std::set<void*> with_gradient;
  for (auto const& p : supernet.parameters())
    if (p.grad().defined())
      with_gradient.insert(p.data_ptr());
  std::set<void*> on_path;
  for (auto const& p : supernet.parameters_of(a))
    on_path.insert(p.data_ptr());
  CHECK(with_gradient == on_path);
  CHECK(on_path.size() < supernet.parameters().size());
}

TEST_CASE("the weight of every candidate gets the gradient of its output") {
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  torch::manual_seed(7);
  network supernet{space->expanded, space->decisions, network::affine::no};
  supernet.to(torch::kFloat64);
  supernet.eval();
  random_generator random{4};
  auto relaxed = runtime::one_hot(space->expanded, space->decisions, compiler::sample(space->decisions, random));
  for (auto& w : relaxed.weights)
    w = torch::rand_like(w, torch::kFloat64).set_requires_grad(true);
  auto const x = batch_for(space->expanded, 2).to(torch::kFloat64);
  auto const value = [&] { return supernet.forward(x, relaxed).square().sum(); };
  value().backward();
  for (auto& w : relaxed.weights) {
    auto const gradient = w.grad().clone();
    for (std::int64_t i = 0; i < w.numel(); ++i) {
      torch::NoGradGuard no_gradient;
      constexpr double h = 1e-5;
      w[i] += h;
      auto const above = value().item<double>();
      w[i] -= 2 * h;
      auto const below = value().item<double>();
      w[i] += h;
      CHECK(gradient[i].item<double>() == Approx((above - below) / (2 * h)).epsilon(1e-4).margin(1e-6));
    }
  }
}

TEST_CASE("weights of another network are refused") {
  auto const space = test_spaces::compiled(test_spaces::cells.view());
  auto const other = test_spaces::compiled(test_spaces::nested.view());
  network from{space->expanded, space->decisions, network::affine::no};
  network to{other->expanded, other->decisions, network::affine::no};
  CHECK_THROWS_AS(runtime::copy_weights(from, to), user_error);
}
