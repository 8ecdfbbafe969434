#include "libtorch_leaves.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using numbers = libtorch_leaf::numbers;

std::string text(numbers const& n, std::string_view name) {
  return n.find(name)->second.text();
}

expression argument(numbers const& n, std::string_view name) {
  return {text(n, name)};
}

// dilation * (kernel - 1) / 2, which keeps the size of the map at stride 1.
number padding(number const& kernel, number const& dilation = {"", 1}) {
  if (kernel.parameter.empty() && dilation.parameter.empty())
    return {"", dilation.literal * (kernel.literal / 2)};
  if (kernel.parameter.empty())
    return {kernel.is(3) ? dilation.text() : fmt::format("{} * {}", dilation.text(), kernel.literal / 2), 0};
  return {dilation.is(1) ? kernel.text() + " / 2" : fmt::format("{} * ({} / 2)", dilation.text(), kernel.text()), 0};
}

expression conv(operation const&, numbers const& n) {
  auto options =
      call("torch::nn::Conv2dOptions", {argument(n, "in_channels"), argument(n, "channels"), argument(n, "kernel")});
  auto const add_option = [&](std::string_view name, number const& value, int preset) {
    if (!value.is(preset))
      options.options.push_back(fmt::format(".{}({})", name, value.text()));
  };
  auto const& dilation = n.find("dilation")->second;
  add_option("stride", n.find("stride")->second, 1);
  add_option("padding", padding(n.find("kernel")->second, dilation), 0);
  add_option("dilation", dilation, 1);
  add_option("groups", n.find("groups")->second, 1);
  options.options.emplace_back(".bias(false)");
  return call("torch::nn::Conv2d", {options});
}

expression factorized_reduce(operation const&, numbers const& n) {
  return call("FactorizedReduce", {argument(n, "in_channels"), argument(n, "channels")});
}

expression batch_norm(operation const& op, numbers const& n) {
  if (op.attribute("search_only") == 0)
    return call("torch::nn::BatchNorm2d", {argument(n, "in_channels")});
  auto options = call("torch::nn::BatchNorm2dOptions", {argument(n, "in_channels")});
  options.options.emplace_back(".affine(false)");
  return call("torch::nn::BatchNorm2d", {options});
}

expression linear(operation const&, numbers const& n) {
  return call("torch::nn::Linear", {argument(n, "in_channels"), argument(n, "channels")});
}

expression relu(numbers const&, std::string const& x) {
  return call("torch::relu", {{x}});
}

expression max_pool(numbers const& n, std::string const& x) {
  number const padded = padding(n.find("kernel")->second);
  return call("torch::max_pool2d", {{x}, argument(n, "kernel"), argument(n, "stride"), {padded.text()}});
}

expression avg_pool(numbers const& n, std::string const& x) {
  auto pool = max_pool(n, x);
  pool.name = "torch::avg_pool2d";
  pool.arguments.push_back({"/*ceil_mode=*/false"});
  pool.arguments.push_back({"/*count_include_pad=*/false"});
  return pool;
}

expression none(numbers const& n, std::string const& x) {
  auto const& stride = n.find("stride")->second;
  auto const strided = call("torch::max_pool2d", {{x}, {"1"}, {stride.text()}});
  return call("torch::zeros_like", {stride.is(1) ? expression{x} : strided});
}

expression global_avg_pool(numbers const&, std::string const& x) {
  return {x + ".mean({2, 3})"};
}

// One row an operation: to emit a new one, add its row.
std::vector<libtorch_leaf> const& leaves() {
  static std::vector<libtorch_leaf> const rows{
      {"conv", {"in_channels", "channels", "kernel", "stride", "dilation", "groups"}, "torch::nn::Conv2d", conv, {}},
      {"factorized_reduce", {"in_channels", "channels"}, "FactorizedReduce", factorized_reduce, {}},
      {"batch_norm", {"in_channels"}, "torch::nn::BatchNorm2d", batch_norm, {}},
      {"linear", {"in_channels", "channels"}, "torch::nn::Linear", linear, {}},
      {"relu", {}, "", {}, relu},
      {"max_pool", {"kernel", "stride"}, "", {}, max_pool},
      {"avg_pool", {"kernel", "stride"}, "", {}, avg_pool},
      {"none", {"stride"}, "", {}, none},
      {"global_avg_pool", {}, "", {}, global_avg_pool},
  };
  return rows;
}

} // namespace

libtorch_leaf const& libtorch_leaf_of(operation const& leaf) {
  auto const row = std::ranges::find(leaves(), leaf.declaration->name, &libtorch_leaf::operation);
  if (row == leaves().end())
    throw internal_error(
        fmt::format("%{}: {} has no row in the table of LibTorch's leaves", leaf.name(), leaf.declaration->name));
  return *row;
}

std::string_view const libtorch_channels_last =
    R"cpp(/// The layout in which depthwise convolutions are fastest on CPUs. An image of one channel has it only by its strides.
inline torch::Tensor channels_last(torch::Tensor x) {
  if (x.size(1) > 1)
    return x.contiguous(torch::MemoryFormat::ChannelsLast);
  return x.contiguous().as_strided(x.sizes(), {x.size(2) * x.size(3), 1, x.size(3), 1});
}
)cpp";

std::string_view const libtorch_factorized_reduce =
    R"cpp(/// Halves a map by two 1x1 convolutions of stride 2, the second one on the map shifted by a pixel.
struct FactorizedReduceImpl : torch::nn::Module {
  FactorizedReduceImpl(int64_t in_channels, int64_t out_channels) {
    auto options = torch::nn::Conv2dOptions(in_channels, out_channels / 2, 1).stride(2).bias(false);
    conv0_ = register_module("conv0", torch::nn::Conv2d(options));
    conv1_ = register_module("conv1", torch::nn::Conv2d(options));
  }

  torch::Tensor forward(torch::Tensor x) {
    auto shifted = x.slice(/*dim=*/2, /*start=*/1).slice(/*dim=*/3, /*start=*/1);
    return torch::cat({conv0_(x), conv1_(shifted)}, 1);
  }

  torch::nn::Conv2d conv0_{nullptr};
  torch::nn::Conv2d conv1_{nullptr};
};
TORCH_MODULE(FactorizedReduce);
)cpp";

} // namespace espalier::compiler
