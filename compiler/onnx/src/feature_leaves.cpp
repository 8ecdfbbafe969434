#include "leaves.hpp"

#include <espalier/compiler/error.hpp>

#include <cmath>
#include <numbers>

#include <fmt/format.h>

namespace espalier::onnx {

namespace {

constexpr float epsilon = 1e-5F;

std::string relu(placed_operation const& p, model_writer& model) {
  return model.node("Relu", {p.x()}, {}, p.path);
}

std::string relu6(placed_operation const& p, model_writer& model) {
  return model.node("Clip", {p.x(), model.constant(0, p.path + ".low"), model.constant(6, p.path + ".high")}, {},
                    p.path);
}

std::string hard_swish(placed_operation const& p, model_writer& model) {
  auto const gate = model.node("HardSigmoid", {p.x()}, {{"alpha", 1.0F / 6}, {"beta", 0.5F}}, p.path + ".gate");
  return model.node("Mul", {p.x(), gate}, {}, p.path);
}

std::string swish(placed_operation const& p, model_writer& model) {
  return model.node("Mul", {p.x(), model.node("Sigmoid", {p.x()}, {}, p.path + ".gate")}, {}, p.path);
}

std::string gelu(placed_operation const& p, model_writer& model) {
  auto const scale = model.constant(std::numbers::sqrt2_v<float> / 2, p.path + ".scale");
  auto const error =
      model.node("Erf", {model.node("Mul", {p.x(), scale}, {}, p.path + ".scaled")}, {}, p.path + ".erf");
  auto const twice = model.node("Add", {error, model.constant(1, p.path + ".one")}, {}, p.path + ".twice");
  auto const gate = model.node("Mul", {twice, model.constant(0.5F, p.path + ".half")}, {}, p.path + ".gate");
  return model.node("Mul", {p.x(), gate}, {}, p.path);
}

std::string sigmoid(placed_operation const& p, model_writer& model) {
  return model.node("Sigmoid", {p.x()}, {}, p.path);
}

std::string tanh(placed_operation const& p, model_writer& model) {
  return model.node("Tanh", {p.x()}, {}, p.path);
}

std::string batch_norm(placed_operation const& p, model_writer& model) {
  integers const shape{p.in().channels};
  auto const channels = static_cast<std::size_t>(p.in().channels);
  bool const is_affine = p.number("search_only") == 0;
  auto const held = [&](std::string const& name, float preset) {
    return is_affine ? model.weight(p.path + name, shape)
                     : model.constant(std::vector<float>(channels, preset), shape, p.path + name);
  };
  return model.node("BatchNormalization",
                    {p.x(), held(".weight", 1), held(".bias", 0), model.weight(p.path + ".running_mean", shape),
                     model.weight(p.path + ".running_var", shape)},
                    {{"epsilon", epsilon}}, p.path);
}

std::string layer_norm(placed_operation const& p, model_writer& model) {
  integers const shape{p.in().channels};
  auto const mean_of = [&](std::string const& x, std::string const& name) {
    return model.node("ReduceMean", {x}, {{"axes", integers{-1}}, {"keepdims", std::int64_t{1}}}, p.path + name);
  };
  auto const centred = model.node("Sub", {p.x(), mean_of(p.x(), ".mean")}, {}, p.path + ".centred");
  auto const variance = mean_of(model.node("Mul", {centred, centred}, {}, p.path + ".square"), ".variance");
  auto const safe = model.node("Add", {variance, model.constant(epsilon, p.path + ".epsilon")}, {}, p.path + ".safe");
  auto const deviation = model.node("Sqrt", {safe}, {}, p.path + ".deviation");
  auto const normal = model.node("Div", {centred, deviation}, {}, p.path + ".normal");
  auto const scaled = model.node("Mul", {normal, model.weight(p.path + ".weight", shape)}, {}, p.path + ".scaled");
  return model.node("Add", {scaled, model.weight(p.path + ".bias", shape)}, {}, p.path);
}

// Zeros of another stride and number of channels.
std::string none(placed_operation const& p, model_writer& model) {
  auto x = p.x();
  if (p.in().kind == dsl::tensor_kind::image) {
    std::int64_t const stride = p.number("stride");
    x = model.node("Slice",
                   {x, model.constant(integers{0, 0, 0}, p.path + ".starts"),
                    model.constant(integers{1, p.in().height, p.in().width}, p.path + ".ends"),
                    model.constant(integers{1, 2, 3}, p.path + ".axes"),
                    model.constant(integers{1, stride, stride}, p.path + ".steps")},
                   {}, p.path + ".sparse");
    auto const channels = model.constant(integers{1, p.op.type().channels, 1, 1}, p.path + ".channels");
    x = model.node("Expand", {x, channels}, {}, p.path + ".shape");
  }
  return model.node("Mul", {x, model.constant(0, p.path + ".zero")}, {}, p.path);
}

std::string identity(placed_operation const& p, model_writer&) {
  return p.x();
}

std::string global_avg_pool(placed_operation const& p, model_writer& model) {
  auto const axes = p.in().kind == dsl::tensor_kind::image ? integers{2, 3} : integers{1};
  return model.node("ReduceMean", {p.x()}, {{"axes", axes}, {"keepdims", std::int64_t{0}}}, p.path);
}

std::string flatten(placed_operation const& p, model_writer& model) {
  return model.node("Flatten", {p.x()}, {{"axis", std::int64_t{1}}}, p.path);
}

// Neighbouring channels.
std::string channels_between(std::int64_t first, std::int64_t last, placed_operation const& p, model_writer& model) {
  return model.node("Slice",
                    {p.x(), model.constant(integers{first}, p.path + ".start"),
                     model.constant(integers{last}, p.path + ".end"),
                     model.constant(integers{channel_axis(p.in())}, p.path + ".axis")},
                    {}, p.path);
}

std::string chunk(placed_operation const& p, model_writer& model) {
  std::int64_t const size = p.in().channels / p.number("parts");
  std::int64_t const first = size * p.number("part");
  return channels_between(first, first + size, p, model);
}

std::string truncate(placed_operation const& p, model_writer& model) {
  return channels_between(0, p.number("channels"), p, model);
}

std::string add(placed_operation const& p, model_writer& model) {
  return p.inputs.size() == 1 ? p.x() : model.node(p.inputs.size() == 2 ? "Add" : "Sum", p.inputs, {}, p.path);
}

std::string concat(placed_operation const& p, model_writer& model) {
  return p.inputs.size() == 1 ? p.x() : model.node("Concat", p.inputs, {{"axis", channel_axis(p.in())}}, p.path);
}

std::string average(placed_operation const& p, model_writer& model) {
  auto const sum = p.inputs.size() == 1 ? p.x() : model.node("Sum", p.inputs, {}, p.path + ".sum");
  auto const share = model.constant(1 / static_cast<float>(p.inputs.size()), p.path + ".share");
  return model.node("Mul", {sum, share}, {}, p.path);
}

std::string weighted_sum(placed_operation const& p, model_writer& model) {
  auto const count = static_cast<std::int64_t>(p.inputs.size());
  auto const weights =
      model.node("Sigmoid", {model.weight(p.path, {count}, p.path + ".weight")}, {}, p.path + ".weights");
  std::vector<std::string> terms;
  for (std::int64_t i = 0; i < count; ++i) {
    auto const one = fmt::format("{}.{}", p.path, i);
    auto const weight =
        model.node("Gather", {weights, model.constant(integers{i}, one + ".index")}, {}, one + ".weight");
    terms.push_back(model.node("Mul", {p.inputs[static_cast<std::size_t>(i)], weight}, {}, one));
  }
  return count == 1 ? terms.front() : model.node("Sum", terms, {}, p.path);
}

std::string highway(placed_operation const& p, model_writer& model) {
  auto const& state = p.inputs[0];
  auto const gate = model.node("Sigmoid", {p.inputs[1]}, {}, p.path + ".gate");
  auto const change = model.node("Sub", {p.inputs[2], state}, {}, p.path + ".change");
  return model.node("Add", {state, model.node("Mul", {gate, change}, {}, p.path + ".step")}, {}, p.path);
}

} // namespace

std::int64_t channel_axis(compiler::tensor_type const& type) {
  return type.kind == dsl::tensor_kind::sequence || type.kind == dsl::tensor_kind::tokens ? 2 : 1;
}

std::vector<operation_row> const feature_rows{
    {"relu", relu},
    {"relu6", relu6},
    {"hard_swish", hard_swish},
    {"swish", swish},
    {"gelu", gelu},
    {"sigmoid", sigmoid},
    {"tanh", tanh},
    {"batch_norm", batch_norm},
    {"layer_norm", layer_norm},
    {"none", none},
    {"skip_connect", identity},
    {"channels_last", identity},
    {"global_avg_pool", global_avg_pool},
    {"flatten", flatten},
    {"chunk", chunk},
    {"truncate", truncate},
    {"add", add},
    {"concat", concat},
    {"average", average},
    {"weighted_sum", weighted_sum},
    {"highway", highway},
};

} // namespace espalier::onnx
