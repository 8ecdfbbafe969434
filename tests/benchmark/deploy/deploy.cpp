// deploy: how long a network takes as it is emitted, as `emit --deploy` writes it, and traced, frozen and optimized for
// inference by torch::jit. The three are run by turns; milliseconds, median [quartiles] of eleven runs: of CPU time
// with one thread, of time with two. The last lines are the figures to watch.

#include <torch/torch.h>

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/tracer.h>

#include "networks.hpp"
#include "throughput.hpp"

#include <darts_deployed.hpp>
#include <darts_plain.hpp>
#include <fashion_deployed.hpp>
#include <fashion_plain.hpp>
#include <ofa_deployed.hpp>
#include <ofa_plain.hpp>
#include <spos_deployed.hpp>
#include <spos_plain.hpp>

#include <espalier/runtime/changed_weights.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <vector>

namespace {

using espalier::runtime::named_tensors;

named_tensors tensors_of(torch::nn::Module const& module) {
  named_tensors tensors;
  for (auto const& item : module.named_parameters())
    tensors.emplace(item.key(), item.value());
  for (auto const& item : module.named_buffers())
    tensors.emplace(item.key(), item.value());
  return tensors;
}

// The deployed network with the plain one's weights.
template <class Deployed>
Deployed deployed_of(torch::nn::Module const& plain, benchmark::graph const& network) {
  espalier::compiler::pass_context context;
  benchmark::deployed(network, context);
  auto const given = espalier::runtime::changed_weights(tensors_of(plain), context.weights);
  Deployed made;
  torch::NoGradGuard const no_gradient;
  for (auto& [name, tensor] : tensors_of(*made))
    at::Tensor{tensor}.copy_(given.at(name));
  made->eval();
  return made;
}

using forward = std::function<at::Tensor(at::Tensor const&)>;

// What torch::jit makes of a trace, in which the weights are constants.
template <class Network>
forward frozen(Network network, at::Tensor const& example) {
  torch::NoGradGuard const no_gradient;
  for (auto& parameter : network->parameters())
    parameter.requires_grad_(false);
  auto const run = [&](torch::jit::Stack inputs) {
    return torch::jit::Stack{network->forward(inputs.front().toTensor())};
  };
  auto const traced = torch::jit::tracer::trace(
      {example}, run, [](torch::autograd::Variable const&) { return std::string{}; }, false);
  auto const graph = traced.first->graph;
  torch::jit::Module module{"__torch__.Network"};
  module.register_attribute("training", c10::BoolType::get(), false);
  graph->insertInput(0, "self")->setType(module._ivalue()->type());
  c10::QualifiedName const name{*module.type()->name(), "forward"};
  module.type()->addMethod(module._ivalue()->compilation_unit()->create_function(name, graph));
  auto optimized = torch::jit::optimize_for_inference(module);
  return [optimized](at::Tensor const& x) mutable {
    c10::InferenceMode const no_gradients;
    return optimized.forward({x}).toTensor();
  };
}

// Takes the statistics of random images, so that values keep their size from layer to layer as in a trained network.
void calibrate(torch::nn::Module& module, std::function<void()> const& run) {
  for (auto const& inner : module.modules())
    if (auto* norm = inner->as<torch::nn::BatchNorm2d>())
      norm->options.momentum(c10::nullopt); // the mean over all batches
  torch::NoGradGuard const no_gradient;
  module.train();
  run();
  module.eval();
}

struct contest {
  std::string name;
  at::Tensor input;
  std::vector<forward> forms; // plain, deployed, frozen
};

template <class Plain, class Deployed>
contest contest_of(std::string const& name, benchmark::graph const& network, std::int64_t batch) {
  auto const& in = network.input();
  auto const x = torch::randn({batch, in.channels, in.height, in.width});
  Plain plain;
  calibrate(*plain, [&] { plain->forward(torch::randn({8, in.channels, in.height, in.width})); });
  auto quick = deployed_of<Deployed>(*plain, network);
  return {name,
          x,
          {[plain](at::Tensor const& input) mutable {
             torch::NoGradGuard const no_gradient;
             return plain->forward(input);
           },
           [quick](at::Tensor const& input) mutable { return quick->forward(input); }, frozen(plain, x)}};
}

std::vector<contest> contests(std::int64_t batch) {
  using namespace benchmark;
  return {contest_of<fashion_plain::Network, fashion_deployed::Network>("fashion", fashion(), batch),
          contest_of<darts_plain::Network, darts_deployed::Network>("darts", darts(), batch),
          contest_of<ofa_plain::Network, ofa_deployed::Network>("ofa", ofa(), batch),
          contest_of<spos_plain::Network, spos_deployed::Network>("spos", spos(), batch)};
}

// Deep networks of random weights amplify what is rounded: the deployed one may be no further from the plain one than
// 1e-5 of the largest output, or twice as far as what torch::jit made.
void check_equal(contest const& c) {
  auto const expected = c.forms[0](c.input);
  auto const difference = [&](forward const& form) {
    return (form(c.input) - expected).abs().max().item<double>() / expected.abs().max().item<double>();
  };
  auto const of_deployed = difference(c.forms[1]);
  auto const of_frozen = difference(c.forms[2]);
  if (of_deployed > std::max(1e-5, 2 * of_frozen))
    throw std::runtime_error(
        fmt::format("{}: the deployed network is {:.1e} off, the frozen one {:.1e}", c.name, of_deployed, of_frozen));
}

struct times {
  double median = 0, low = 0, high = 0; // milliseconds
};

std::vector<times> measured(contest const& c, std::function<double()> const& seconds) {
  constexpr std::size_t runs = 11;
  constexpr double least = 0.05; // seconds that a run takes at least
  auto const run = [&](forward const& form, int count) {
    auto const begin = seconds();
    for (int i = 0; i < count; ++i)
      form(c.input);
    return (seconds() - begin) / count;
  };
  for (auto const& form : c.forms)
    run(form, 4); // caches, and the profile by which torch::jit optimizes
  auto const count = static_cast<int>(least / run(c.forms.front(), 2)) + 1;
  std::vector<std::vector<double>> all(c.forms.size());
  for (std::size_t i = 0; i < runs; ++i)
    for (std::size_t f = 0; f < c.forms.size(); ++f)
      all[f].push_back(1e3 * run(c.forms[f], count));
  std::vector<times> found;
  for (auto& of_form : all) {
    std::ranges::sort(of_form);
    found.push_back({of_form[runs / 2], of_form[runs / 4], of_form[runs - 1 - runs / 4]});
  }
  return found;
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Geometric means of plain / deployed and frozen / deployed.
std::pair<double, double> table(int threads, std::int64_t batch) {
  torch::set_num_threads(threads);
  fmt::print("\n{} thread{}, batch {}\n{:<8} {:>28} {:>28} {:>28} {:>8} {:>8}\n", threads, threads == 1 ? "" : "s",
             batch, "", "plain", "deployed", "torch::jit frozen", "plain/d", "jit/d");
  std::pair<double, double> logarithms{0, 0};
  auto const all = contests(batch);
  for (auto const& c : all) {
    check_equal(c);
    auto const t = measured(c, threads == 1 ? cpu_seconds : wall_seconds);
    fmt::print("{:<8}", c.name);
    for (auto const& of_form : t)
      fmt::print(" {:9.3f} [{:7.3f} - {:7.3f}]", of_form.median, of_form.low, of_form.high);
    auto const to_plain = t[0].median / t[1].median;
    auto const to_frozen = t[2].median / t[1].median;
    fmt::print(" {:8.2f} {:8.2f}\n", to_plain, to_frozen);
    logarithms.first += std::log(to_plain) / static_cast<double>(all.size());
    logarithms.second += std::log(to_frozen) / static_cast<double>(all.size());
  }
  return {std::exp(logarithms.first), std::exp(logarithms.second)};
}

} // namespace

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  torch::manual_seed(1);
  fmt::print("milliseconds: median [quartiles]\n");
  auto const single = table(1, 1);
  table(1, 16);
  table(2, 1);
  table(2, 16);
  fmt::print("\nheadline deploy-over-frozen {:.2f} x\n", single.second);
  fmt::print("headline deploy {:.2f} x\n", single.first);
}
