// LibTorch first: its logging header would replace Catch2's CHECK.
#include <torch/torch.h>
#undef CHECK

#include <espalier/compiler/decisions.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/names.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/onnx/emit.hpp>
#include <espalier/runtime/network.hpp>
#include <spaces/darts.hpp>
#include <spaces/enas.hpp>
#include <spaces/fashion.hpp>
#include <spaces/fbnet.hpp>
#include <spaces/hybrid.hpp>
#include <spaces/nas_bench_201.hpp>
#include <spaces/spos.hpp>

#include "catch.hpp"
#include "opencv.hpp"
#include "random_weights.hpp"

#include <onnx/onnx_pb.h>

using namespace espalier::compiler;

namespace {

graph random_network(espalier::dsl::space_view space, std::uint64_t seed) {
  auto const expanded = expand(lower(space));
  decision_space const decisions{expanded};
  random_generator random{seed};
  return without_search_operations(specialize(expanded, decisions, sample(decisions, random)));
}

void load(espalier::runtime::network& net, std::vector<stored_tensor> const& weights) {
  torch::NoGradGuard const no_gradient;
  auto const parameters = net.named_parameters();
  auto const buffers = net.named_buffers();
  for (auto const& stored : weights) {
    auto const* const to = parameters.contains(stored.name) ? &parameters[stored.name] : buffers.find(stored.name);
    if (to != nullptr && stored.type == element_type::f32)
      to->copy_(torch::from_blob(const_cast<char*>(stored.bytes.data()), stored.dimensions, torch::kFloat));
  }
}

std::vector<float> values_of(torch::Tensor const& x) {
  auto const flat = x.contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

// Both on the same random weights and inputs.
void check_values(graph const& network, unsigned seed) {
  random_weights const weights{network, seed};
  espalier::runtime::network net{network, decision_space{network}, espalier::runtime::network::affine::yes};
  load(net, weights.tensors());
  net.eval();
  torch::NoGradGuard const no_gradient;
  auto const& in = network.input();
  std::vector<std::int64_t> const sizes = in.kind == espalier::dsl::tensor_kind::image
                                              ? std::vector<std::int64_t>{2, in.channels, in.height, in.width}
                                              : std::vector<std::int64_t>{2, in.positions(), in.channels};
  auto const x = torch::rand(sizes) * 4 - 2;
  auto const expected = net.forward(x).contiguous();
  auto const computed =
      evaluate_with_opencv(espalier::onnx::emit_model(network, weights.tensors()),
                           {{network.body.arguments.front().name, {sizes.begin(), sizes.end()}, values_of(x)}});
  REQUIRE(static_cast<std::int64_t>(computed.size()) == expected.numel());
  auto const difference = (torch::tensor(computed).view(expected.sizes()) - expected).abs().max().item<float>();
  CHECK(difference <= 1e-5F * std::max(1.0F, expected.abs().max().item<float>()));
}

struct single_operation {
  std::string input;
  std::string text;
};

// OpenCV 4.6 reads neither Clip with bounds (relu6, quantized_conv) nor Gather of a matrix (embedding), LSTM and GRU
// over open batches, nor products of a map and a number for each channel or position (squeeze_excite, layer_norm,
// weighted_sum).
std::vector<single_operation> const operations{
    {"image[8, 8, 6]", "conv %input {kernel = 3, kernel_width = 5, channels = 4, stride = 2, bias = 1}"},
    {"image[8, 8, 6]", "conv %input {kernel = 3, channels = 8, groups = depthwise, dilation = 2}"},
    {"image[8, 8, 6]", "transposed_conv %input {kernel = 3, channels = 4, groups = 2}"},
    {"image[8, 8, 6]", "factorized_reduce %input {channels = 6}"},
    {"image[8, 7, 5]", "shortcut %input {channels = 4, stride = 2}"},
    {"image[8, 7, 5]", "max_pool %input {kernel = 3, stride = 2}"},
    {"image[8, 7, 5]", "avg_pool %input {kernel = 3, stride = 2}"},
    {"image[8, 7, 5]", "max_pool %input {kernel = 2, stride = 2, padded = 0}"},
    {"image[8, 7, 5]", "avg_pool %input {kernel = 2, stride = 2, padded = 0}"},
    {"image[3, 7, 5]", "resize %input {size = 12}"},
    {"image[3, 7, 5]", "upsample %input {factor = 2}"},
    {"image[8, 7, 5]", "batch_norm %input"},
    {"image[8, 7, 5]", "group_norm %input {groups = 2}"},
    {"image[8, 7, 5]", "relu %input"},
    {"image[8, 7, 5]", "hard_swish %input"},
    {"image[8, 7, 5]", "swish %input"},
    {"image[8, 7, 5]", "gelu %input"},
    {"image[8, 7, 5]", "sigmoid %input"},
    {"image[8, 7, 5]", "tanh %input"},
    {"image[8, 7, 5]", "channel_shuffle %input {groups = 2}"},
    {"image[8, 7, 5]", "channel_part %input {part = 1, parts = 2}"},
    {"image[8, 7, 5]", "none %input {stride = 2}"},
    {"image[8, 7, 5]", "global_avg_pool %input"},
    {"image[8, 7, 5]", "flatten %input"},
    {"image[3, 8, 4]", "patch_embedding %input {patch = 4, channels = 6}"},
    {"tokens[8, 2, 3]", "linear %input {channels = 5}"},
    {"tokens[8, 2, 3]", "attention %input {heads = 2}"},
    {"tokens[8, 2, 3]", "position_embedding %input"},
    {"tokens[8, 2, 3]", "global_avg_pool %input"},
    {"sequence[8, 2, 3]", "last_step %input"},
};

} // namespace

TEST_CASE("OpenCV computes of an operation's model what LibTorch computes") {
  for (auto const& [input, text] : operations) {
    CAPTURE(text);
    check_values(expand(parse("espalier 1\nnetwork \"n\" (%input: " + input + ") {\n%y = " + text + "\nyield %y\n}\n")),
                 1);
  }
}

TEST_CASE("OpenCV computes of a network's model what LibTorch computes") {
  for (auto const& space :
       {spaces::fashion::cells.view(), spaces::fashion::blocks.view(), spaces::darts::cifar10.view(),
        spaces::enas::macro.view(), spaces::nas_bench_201::cifar10.view(), spaces::fbnet::imagenet.view(),
        spaces::spos::blocks.view(), spaces::hybrid::classifier.view()})
    for (unsigned seed = 1; seed <= 2; ++seed) {
      CAPTURE(espalier::compiler::spelled(space.name), seed);
      check_values(random_network(space, seed), seed);
    }
}

// OpenCV has no Scan: the step of one is a model of its own here, with the weights of the whole one, and is run
// position after position.
TEST_CASE("OpenCV computes of a recurrence's steps what LibTorch computes of the recurrence") {
  auto const network = parse(R"(espalier 1
network "recurrent" (%input: sequence[6, 5, 1]) {
  %cell = recurrence "cell" %input {channels = 4} : sequence[4, 5, 1] (%x: vector[6], %state: vector[4]) {
    %both = concat %x, %state : vector[10]
    %mixed = linear %both {channels = 8} : vector[8]
    %gate = chunk %mixed {parts = 2} : vector[4]
    %change = chunk %mixed {part = 1, parts = 2} : vector[4]
    %candidate = tanh %change : vector[4]
    %first = highway %state, %gate, %candidate : vector[4]
    %second = sigmoid %first : vector[4]
    %next = average %first, %second : vector[4]
    yield %next
  }
  yield %cell
}
)");
  random_weights const weights{network, 1};
  espalier::runtime::network net{network, decision_space{network}, espalier::runtime::network::affine::yes};
  load(net, weights.tensors());
  net.eval();
  torch::NoGradGuard const no_gradient;
  auto const x = torch::rand({2, 5, 6}) * 4 - 2;

  onnx::ModelProto model;
  REQUIRE(model.ParseFromString(espalier::onnx::emit_model(network, weights.tensors())));
  auto const scan = std::ranges::find(model.graph().node(), "Scan", &onnx::NodeProto::op_type);
  REQUIRE(scan != model.graph().node().end());
  auto const body = std::ranges::find(scan->attribute(), "body", &onnx::AttributeProto::name);
  auto step = model;
  *step.mutable_graph() = body->g();
  *step.mutable_graph()->mutable_initializer() = model.graph().initializer();
  REQUIRE(body->g().input_size() == 2);

  auto state = torch::zeros({2, 4});
  std::vector<torch::Tensor> states;
  for (int t = 0; t < 5; ++t) {
    auto const next = evaluate_with_opencv(step.SerializeAsString(),
                                           {{body->g().input(0).name(), {2, 4}, values_of(state)},
                                            {body->g().input(1).name(), {2, 6}, values_of(x.select(1, t))}},
                                           body->g().output(1).name());
    state = torch::tensor(next).view({2, 4});
    states.push_back(state);
  }
  CHECK((torch::stack(states, 1) - net.forward(x)).abs().max().item<float>() <= 1e-6F);
}
