#include "prelude.hpp"

#include "decided_spaces.hpp"
#include "fixtures.hpp"
#include "spaces.hpp"

#include <espalier/compiler/sample.hpp>
#include <espalier/runtime/network.hpp>

namespace {

using namespace espalier;
using compiler::architecture;
using runtime::network;

// In double precision, so that what remains of a difference is no rounding.
class double_network {
public:
  explicit double_network(dsl::space_view declared) : space(test_spaces::compiled(declared)) {
    torch::manual_seed(3);
    net = std::make_unique<network>(space->expanded, space->decisions, network::affine::no);
    net->to(torch::kFloat64);
    torch::NoGradGuard const no_gradient;
    for (auto& buffer : net->named_buffers()) {
      if (buffer.key().ends_with("running_mean"))
        buffer.value().normal_(0, 0.1);
      if (buffer.key().ends_with("running_var"))
        buffer.value().uniform_(0.5, 1.5);
    }
  }

  [[nodiscard]] at::Tensor batch() const {
    auto const x = runtime::random_batch(space->expanded.input(), 3);
    return x.is_floating_point() ? x.to(torch::kFloat64) : x;
  }

  [[nodiscard]] runtime::relaxation one_hot(architecture const& a) const {
    auto weights = runtime::one_hot(space->expanded, space->decisions, a);
    for (auto& w : weights.weights)
      w = w.to(torch::kFloat64);
    return weights;
  }

  // Probabilities of options, and of keeping each of a subset.
  [[nodiscard]] runtime::relaxation random_weights() const {
    auto weights = one_hot(architecture{std::vector<std::uint32_t>(space->decisions.size(), 0)});
    for (std::size_t i = 0; i < weights.weights.size(); ++i) {
      auto const logits = torch::randn_like(weights.weights[i]);
      bool const is_subset = space->decisions[i].type == compiler::decision::kind::subset;
      weights.weights[i] = is_subset ? logits.sigmoid() : logits.softmax(0);
    }
    return weights;
  }

  std::map<std::string, at::Tensor> gradients(at::Tensor const& output) {
    for (auto const& p : net->parameters())
      p.mutable_grad().reset();
    auto const last = output.flatten(1);
    (last * torch::arange(1, last.numel() + 1, torch::kFloat64).view_as(last).sin()).sum().backward();
    std::map<std::string, at::Tensor> found;
    for (auto const& p : net->named_parameters())
      found[p.key()] = p.value().grad().defined() ? p.value().grad().clone() : torch::zeros_like(p.value());
    return found;
  }

  std::unique_ptr<compiler::compiled_space> space;
  std::unique_ptr<network> net;
};

// Of what depends on the input.
double relative_difference(at::Tensor const& a, at::Tensor const& b) {
  auto const scale = (b - b.mean(0, /*keepdim=*/true)).abs().max().item<double>();
  return (a - b).abs().max().item<double>() / std::max(scale, 1e-12);
}

std::vector<architecture> some_architectures(compiler::compiled_space const& space, int count) {
  compiler::random_generator random{5};
  std::vector<architecture> found;
  for (int i = 0; i < count; ++i)
    found.push_back(compiler::sample(space.decisions, random));
  return found;
}

} // namespace

TEST_CASE("one-hot weights of every kind of decision mean the sampled network, and its gradients") {
  for (auto const declared : decided_spaces::all()) {
    double_network n{declared};
    INFO(n.space->structured.name);
    for (auto const& a : some_architectures(*n.space, 12)) {
      INFO(compiler::summary(n.space->decisions, a));
      auto const x = n.batch();
      for (bool const training : {false, true}) {
        n.net->train(training);
        auto const sampled = n.net->forward(x, a);
        auto const relaxed = n.net->forward(x, n.one_hot(a));
        CHECK(relative_difference(relaxed, sampled) < 1e-9);
        auto const expected = n.gradients(sampled);
        for (auto const& [name, gradient] : n.gradients(relaxed)) {
          INFO(name);
          auto const scale = std::max(expected.at(name).abs().max().item<double>(), 1e-3);
          CHECK((gradient - expected.at(name)).abs().max().item<double>() < 1e-8 * scale);
        }
      }
    }
  }
}

TEST_CASE("different architectures are different one-hot weights") {
  for (auto const declared : decided_spaces::all()) {
    double_network n{declared};
    INFO(n.space->structured.name);
    n.net->eval();
    auto const x = n.batch();
    auto const all = some_architectures(*n.space, 2);
    CHECK(relative_difference(n.net->forward(x, n.one_hot(all[0])), n.net->forward(x, n.one_hot(all[1]))) > 1e-3);
  }
}

TEST_CASE("the weights of every kind of decision get their gradient") {
  constexpr double h = 1e-5;
  for (auto const declared : decided_spaces::smooth()) {
    double_network n{declared};
    INFO(n.space->structured.name);
    n.net->eval(); // statistics that do not depend on the weights
    auto relaxed = n.random_weights();
    for (auto& w : relaxed.weights)
      w.set_requires_grad(true);
    auto const x = n.batch();
    auto const value = [&] { return n.net->forward(x, relaxed).square().sum(); };
    value().backward();
    torch::NoGradGuard const no_gradient;
    for (std::size_t i = 0; i < relaxed.weights.size(); ++i) {
      INFO(n.space->decisions[i].path);
      auto& w = relaxed.weights[i];
      auto const gradient = w.grad().defined() ? w.grad() : torch::zeros_like(w); // of `none`
      for (std::int64_t o = 0; o < w.numel(); ++o) {
        w[o] += h;
        auto const above = value().item<double>();
        w[o] -= 2 * h;
        auto const below = value().item<double>();
        w[o] += h;
        CHECK(gradient[o].item<double>() == Approx((above - below) / (2 * h)).epsilon(1e-4).margin(1e-6));
      }
    }
  }
}
