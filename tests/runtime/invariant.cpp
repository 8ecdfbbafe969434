#include "prelude.hpp"

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/runtime/network.hpp>

#include <spaces/all.hpp>

#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace {

using namespace espalier;
using compiler::architecture;
using runtime::network;

// How each space begins to say that it cannot be relaxed.
std::map<std::string_view, std::string_view> const refusals{
    {"metaqnn-cifar10", "metaqnn-cifar10: layer_chain0 decides layers on which the sizes and widths"},
    {"metaqnn-mnist", "metaqnn-mnist: layer_chain0 decides layers on which the sizes and widths"},
    {"nas-bench-101", "nas-bench-101: cell0 decides edges on which the widths of all its vertices depend"},
    {"big-nas", "big-nas: resize0 decides the size of a map, 192x192 or 224x224"},
    {"attentive-nas", "attentive-nas: resize0 decides the size of a map, 192x192 or 224x224"},
    {"ofa-mobilenet-v3", "ofa-mobilenet-v3: resize0 decides the size of a map, 128x128 or 132x132"},
    {"mobile-fashion", "mobile-fashion: resize0 decides the size of a map, 20x20 or 24x24"},
};

// Five at random, the cheapest and the dearest; of those, `count` in turn from `first`.
std::vector<architecture> architectures(compiler::compiled_space const& space, std::size_t first, std::size_t count) {
  compiler::random_generator random{11};
  std::vector<architecture> all;
  for (int i = 0; i < 5; ++i)
    all.push_back(compiler::sample(space.decisions, random));
  all.push_back(space.costs.smallest(&compiler::operation_cost::macs));
  all.push_back(space.costs.largest(&compiler::operation_cost::macs));
  std::vector<architecture> chosen;
  for (std::size_t i = 0; i < count; ++i)
    chosen.push_back(all[(first + i) % all.size()]);
  return chosen;
}

// Of what depends on the input.
double relative_difference(at::Tensor const& a, at::Tensor const& b) {
  auto const scale = (b - b.mean(0, /*keepdim=*/true)).abs().max().item<double>();
  return (a - b).abs().max().item<double>() / std::max(scale, 1e-12);
}

void check_readings_agree(compiler::compiled_space const& space, network& supernet, architecture const& a) {
  auto const path = compiler::specialize(space.expanded, space.decisions, a);
  network alone{path, compiler::decision_space{path}, network::affine::yes};
  alone.to(torch::kFloat64);
  runtime::copy_weights(supernet, alone);
  auto x = runtime::random_batch(space.expanded.input(), 2);
  if (x.is_floating_point())
    x = x.to(torch::kFloat64);
  auto const expected = alone.forward(x);
  CHECK(relative_difference(supernet.forward(x, a), expected) < 1e-9);
  auto weights = runtime::one_hot(space.expanded, space.decisions, a);
  for (auto& w : weights.weights)
    w = w.to(torch::kFloat64);
  auto const refused = refusals.find(space.structured.name);
  if (refused == refusals.end())
    CHECK(relative_difference(supernet.forward(x, weights), expected) < 1e-9);
  else
    CHECK_THROWS_WITH(supernet.forward(x, weights), Catch::Matchers::ContainsSubstring(std::string{refused->second}));
}

// Every third space from `first`: with ESPALIER_ALL_ARCHITECTURES all architectures, otherwise one, another from space
// to space.
void check_spaces(std::size_t first) {
  torch::NoGradGuard const no_gradient;
  bool const is_complete = std::getenv("ESPALIER_ALL_ARCHITECTURES") != nullptr;
  auto const& all = spaces::all();
  for (std::size_t i = first; i < all.size(); i += 3) {
    compiler::compiled_space const space{compiler::lower(all[i].space)};
    INFO(space.structured.name);
    torch::manual_seed(3);
    network supernet{space.expanded, space.decisions, network::affine::no};
    supernet.to(torch::kFloat64);
    for (auto const& a : architectures(space, is_complete ? 0 : i, is_complete ? 7 : 1)) {
      INFO(compiler::summary(space.decisions, a));
      check_readings_agree(space, supernet, a);
    }
  }
}

} // namespace

// In training mode, so that normalization keeps what is far from the input alive, and in double precision, because it
// magnifies rounding.
TEST_CASE("one-hot weights mean the sampled path and its network, part 1 of the shipped spaces") {
  check_spaces(0);
}

TEST_CASE("one-hot weights mean the sampled path and its network, part 2 of the shipped spaces") {
  check_spaces(1);
}

TEST_CASE("one-hot weights mean the sampled path and its network, part 3 of the shipped spaces") {
  check_spaces(2);
}
