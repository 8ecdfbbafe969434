#include "prelude.hpp"

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/runtime/network.hpp>

#include <spaces/all.hpp>

using namespace espalier;
using runtime::network;

namespace {

// Statistics and weights that are not the initial ones.
void fill(network& net) {
  torch::NoGradGuard const no_gradient;
  for (auto& buffer : net.named_buffers())
    if (buffer.key().ends_with("running_var"))
      buffer.value().uniform_(0.5, 1.5);
    else if (buffer.key().ends_with("running_mean"))
      buffer.value().normal_(0, 0.1);
}

} // namespace

TEST_CASE("in every shipped space, a sampled path computes what its network computes alone") {
  torch::NoGradGuard const no_gradient;
  for (auto const& [declared, what] : spaces::all()) {
    auto const structured = compiler::lower(declared);
    INFO(structured.name);
    auto const expanded = compiler::expand(structured);
    compiler::decision_space const decisions{expanded};
    torch::manual_seed(3);
    network supernet{expanded, decisions, network::affine::no};
    fill(supernet);
    supernet.eval();
    compiler::random_generator random{5};
    auto const a = compiler::sample(decisions, random);
    auto const path = compiler::specialize(expanded, decisions, a);
    network alone{path, compiler::decision_space{path}, network::affine::yes};
    runtime::copy_weights(supernet, alone);
    alone.eval();
    auto const x = runtime::random_batch(path.input(), 1);
    auto const expected = alone.forward(x);
    auto const scale = 1 + expected.abs().max().item<double>();
    CHECK((supernet.forward(x, a) - expected).abs().max().item<double>() < 1e-5 * scale);
  }
}
