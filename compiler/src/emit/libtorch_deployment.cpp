#include "libtorch_deployment.hpp"

#include <espalier/compiler/emit.hpp>

#include <algorithm>
#include <array>

namespace espalier::compiler {

namespace {

constexpr std::string_view affine =
    R"cpp(/// A linear layer. Of one example it is a product of a matrix and a vector, which is sooner computed as one.
inline torch::Tensor affine(const torch::Tensor &x, const torch::Tensor &weight, const torch::Tensor &bias) {
  if (x.dim() != 2 || x.size(0) != 1)
    return torch::linear(x, weight, bias);
  auto y = bias.defined() ? torch::addmv(bias, weight, x[0]) : torch::mv(weight, x[0]);
  return y.unsqueeze(0);
}
)cpp";

constexpr std::string_view linear =
    R"cpp(/// A linear layer that is quick of one example too.
struct LinearImpl : torch::nn::LinearImpl {
  using torch::nn::LinearImpl::LinearImpl;

  torch::Tensor forward(const torch::Tensor &x) {
    return affine(x, weight, bias);
  }
};
TORCH_MODULE(Linear);
)cpp";

constexpr std::string_view conv2d =
    R"cpp(/// A convolution by oneDNN. For one image LibTorch prefers its own in more cases than those in which that is quicker:
/// of few multiply-adds.
struct Conv2dImpl : torch::nn::Conv2dImpl {
  using torch::nn::Conv2dImpl::Conv2dImpl;

  torch::Tensor forward(const torch::Tensor &x) {
    using std::get;
    bool by_onednn = torch::hasMKLDNN() && x.is_cpu() && x.scalar_type() == torch::kFloat;
    bool is_small = options.groups() == 1 && x.size(0) * x.size(2) * x.size(3) * weight.numel() < 250000;
    if (!by_onednn || is_small)
      return torch::nn::Conv2dImpl::forward(x);
    auto padding = *get<torch::ExpandingArray<2>>(options.padding());
    return torch::mkldnn_convolution(
        x, weight, bias, padding, *options.stride(), *options.dilation(), options.groups());
  }
};
TORCH_MODULE(Conv2d);
)cpp";

constexpr std::string_view squeeze_excite =
    R"cpp(/// Scales each channel by a gate computed from the means of all (Hu et al. 2018).
struct SqueezeExciteImpl : torch::nn::Module {
  SqueezeExciteImpl(int64_t channels, int64_t squeezed) {
    reduce_ = register_module("reduce", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, squeezed, 1)));
    expand_ = register_module("expand", torch::nn::Conv2d(torch::nn::Conv2dOptions(squeezed, channels, 1)));
  }

  torch::Tensor forward(torch::Tensor x) {
    auto squeezed = affine(x.mean({2, 3}), reduce_->weight.flatten(1), reduce_->bias).relu_();
    auto gate = affine(squeezed, expand_->weight.flatten(1), expand_->bias).sigmoid_();
    return x * gate.unsqueeze(2).unsqueeze(3);
  }

  torch::nn::Conv2d reduce_{nullptr};
  torch::nn::Conv2d expand_{nullptr};
};
TORCH_MODULE(SqueezeExcite);
)cpp";

constexpr std::array<std::string_view, 7> activations{"relu", "relu6",   "hard_swish", "swish",
                                                      "gelu", "sigmoid", "tanh"};
constexpr std::array<std::string_view, 12> makers{
    "conv",       "rectangular_conv", "quantized_conv", "transposed_conv", "factorized_reduce", "linear",
    "batch_norm", "layer_norm",       "group_norm",     "squeeze_excite",  "max_pool",          "avg_pool"};

// Whether an operation makes a tensor of its own, not a view of another one.
bool makes_tensor(operation const& op) {
  if (op.form() == structure::add || op.form() == structure::concat)
    return op.operands.size() > 1;
  return std::ranges::find(makers, op.declaration->name) != makers.end();
}

} // namespace

std::string_view deployment_passes() {
  return "fold_identities,remove_dead_code,inline_blocks,eliminate_common_subexpressions,fold_batch_norms";
}

std::string_view deployed_type(std::string_view member) {
  if (member == "torch::nn::Conv2d")
    return "Conv2d";
  return member == "torch::nn::Linear" ? "Linear" : member;
}

std::vector<libtorch_helper> const& deployment_helpers() {
  static std::vector<libtorch_helper> const helpers{
      {"affine", false, affine},
      {"Linear", true, linear},
      {"Conv2d", true, conv2d},
      {"SqueezeExcite", true, squeeze_excite},
  };
  return helpers;
}

bool can_overwrite(operation const& op, region const& in) {
  if (std::ranges::find(activations, op.declaration->name) == activations.end())
    return false;
  auto const& read = op.operands.front();
  auto const* const maker = in.definition_of(read);
  auto const reads = [&](operation const& other) { return std::ranges::count(other.operands, read); };
  auto readers = std::ranges::count(in.yields, read);
  for (auto const& other : in.operations)
    readers += reads(other);
  return maker != nullptr && makes_tensor(*maker) && readers == 1;
}

} // namespace espalier::compiler
