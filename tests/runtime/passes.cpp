#include "prelude.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/passes.hpp>
#include <espalier/compiler/passes/infer_types.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/compiler/verify.hpp>
#include <espalier/runtime/changed_weights.hpp>
#include <espalier/runtime/network.hpp>
#include <spaces/all.hpp>

namespace {

using namespace espalier;
using compiler::graph;
using runtime::named_tensors;
using runtime::network;

named_tensors tensors_of(network const& net) {
  named_tensors tensors;
  for (auto const& item : net.named_parameters())
    tensors[item.key()] = item.value();
  for (auto const& item : net.named_buffers())
    tensors[item.key()] = item.value();
  return tensors;
}

// In double precision, so that what remains of a difference is no rounding. Statistics are not the initial ones.
std::unique_ptr<network> random_network(graph const& g) {
  auto net = std::make_unique<network>(g, compiler::decision_space{g}, network::affine::yes);
  net->to(torch::kFloat64);
  net->eval();
  torch::NoGradGuard const no_gradient;
  for (auto const& [name, tensor] : tensors_of(*net)) {
    if (name.ends_with("running_mean") || name.ends_with("bias"))
      at::Tensor{tensor}.normal_(0, 0.1);
    if (name.ends_with("running_var"))
      at::Tensor{tensor}.uniform_(0.5, 1.5);
  }
  return net;
}

// What a network computes with these tensors; it must need no other.
at::Tensor values(graph const& g, named_tensors const& tensors, at::Tensor const& x) {
  auto const net = random_network(g);
  torch::NoGradGuard const no_gradient;
  for (auto const& [name, tensor] : tensors_of(*net)) {
    CAPTURE(name);
    REQUIRE(tensors.contains(name));
    REQUIRE(tensors.at(name).sizes() == tensor.sizes());
    at::Tensor{tensor}.copy_(tensors.at(name));
  }
  return net->forward(x);
}

at::Tensor batch_of(graph const& g) {
  auto const x = runtime::random_batch(g.input(), 1);
  return x.is_floating_point() ? x.to(torch::kFloat64) : x;
}

void check_equal(at::Tensor const& got, at::Tensor const& expected, double bound) {
  auto const scale = expected.abs().max().item<double>();
  CHECK((got - expected).abs().max().item<double>() <= bound * std::max(scale, 1e-3));
}

constexpr std::array kept_weights{"infer_types",   "fold_identities", "remove_dead_code",
                                  "inline_blocks", "canonicalize",    "eliminate_common_subexpressions",
                                  "set_layout"};
constexpr std::array changed_weights{"fold_batch_norms", "fuse_siblings"};

void check_pass(std::string const& names, graph const& g, named_tensors const& tensors, at::Tensor const& x,
                at::Tensor const& expected, double bound) {
  CAPTURE(names);
  compiler::pass_context context;
  auto const made = run_passes(compiler::pipeline(names), g, context);
  CHECK(compiler::verify(made).empty());
  check_equal(values(made, runtime::changed_weights(tensors, context.weights), x), expected, bound);
}

void check_passes(graph const& g) {
  auto const net = random_network(g);
  auto const tensors = tensors_of(*net);
  auto const x = batch_of(g);
  torch::NoGradGuard const no_gradient;
  auto const expected = net->forward(x);
  std::string all;
  for (auto const* name : kept_weights) {
    check_pass(name, g, tensors, x, expected, 1e-6);
    all += std::string{name} + ",";
  }
  for (auto const* name : changed_weights)
    check_pass(name, g, tensors, x, expected, 1e-5);
  check_pass(all + "fold_batch_norms,fuse_siblings", g, tensors, x, expected, 1e-5);
}

// The same network on the smallest images that its operations allow, to save time.
graph on_small_images(graph const& g) {
  for (int const side : {16, 32, 64}) {
    auto small = g;
    auto& in = small.body.arguments.front().type;
    if (in.kind != dsl::tensor_kind::image || in.height <= side)
      break;
    in.height = in.width = side;
    try {
      return infer_types(small);
    } catch (user_error const&) { // a larger one, then
    }
  }
  return g;
}

} // namespace

TEST_CASE("no pass changes what a network of a shipped space computes") {
  torch::manual_seed(1);
  compiler::random_generator random{2};
  int spaces_checked = 0;
  for (auto const& shipped : spaces::all()) {
    auto const structured = compiler::lower(shipped.space);
    CAPTURE(structured.name);
    auto const expanded = compiler::expand(structured);
    compiler::decision_space const decisions{expanded};
    check_passes(on_small_images(specialize(expanded, decisions, compiler::sample(decisions, random))));
    ++spaces_checked;
  }
  CHECK(spaces_checked >= 5);
}

TEST_CASE("no pass changes what a network of every kind of operation computes") {
  torch::manual_seed(1);
  check_passes(compiler::infer_types(compiler::parse(R"(espalier 1
network "all" (%input: image[4, 8, 8]) {
  %halved = factorized_reduce %input {channels = 6}
  %halved_norm = batch_norm %halved
  %around = shortcut %input {channels = 4, stride = 2}
  %around_more = shortcut %input {channels = 6, stride = 2}
  %around_norm = batch_norm %around_more
  %grouped = conv %halved_norm {kernel = 3, channels = 4, groups = 2}
  %up = transposed_conv %around_norm {kernel = 3, channels = 4, groups = 2, stride = 1}
  %wide = concat %grouped, %up
  %wide_norm = batch_norm %wide
  %narrow = conv %wide_norm {kernel = 1, channels = 4}
  %both = add %narrow, %around
  %large = upsample %both {factor = 2}
  %zero = none %large
  %a = block "projection" %input (%x) {
    %relu0 = relu %x
    %conv0 = conv %relu0 {kernel = 1, channels = 8}
    %batch_norm0 = batch_norm %conv0
    yield %batch_norm0
  }
  %b = block "projection" %input (%x) {
    %relu0 = relu %x
    %conv0 = conv %relu0 {kernel = 1, channels = 8}
    %batch_norm0 = batch_norm %conv0
    yield %batch_norm0
  }
  %c = conv %input {kernel = 1, channels = 8}
  %d = conv %input {kernel = 1, channels = 8}
  %masked = conv %zero {kernel = 3, channels = 8}
  %pool0 = max_pool %c {kernel = 3}
  %pool1 = block "pool" %c (%x) {
    %max_pool0 = max_pool %x {kernel = 3}
    yield %max_pool0
  }
  %inner = add %pool1, %masked
  %again = conv %large {kernel = 1, channels = 8}
  %sum = add %d, %inner, %b, %a, %pool0, %again
  %unread = conv %sum {kernel = 5}
  %transposed_conv0 = transposed_conv %sum {kernel = 3, channels = 6, groups = 2}
  %batch_norm0 = batch_norm %transposed_conv0
  %batch_norm1 = batch_norm %batch_norm0 {search_only = 1}
  %tokens = as_tokens %batch_norm1
  %sequence = as_sequence %tokens
  %e = linear %sequence {channels = 5}
  %f = linear %sequence {channels = 5}
  %mean = average %f, %e
  %gated = highway %mean, %e, %f
  %weighted = weighted_sum %gated, %mean, %e
  %lstm0 = lstm %weighted {channels = 3}
  %image = as_image %lstm0
  %conv0 = conv %image {kernel = 3, channels = 4, bias = 1}
  %batch_norm2 = batch_norm %conv0
  %global_avg_pool0 = global_avg_pool %batch_norm2
  %linear0 = linear %global_avg_pool0 {channels = 10, bias = 0}
  yield %linear0
})")));
}
