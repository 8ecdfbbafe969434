#include "prelude.hpp"

#include "typed_network.hpp"

#include <espalier/compiler/cost.hpp>
#include <espalier/runtime/network.hpp>

#include <fmt/format.h>

#include <string>
#include <vector>

namespace {

using namespace espalier;
using compiler::graph;
using runtime::network;

// A network of one operation, or of several lines that end in `%y = ...`.
graph network_of(std::string const& operation, std::string const& input) {
  auto const lines = operation.find("%y = ") == std::string::npos ? "%y = " + operation : operation;
  return test::typed_network(
      fmt::format("espalier 1\nnetwork \"n\" (%input: {}) {{\n{}\nyield %y\n}}\n", input, lines));
}

network runnable(graph const& g) {
  return network{g, compiler::decision_space{g}, network::affine::yes};
}

struct operation_case {
  std::string operation;
  std::string input;
};

// Every leaf and every join, on odd and even sizes.
std::vector<operation_case> const cases{
    {"conv %input {kernel = 3, channels = 6}", "image[4, 7, 6]"},
    {"conv %input {kernel = 5, channels = 6, stride = 2, bias = 1}", "image[4, 7, 6]"},
    {"conv %input {kernel = 3, channels = 8, stride = 3, groups = 2, dilation = 2}", "image[4, 10, 7]"},
    {"conv %input {kernel = 1, kernel_width = 7, channels = 2}", "image[2, 5, 8]"},
    {"conv %input {kernel = 3, kernel_width = 1, channels = 2, dilation = 2}", "image[2, 5, 8]"},
    {"conv %input {kernel = 3, groups = depthwise}", "image[5, 4, 4]"},
    {"rectangular_conv %input {kernel = 1, kernel_width = 5, channels = 3, stride_height = 2, stride_width = 1}",
     "image[2, 5, 8]"},
    {"rectangular_conv %input {kernel = 2, kernel_width = 3, channels = 3, stride_width = 2, padded = 0}",
     "image[2, 5, 8]"},
    {"truncate %input {channels = 3}", "image[4, 3, 2]"},
    {"truncate %input {channels = 3}", "tokens[4, 3, 2]"},
    {"%e = embedding %input {channels = 5}\n%y = tied_linear %e {channels = 11, bias = 0}", "ids[11, 7]"},
    {"quantized_conv %input {kernel = 3, channels = 5, stride = 2, weight_bits = 32, activation_bits = 32}",
     "image[3, 5, 6]"},
    {"factorized_reduce %input {channels = 6}", "image[4, 6, 8]"},
    {"shortcut %input {channels = 4, stride = 1}", "image[4, 5, 6]"},
    {"shortcut %input {channels = 4, stride = 2}", "image[4, 5, 6]"},
    {"shortcut %input {channels = 6, stride = 3}", "image[4, 7, 6]"},
    {"transposed_conv %input {kernel = 3, channels = 6, stride = 2}", "image[4, 3, 4]"},
    {"transposed_conv %input {kernel = 5, channels = 4, stride = 3, groups = 2, dilation = 2}", "image[4, 3, 4]"},
    {"transposed_conv %input {kernel = 1, channels = 3, stride = 1}", "image[4, 3, 4]"},
    {"transposed_conv %input {kernel = 3, channels = 6, stride = 2, bias = 1}", "image[4, 3, 4]"},
    {"crop %input", "image[4, 3, 4]"},
    {"channels_last %input", "image[4, 3, 4]"},
    {"channels_last %input", "image[1, 3, 4]"},
    {"max_pool %input {kernel = 3, stride = 2}", "image[3, 7, 6]"},
    {"max_pool %input {kernel = 2, stride = 2, padded = 0}", "image[3, 7, 6]"},
    {"max_pool %input {kernel = 5, stride = 1}", "image[3, 2, 3]"},
    {"avg_pool %input {kernel = 3, stride = 2}", "image[3, 7, 6]"},
    {"avg_pool %input {kernel = 3, stride = 2, padded = 0}", "image[3, 8, 7]"},
    {"global_avg_pool %input", "image[3, 5, 4]"},
    {"global_avg_pool %input", "sequence[3, 5, 1]"},
    {"flatten %input", "image[3, 5, 4]"},
    {"flatten %input", "tokens[3, 5, 4]"},
    {"resize %input {size = 7}", "image[3, 5, 4]"},
    {"upsample %input {factor = 3}", "image[3, 5, 4]"},
    {"batch_norm %input", "image[3, 5, 4]"},
    {"batch_norm %input", "vector[6]"},
    {"batch_norm %input {search_only = 1}", "image[3, 5, 4]"},
    {"layer_norm %input", "tokens[6, 3, 2]"},
    {"layer_norm %input", "vector[6]"},
    {"group_norm %input {groups = 3}", "image[6, 3, 2]"},
    {"relu %input", "image[2, 3, 3]"},
    {"relu6 %input", "vector[5]"},
    {"hard_swish %input", "sequence[4, 3, 1]"},
    {"swish %input", "image[2, 3, 3]"},
    {"gelu %input", "tokens[4, 3, 1]"},
    {"sigmoid %input", "image[2, 3, 3]"},
    {"tanh %input", "image[2, 3, 3]"},
    {"channel_shuffle %input {groups = 3}", "image[12, 3, 2]"},
    {"channel_part %input {part = 1, parts = 3}", "image[12, 3, 2]"},
    {"squeeze_excite %input {ratio = 4, divisor = 8}", "image[12, 3, 4]"},
    {"squeeze_excite %input {ratio = 4, divisor = 1, channels = 8}", "image[12, 3, 4]"},
    {"linear %input {channels = 5}", "vector[3]"},
    {"linear %input {channels = 5, bias = 0}", "tokens[3, 2, 2]"},
    {"embedding %input {channels = 5}", "ids[11, 7]"},
    {"%e = embedding %input {channels = 5}\n%y = tied_linear %e {channels = 11}", "ids[11, 7]"},
    {"lstm %input {channels = 5}", "sequence[3, 4, 1]"},
    {"gru %input {channels = 5}", "sequence[3, 4, 1]"},
    {"last_step %input", "sequence[3, 4, 1]"},
    {"attention %input {heads = 3, head_width = 0}", "tokens[6, 2, 2]"},
    {"attention %input {heads = 2, head_width = 5}", "tokens[6, 5, 1]"},
    {"patch_embedding %input {patch = 3, channels = 5}", "image[2, 6, 9]"},
    {"position_embedding %input", "tokens[4, 2, 3]"},
    {"skip_connect %input {stride = 1}", "image[2, 3, 3]"},
    {"none %input", "sequence[2, 3, 1]"},
    {"none %input {stride = 2}", "image[2, 5, 4]"},
    {"none %input {stride = 3, channels = 5}", "image[2, 7, 4]"},
    {"as_image %input", "tokens[4, 2, 3]"},
    {"as_sequence %input", "image[4, 2, 3]"},
    {"as_tokens %input", "image[4, 2, 3]"},
    {"as_tokens %input", "sequence[4, 2, 3]"},
    {"chunk %input {part = 1, parts = 2}", "image[6, 2, 3]"},
    {"chunk %input {part = 2, parts = 3}", "tokens[6, 2, 3]"},
    {"%a = tanh %input\n%y = add %input, %a", "image[2, 3, 3]"},
    {"%a = tanh %input\n%y = concat %input, %a", "image[2, 3, 3]"},
    {"%a = tanh %input\n%y = concat %input, %a, %a", "tokens[2, 3, 3]"},
    {"%a = tanh %input\n%y = average %input, %a, %input", "image[2, 3, 3]"},
    {"%a = tanh %input\n%y = weighted_sum %input, %a", "image[2, 3, 3]"},
    {"%a = tanh %input\n%b = sigmoid %input\n%y = highway %input, %a, %b", "vector[4]"},
    {"%y = recurrence %input {channels = 4} (%f, %s) {\n%c = concat %f, %s\n%l = linear %c {channels = 4}\n%n = tanh "
     "%l\nyield %n\n}",
     "sequence[3, 5, 1]"},
};

std::vector<std::int64_t> sizes_of(dsl::tensor_type const& type, std::int64_t batch) {
  return runtime::random_batch(type, batch).sizes().vec();
}

// Numbers that are not the initial ones.
void fill(network& net) {
  torch::NoGradGuard const no_gradient;
  for (auto& parameter : net.parameters())
    parameter.add_(torch::randn_like(parameter), 0.2);
  for (auto& buffer : net.buffers())
    if (buffer.dim() > 0)
      buffer.uniform_(0.5, 1.5);
}

// The derivative of `value` along a random direction of a tensor, by differences and by its gradient.
template <class Value>
void check_gradient(at::Tensor const& of, Value value) {
  auto const gradient = torch::autograd::grad({value()}, {of}).front();
  torch::NoGradGuard const no_gradient;
  auto const direction = torch::randn_like(of);
  constexpr double h = 1e-6;
  auto moved = of;
  moved.add_(direction, h);
  auto const above = value().template item<double>();
  moved.sub_(direction, 2 * h);
  auto const below = value().template item<double>();
  moved.add_(direction, h);
  CHECK((gradient * direction).sum().template item<double>() ==
        Approx((above - below) / (2 * h)).epsilon(1e-5).margin(1e-7));
}

} // namespace

TEST_CASE("every operation gives the shape that the language infers, and holds what it counts") {
  torch::manual_seed(1);
  for (auto const& [operation, input] : cases) {
    INFO(operation << " of " << input);
    auto const g = network_of(operation, input);
    auto net = runnable(g);
    auto const type = g.body.type_of("y");
    CHECK(net.forward(runtime::random_batch(g.input(), 2)).sizes().vec() == sizes_of(type, 2));
    long long params = 0;
    for (auto const& parameter : net.parameters())
      params += parameter.numel();
    if (g.body.operations.back().form() == compiler::structure::leaf)
      CHECK(params == compiler::cost_of(g).params);
  }
}

TEST_CASE("the gradient of every operation is that of its differences") {
  torch::manual_seed(2);
  for (auto const& [operation, input] : cases) {
    auto const g = network_of(operation, input);
    auto net = runnable(g);
    fill(net);
    net.to(torch::kFloat64);
    bool const reads_ids = g.input().kind == dsl::tensor_kind::ids;
    auto x = runtime::random_batch(g.input(), 3);
    if (!reads_ids)
      x = x.to(torch::kFloat64).set_requires_grad(true);
    for (bool const training : {false, true}) {
      INFO(operation << " of " << input << ", training " << training);
      net.train(training);
      auto const weights = torch::randn(sizes_of(g.body.type_of("y"), 3), torch::kFloat64);
      auto const value = [&] { return (net.forward(x) * weights).sum(); };
      if (!reads_ids && operation.find("none") == std::string::npos)
        check_gradient(x, value);
      for (auto const& parameter : net.parameters())
        check_gradient(parameter, value);
    }
  }
}

namespace {

struct slice_case {
  operation_case widest;
  operation_case narrow;
};

std::vector<slice_case> const slices{
    {{"conv %input {kernel = 7, channels = 12, bias = 1}", "image[8, 6, 5]"},
     {"conv %input {kernel = 3, channels = 5, bias = 1}", "image[4, 6, 5]"}},
    {{"conv %input {kernel = 5, groups = depthwise}", "image[8, 6, 5]"},
     {"conv %input {kernel = 3, groups = depthwise}", "image[6, 6, 5]"}},
    {{"conv %input {kernel = 3, channels = 8, groups = 2}", "image[8, 6, 5]"},
     {"conv %input {kernel = 3, channels = 8, groups = 4}", "image[8, 6, 5]"}},
    {{"quantized_conv %input {kernel = 3, channels = 6, weight_bits = 8, activation_bits = 8}", "image[4, 5, 5]"},
     {"quantized_conv %input {kernel = 3, channels = 4, weight_bits = 2, activation_bits = 4}", "image[4, 5, 5]"}},
    {{"factorized_reduce %input {channels = 8}", "image[6, 4, 4]"},
     {"factorized_reduce %input {channels = 4}", "image[3, 4, 4]"}},
    {{"transposed_conv %input {kernel = 5, channels = 8}", "image[6, 4, 4]"},
     {"transposed_conv %input {kernel = 3, channels = 4}", "image[3, 4, 4]"}},
    {{"batch_norm %input", "image[6, 4, 4]"}, {"batch_norm %input", "image[3, 4, 4]"}},
    {{"layer_norm %input", "tokens[6, 4, 1]"}, {"layer_norm %input", "tokens[3, 2, 1]"}},
    {{"squeeze_excite %input {ratio = 2}", "image[8, 4, 4]"}, {"squeeze_excite %input {ratio = 4}", "image[4, 4, 4]"}},
    {{"linear %input {channels = 8}", "vector[6]"}, {"linear %input {channels = 3}", "vector[4]"}},
    {{"%e = embedding %input {channels = 8}\n%y = tied_linear %e {channels = 9}", "ids[9, 4]"},
     {"%e = embedding %input {channels = 5}\n%y = tied_linear %e {channels = 9}", "ids[9, 4]"}},
    {{"lstm %input {channels = 8}", "sequence[6, 4, 1]"}, {"lstm %input {channels = 3}", "sequence[4, 4, 1]"}},
    {{"gru %input {channels = 8}", "sequence[6, 4, 1]"}, {"gru %input {channels = 3}", "sequence[4, 4, 1]"}},
    {{"attention %input {heads = 4, head_width = 6}", "tokens[12, 3, 1]"},
     {"attention %input {heads = 3, head_width = 4}", "tokens[8, 3, 1]"}},
    {{"%p = patch_embedding %input {patch = 2, channels = 8}\n%y = position_embedding %p", "image[3, 8, 8]"},
     {"%p = patch_embedding %input {patch = 2, channels = 5}\n%y = position_embedding %p", "image[3, 6, 4]"}},
    {{"%f = flatten %input\n%y = linear %f {channels = 4}", "image[6, 4, 4]"},
     {"%f = flatten %input\n%y = linear %f {channels = 2}", "image[3, 2, 3]"}},
    {{"%c = conv %input {kernel = 1, channels = 8}\n%s = channel_shuffle %c {groups = 2}\n%y = batch_norm %s",
      "image[3, 4, 4]"},
     {"%c = conv %input {kernel = 1, channels = 4}\n%s = channel_shuffle %c {groups = 2}\n%y = batch_norm %s",
      "image[3, 4, 4]"}},
    {{"%a = conv %input {kernel = 1, channels = 8}\n%b = conv %input {kernel = 1, channels = 6}\n%c = concat %a, "
      "%b\n%d = batch_norm %c\n%y = conv %d {kernel = 1, channels = 4}",
      "image[3, 4, 4]"},
     {"%a = conv %input {kernel = 1, channels = 4}\n%b = conv %input {kernel = 1, channels = 3}\n%c = concat %a, "
      "%b\n%d = batch_norm %c\n%y = conv %d {kernel = 1, channels = 2}",
      "image[3, 4, 4]"}},
};

} // namespace

TEST_CASE("a narrow operation on slices computes what it computes alone") {
  torch::manual_seed(3);
  for (auto const& [widest, narrow] : slices) {
    INFO(narrow.operation << " of " << widest.operation);
    auto supernet = runnable(network_of(widest.operation, widest.input));
    fill(supernet);
    auto const path = network_of(narrow.operation, narrow.input);
    auto alone = runnable(path);
    runtime::copy_weights(supernet, alone);
    auto const x = runtime::random_batch(path.input(), 2);
    for (bool const training : {false, true}) {
      supernet.train(training);
      alone.train(training);
      auto const sampled = supernet.forward(x, path);
      CHECK((sampled - alone.forward(x)).abs().max().item<double>() < 1e-6);
    }
    auto copied = runnable(path); // statistics that the slices have moved are the supernet's
    runtime::copy_weights(supernet, copied);
    for (auto const& item : copied.named_buffers())
      CHECK(torch::allclose(item.value(), *alone.named_buffers().find(item.key())));
    auto const sampled = supernet.forward(x, path);
    auto const direction = torch::randn_like(sampled);
    (sampled * direction).sum().backward();
    (alone.forward(x) * direction).sum().backward();
    for (auto const& net : {&supernet, &alone}) {
      torch::NoGradGuard const no_gradient;
      for (auto const& parameter : net->parameters()) {
        REQUIRE(parameter.grad().defined());
        parameter.data().copy_(parameter.grad());
      }
    }
    runtime::copy_weights(supernet, copied); // of what are gradients now, the slices
    for (auto const& item : copied.named_parameters())
      CHECK(torch::allclose(item.value(), *alone.named_parameters().find(item.key()), 1e-4, 1e-5));
  }
}

TEST_CASE("slices are the parts that the literature takes") {
  torch::manual_seed(4);
  SECTION("the first channels and the centre of a kernel") {
    auto supernet = runnable(network_of("conv %input {kernel = 7, channels = 6}", "image[4, 6, 6]"));
    auto const x = torch::randn({2, 3, 6, 6});
    auto const weight = supernet.parameters().front().narrow(0, 0, 5).narrow(1, 0, 3).narrow(2, 2, 3).narrow(3, 2, 3);
    auto const got = supernet.forward(x, network_of("conv %input {kernel = 3, channels = 5}", "image[3, 6, 6]"));
    CHECK(torch::allclose(got, torch::conv2d(x, weight, {}, 1, 1), 1e-5, 1e-6));
  }
  SECTION("of every gate its first features") {
    auto supernet = runnable(network_of("gru %input {channels = 4}", "sequence[3, 5, 1]"));
    auto alone = runnable(network_of("gru %input {channels = 2}", "sequence[3, 5, 1]"));
    runtime::copy_weights(supernet, alone);
    auto const index = torch::tensor({0, 1, 4, 5, 8, 9});
    auto const wide = supernet.parameters();
    CHECK(alone.parameters()[0].equal(wide[0].index_select(0, index)));
    CHECK(alone.parameters()[1].equal(wide[1].index_select(0, index).narrow(1, 0, 2)));
  }
  SECTION("the first heads") {
    auto supernet = runnable(network_of("attention %input {heads = 3, head_width = 4}", "tokens[6, 2, 1]"));
    auto alone = runnable(network_of("attention %input {heads = 2, head_width = 3}", "tokens[6, 2, 1]"));
    runtime::copy_weights(supernet, alone);
    auto const index = torch::tensor({0, 1, 2, 4, 5, 6});
    auto const wide = supernet.named_parameters();
    auto const narrow = alone.named_parameters();
    CHECK(narrow["y.query.weight"].equal(wide["y.query.weight"].index_select(0, index)));
    CHECK(narrow["y.projection.weight"].equal(wide["y.projection.weight"].index_select(1, index)));
  }
  SECTION("of a concatenation the first channels of each part") {
    auto const text = [](int a, int b) {
      return fmt::format("%a = conv %input {{kernel = 1, channels = {}}}\n%b = conv %input {{kernel = 1, channels = "
                         "{}}}\n%c = concat %a, %b\n%y = conv %c {{kernel = 1, channels = 2}}",
                         a, b);
    };
    auto supernet = runnable(network_of(text(4, 3), "image[2, 3, 3]"));
    auto alone = runnable(network_of(text(2, 1), "image[2, 3, 3]"));
    runtime::copy_weights(supernet, alone);
    CHECK(alone.named_parameters()["y.weight"].equal(
        supernet.named_parameters()["y.weight"].index_select(1, torch::tensor({0, 1, 4}))));
  }
}
