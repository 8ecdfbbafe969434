#include "operations.hpp"

#include <espalier/compiler/error.hpp>

#include <map>
#include <string_view>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

namespace {

using compiler::operation;
using compiler::tensor_type;
namespace nn = torch::nn;

struct FactorizedReduceImpl : nn::Module {
  FactorizedReduceImpl(int in, int out)
      : conv0(register_module("conv0", nn::Conv2d(nn::Conv2dOptions(in, out / 2, 1).stride(2).bias(false)))),
        conv1(register_module("conv1", nn::Conv2d(nn::Conv2dOptions(in, out / 2, 1).stride(2).bias(false)))) {}

  at::Tensor forward(at::Tensor const& x) { return torch::cat({conv0(x), conv1(x.slice(2, 1).slice(3, 1))}, 1); }

  nn::Conv2d conv0;
  nn::Conv2d conv1;
};
TORCH_MODULE(FactorizedReduce);

template <class Holder>
kernel with_module(Holder holder) {
  return {holder.ptr(), [module = holder.ptr()](at::Tensor const& x) { return module->forward(x); }};
}

kernel make_conv(operation const& op, tensor_type const& in, network::affine) {
  int const size = op.attribute("kernel");
  int const dilation = op.attribute("dilation");
  return with_module(nn::Conv2d(nn::Conv2dOptions(in.channels, op.attribute("channels"), size)
                                    .stride(op.attribute("stride"))
                                    .padding(dilation * (size - 1) / 2)
                                    .dilation(dilation)
                                    .groups(op.attribute("groups"))
                                    .bias(false)));
}

kernel make_factorized_reduce(operation const& op, tensor_type const& in, network::affine) {
  return with_module(FactorizedReduce(in.channels, op.attribute("channels")));
}

kernel make_batch_norm(operation const& op, tensor_type const& in, network::affine norms) {
  bool const affine = norms == network::affine::yes && op.attribute("search_only") == 0;
  return with_module(nn::BatchNorm2d(nn::BatchNorm2dOptions(in.channels).affine(affine)));
}

kernel make_max_pool(operation const& op, tensor_type const&, network::affine) {
  auto const size = op.attribute("kernel");
  return {nullptr, [size, stride = op.attribute("stride")](at::Tensor const& x) {
            return torch::max_pool2d(x, size, stride, (size - 1) / 2);
          }};
}

kernel make_avg_pool(operation const& op, tensor_type const&, network::affine) {
  auto const size = op.attribute("kernel");
  return {nullptr, [size, stride = op.attribute("stride")](at::Tensor const& x) {
            return torch::avg_pool2d(x, size, stride, (size - 1) / 2, /*ceil_mode=*/false, /*count_include_pad=*/false);
          }};
}

kernel make_none(operation const& op, tensor_type const&, network::affine) {
  return {nullptr, [stride = op.attribute("stride")](at::Tensor const& x) {
            return torch::zeros_like(x.slice(2, 0, x.size(2), stride).slice(3, 0, x.size(3), stride));
          }};
}

kernel make_linear(operation const& op, tensor_type const& in, network::affine) {
  return with_module(nn::Linear(in.channels, op.attribute("channels")));
}

using maker = kernel (*)(operation const&, tensor_type const&, network::affine);

std::map<std::string_view, maker> const makers{
    {"conv", make_conv},
    {"factorized_reduce", make_factorized_reduce},
    {"batch_norm", make_batch_norm},
    {"relu",
     [](auto const&, auto const&, auto) {
       return kernel{nullptr, [](at::Tensor const& x) { return torch::relu(x); }};
     }},
    {"max_pool", make_max_pool},
    {"avg_pool", make_avg_pool},
    {"skip_connect",
     [](auto const&, auto const&, auto) {
       return kernel{nullptr, [](at::Tensor const& x) { return x; }};
     }},
    {"none", make_none},
    {"global_avg_pool",
     [](auto const&, auto const&, auto) {
       return kernel{nullptr, [](at::Tensor const& x) { return x.mean({2, 3}); }};
     }},
    {"linear", make_linear},
};

} // namespace

kernel make_kernel(operation const& leaf, tensor_type const& in, network::affine norms) {
  auto const found = makers.find(leaf.declaration->name);
  if (found == makers.end())
    throw internal_error(fmt::format("the runtime has no kernel for {}", leaf.declaration->name));
  return found->second(leaf, in, norms);
}

} // namespace espalier::runtime
