#include "leaves.hpp"

#include <array>
#include <cmath>
#include <span>

#include <espalier/compiler/error.hpp>

#include <fmt/format.h>

namespace espalier::onnx {

namespace {

using dsl::tensor_kind;

// x times the transposed weight, and a bias unless its name is empty.
std::string projected(std::string const& x, std::string const& weight, std::string const& bias, std::string const& path,
                      model_writer& model) {
  auto const turned = model.node("Transpose", {weight}, {{"perm", integers{1, 0}}}, path + ".transposed");
  auto const product = model.node("MatMul", {x, turned}, {}, bias.empty() ? path : path + ".product");
  return bias.empty() ? product : model.node("Add", {product, bias}, {}, path);
}

std::string linear(placed_operation const& p, model_writer& model) {
  std::int64_t const channels = p.number("channels");
  auto const weight = model.weight(p.path + ".weight", {channels, p.in().channels});
  auto const bias = p.number("bias") != 0 ? model.weight(p.path + ".bias", {channels}) : "";
  if (p.in().kind != tensor_kind::vector)
    return projected(p.x(), weight, bias, p.path, model);
  std::vector<std::string> inputs{p.x(), weight};
  if (!bias.empty())
    inputs.push_back(bias);
  return model.node("Gemm", inputs, {{"transB", std::int64_t{1}}}, p.path);
}

std::string tied_linear(placed_operation const& p, model_writer& model) {
  if (p.embedding.empty())
    throw user_error(
        fmt::format("%{}: tied_linear has the weights of an embedding, and there is none; add one", p.op.name()));
  auto const weight = model.weight(p.embedding + ".weight", {p.vocabulary, p.in().channels});
  auto const bias = p.number("bias") != 0 ? model.weight(p.path, {p.number("channels")}, p.path + ".bias") : "";
  return projected(p.x(), weight, bias, p.path, model);
}

std::string embedding(placed_operation const& p, model_writer& model) {
  return model.node("Gather", {model.weight(p.path + ".weight", {p.in().channels, p.number("channels")}), p.x()}, {},
                    p.path);
}

// Rows of a gate after those of another, in another order of the gates.
std::vector<float> reordered(std::vector<float> const& rows, std::span<std::size_t const> order) {
  auto const gate = rows.size() / order.size();
  std::vector<float> result;
  for (auto const g : order)
    result.insert(result.end(), rows.begin() + static_cast<std::ptrdiff_t>(g * gate),
                  rows.begin() + static_cast<std::ptrdiff_t>((g + 1) * gate));
  return result;
}

// LSTM and GRU. LibTorch and ONNX order the gates differently; ONNX has time first, and a dimension of directions.
std::string recurrent(std::string_view type, std::span<std::size_t const> order, std::vector<attribute> attributes,
                      placed_operation const& p, model_writer& model) {
  std::int64_t const features = p.number("channels");
  auto const rows = static_cast<std::int64_t>(order.size()) * features;
  auto const held = [&](std::string const& name, integers const& shape) {
    return reordered(model.values_of(p.path + name, shape), order);
  };
  auto const w =
      model.constant(held(".weight_ih_l0", {rows, p.in().channels}), {1, rows, p.in().channels}, p.path + ".W");
  auto const r = model.constant(held(".weight_hh_l0", {rows, features}), {1, rows, features}, p.path + ".R");
  auto biases = held(".bias_ih_l0", {rows});
  auto const more = held(".bias_hh_l0", {rows});
  biases.insert(biases.end(), more.begin(), more.end());
  auto const b = model.constant(biases, {1, 2 * rows}, p.path + ".B");
  attributes.emplace_back("hidden_size", features);
  auto const turned = model.node("Transpose", {p.x()}, {{"perm", integers{1, 0, 2}}}, p.path + ".input");
  auto const states = model.node(type, {turned, w, r, b}, attributes, p.path + ".states"); // [T, 1, N, features]
  auto const squeezed =
      model.node("Squeeze", {states, model.constant(integers{1}, p.path + ".direction")}, {}, p.path + ".squeezed");
  return model.node("Transpose", {squeezed}, {{"perm", integers{1, 0, 2}}}, p.path);
}

std::string lstm(placed_operation const& p, model_writer& model) {
  constexpr std::array<std::size_t, 4> order{0, 3, 1, 2}; // input, forget, cell, output -> input, output, forget, cell
  return recurrent("LSTM", order, {}, p, model);
}

std::string gru(placed_operation const& p, model_writer& model) {
  constexpr std::array<std::size_t, 3> order{1, 0, 2}; // reset, update, new -> update, reset, new
  return recurrent("GRU", order, {{"linear_before_reset", std::int64_t{1}}}, p, model);
}

std::string last_step(placed_operation const& p, model_writer& model) {
  auto const last = model.constant(integers{p.in().positions() - 1}, p.path + ".position");
  auto const step = model.node("Gather", {p.x(), last}, {{"axis", std::int64_t{1}}}, p.path + ".step");
  return model.node("Flatten", {step}, {{"axis", std::int64_t{1}}}, p.path);
}

std::string attention(placed_operation const& p, model_writer& model) {
  auto const& in = p.in();
  std::int64_t const heads = p.number("heads");
  std::int64_t const width = p.number("head_width") == 0 ? in.channels / heads : p.number("head_width");
  std::int64_t const inner = heads * width;
  auto const held = [&](std::string const& name, std::int64_t out, std::int64_t from) {
    return std::pair{model.weight(p.path + name + ".weight", {out, from}),
                     model.weight(p.path + name + ".bias", {out})};
  };
  auto const by_head = model.constant(integers{0, in.positions(), heads, width}, p.path + ".by_head");
  auto const part = [&](std::string const& name, integers const& order) {
    auto const [weight, bias] = held(name, inner, in.channels);
    auto const x = projected(p.x(), weight, bias, p.path + name, model);
    auto const split = model.node("Reshape", {x, by_head}, {}, p.path + name + ".split");
    return model.node("Transpose", {split}, {{"perm", order}}, p.path + name + ".heads");
  };
  auto const query = part(".query", {0, 2, 1, 3});
  auto const key = part(".key", {0, 2, 3, 1});
  auto const value = part(".value", {0, 2, 1, 3});
  auto const scale = model.constant(1 / std::sqrt(static_cast<float>(width)), p.path + ".scale");
  auto scores = model.node("MatMul", {query, key}, {}, p.path + ".products");
  scores = model.node("Mul", {scores, scale}, {}, p.path + ".scores");
  scores = model.node("Softmax", {scores}, {{"axis", std::int64_t{3}}}, p.path + ".weights");
  auto mixed = model.node("MatMul", {scores, value}, {}, p.path + ".mixed");
  mixed = model.node("Transpose", {mixed}, {{"perm", integers{0, 2, 1, 3}}}, p.path + ".by_position");
  mixed = model.node("Reshape", {mixed, model.constant(integers{0, in.positions(), inner}, p.path + ".flat")}, {},
                     p.path + ".joined");
  auto const [weight, bias] = held(".projection", in.channels, inner);
  return projected(mixed, weight, bias, p.path, model);
}

std::string position_embedding(placed_operation const& p, model_writer& model) {
  return model.node("Add", {p.x(), model.weight(p.path, {p.in().positions(), p.in().channels}, p.path + ".weight")}, {},
                    p.path);
}

std::string as_image(placed_operation const& p, model_writer& model) {
  auto const& in = p.in();
  if (in.kind == tensor_kind::image)
    return p.x();
  auto const turned = model.node("Transpose", {p.x()}, {{"perm", integers{0, 2, 1}}}, p.path + ".turned");
  return model.node("Reshape",
                    {turned, model.constant(integers{0, in.channels, in.height, in.width}, p.path + ".shape")}, {},
                    p.path);
}

std::string as_positions(placed_operation const& p, model_writer& model) {
  auto const& in = p.in();
  if (in.kind != tensor_kind::image)
    return p.x();
  auto const flat = model.node("Reshape", {p.x(), model.constant(integers{0, in.channels, -1}, p.path + ".shape")}, {},
                               p.path + ".flat");
  return model.node("Transpose", {flat}, {{"perm", integers{0, 2, 1}}}, p.path);
}

} // namespace

std::vector<operation_row> const sequence_rows{
    {"linear", linear},
    {"tied_linear", tied_linear},
    {"embedding", embedding},
    {"lstm", lstm},
    {"gru", gru},
    {"last_step", last_step},
    {"attention", attention},
    {"position_embedding", position_embedding},
    {"as_image", as_image},
    {"as_sequence", as_positions},
    {"as_tokens", as_positions},
};

} // namespace espalier::onnx
