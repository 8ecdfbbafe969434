#include "operations.hpp"

#include <cmath>

#include <torch/torch.h>

namespace espalier::runtime {

namespace {

using at::Tensor;
using at::TensorList;

// The numbers of a convolution, whose padding keeps the map at stride 1.
struct window {
  std::vector<std::int64_t> padding;
  std::vector<std::int64_t> stride;
  std::vector<std::int64_t> dilation;
  std::int64_t groups;

  window(int height, int width, int stride_length, int rate = 1, int group_count = 1)
      : padding{rate * (height - 1) / 2, rate * (width - 1) / 2}, stride{stride_length, stride_length}, dilation{rate,
                                                                                                                 rate},
        groups(group_count) {}
};

// The pixels that a stride comes by, from a first row and column on.
Tensor strided(Tensor const& x, std::int64_t stride, std::int64_t first = 0) {
  return x.slice(2, first, x.size(2), stride).slice(3, first, x.size(3), stride);
}

// A 1x1 convolution is given just the pixels that it reads: the gradient of the weights of a strided one that reads few
// channels writes, with several threads, where it must not (oneDNN issue 6035).
Tensor convolved(Tensor const& x, Tensor const& weight, Tensor const& bias, window const& w) {
  bool const skips_pixels = weight.size(2) == 1 && weight.size(3) == 1 && w.stride.front() > 1;
  if (skips_pixels)
    return torch::conv2d(strided(x, w.stride.front()), weight, bias, at::IntArrayRef{1, 1}, w.padding, w.dilation,
                         w.groups);
  return torch::conv2d(x, weight, bias, w.stride, w.padding, w.dilation, w.groups);
}

kernel conv(typed_operation const& t) {
  auto const& op = t.op;
  int const height = op.attribute("kernel");
  int const width = op.attribute("kernel_width") == dsl::inherited ? height : op.attribute("kernel_width");
  window const w{height, width, op.attribute("stride"), op.attribute("dilation"), op.attribute("groups")};
  return [w](TensorList x, TensorList held, mode) {
    return convolved(x[0], held[0], held.size() > 1 ? held[1] : Tensor{}, w);
  };
}

kernel rectangular_conv(typed_operation const& t) {
  auto const& op = t.op;
  int const height = op.attribute("kernel");
  int const width = op.attribute("kernel_width");
  window w{height, width, 1};
  w.stride = {op.attribute("stride_height"), op.attribute("stride_width")};
  if (op.attribute("padded") == 0)
    w.padding = {0, 0};
  return [w](TensorList x, TensorList held, mode) { return torch::conv2d(x[0], held[0], {}, w.stride, w.padding); };
}

constexpr int full_precision = 32;

// Rounds numbers in [0, 1] to so many bits; the gradient passes unchanged (DoReFa; Zhou et al. 2016, equation 5).
Tensor rounded(Tensor const& x, int bits) {
  if (bits == full_precision)
    return x;
  double const steps = std::exp2(bits) - 1;
  return x + (torch::round(x * steps) / steps - x).detach();
}

// Equation 9; of one bit, equation 8.
Tensor quantized_weight(Tensor const& weight, int bits) {
  if (bits == full_precision)
    return weight;
  if (bits == 1)
    return weight + (torch::sign(weight) * weight.abs().mean() - weight).detach();
  auto const bounded = torch::tanh(weight);
  return 2 * rounded(bounded / (2 * bounded.abs().max()) + 0.5, bits) - 1;
}

kernel quantized_conv(typed_operation const& t) {
  auto const& op = t.op;
  int const size = op.attribute("kernel");
  return [w = window{size, size, op.attribute("stride")}, weight_bits = op.attribute("weight_bits"),
          activation_bits = op.attribute("activation_bits")](TensorList x, TensorList held, mode) {
    auto const read = activation_bits == full_precision ? x[0] : rounded(torch::clamp(x[0], 0, 1), activation_bits);
    return convolved(read, quantized_weight(held[0], weight_bits), {}, w);
  };
}

kernel factorized_reduce(typed_operation const&) {
  return [](TensorList x, TensorList held, mode) {
    return torch::cat({torch::conv2d(strided(x[0], 2), held[0]), torch::conv2d(strided(x[0], 2, 1), held[1])}, 1);
  };
}

kernel shortcut(typed_operation const& t) {
  std::int64_t const stride = t.op.attribute("stride");
  bool const changes_channels = t.op.attribute("channels") != t.operands.front().channels;
  return [=](TensorList x, TensorList held, mode) {
    auto const pooled = stride == 1 ? x[0]
                                    : torch::avg_pool2d(x[0], stride, stride, 0, /*ceil_mode=*/true,
                                                        /*count_include_pad=*/false);
    return changes_channels ? torch::conv2d(pooled, held[0]) : pooled;
  };
}

kernel transposed_conv(typed_operation const& t) {
  auto const& op = t.op;
  int const size = op.attribute("kernel");
  window const w{size, size, op.attribute("stride"), op.attribute("dilation"), op.attribute("groups")};
  return [w, more = w.stride.front() - 1](TensorList x, TensorList held, mode) {
    return torch::conv_transpose2d(x[0], held[0], held.size() > 1 ? held[1] : Tensor{}, w.stride, w.padding,
                                   {more, more}, w.groups, w.dilation);
  };
}

// What pads a pooling window so that stride 1 keeps the map; 0 for an unpadded one.
std::int64_t pool_padding(compiler::operation const& op) {
  return op.attribute("padded") != 0 ? (op.attribute("kernel") - 1) / 2 : 0;
}

kernel max_pool(typed_operation const& t) {
  return [size = t.op.attribute("kernel"), stride = t.op.attribute("stride"), padding = pool_padding(t.op)](
             TensorList x, TensorList, mode) { return torch::max_pool2d(x[0], size, stride, padding); };
}

kernel avg_pool(typed_operation const& t) {
  return [size = t.op.attribute("kernel"), stride = t.op.attribute("stride"),
          padding = pool_padding(t.op)](TensorList x, TensorList, mode) {
    return torch::avg_pool2d(x[0], size, stride, padding, /*ceil_mode=*/false, /*count_include_pad=*/false);
  };
}

kernel resize(typed_operation const& t) {
  return [size = t.op.attribute("size")](TensorList x, TensorList, mode) {
    return torch::upsample_bilinear2d(x[0], {size, size}, /*align_corners=*/false);
  };
}

kernel upsample(typed_operation const& t) {
  return [factor = t.op.attribute("factor")](TensorList x, TensorList, mode) {
    return torch::upsample_nearest2d(x[0], {x[0].size(2) * factor, x[0].size(3) * factor});
  };
}

kernel channel_shuffle(typed_operation const& t) {
  return [groups = t.op.attribute("groups")](TensorList x, TensorList, mode) { // torch's own has no derivative in 1.13
    auto const n = x[0].size(0), c = x[0].size(1), h = x[0].size(2), w = x[0].size(3);
    return x[0].reshape({n, groups, c / groups, h, w}).transpose(1, 2).reshape({n, c, h, w});
  };
}

kernel channel_part(typed_operation const& t) {
  return [part = t.op.attribute("part"), parts = t.op.attribute("parts")](TensorList x, TensorList, mode) {
    return x[0].slice(1, part, x[0].size(1), parts);
  };
}

kernel squeeze_excite(typed_operation const&) {
  return [](TensorList x, TensorList held, mode) {
    auto const squeezed = torch::relu(torch::conv2d(x[0].mean({2, 3}, /*keepdim=*/true), held[0], held[1]));
    return x[0] * torch::sigmoid(torch::conv2d(squeezed, held[2], held[3]));
  };
}

kernel group_norm(typed_operation const& t) {
  return [groups = t.op.attribute("groups")](TensorList x, TensorList held, mode) {
    return torch::group_norm(x[0], groups, held[0], held[1]);
  };
}

kernel patch_embedding(typed_operation const& t) {
  return [patch = t.op.attribute("patch")](TensorList x, TensorList held, mode) {
    return torch::conv2d(x[0], held[0], held[1], patch).flatten(2).transpose(1, 2);
  };
}

kernel crop(typed_operation const&) {
  return [](TensorList x, TensorList, mode) { return x[0].slice(2, 1).slice(3, 1); };
}

kernel channels_last_kernel(typed_operation const&) {
  return [](TensorList x, TensorList, mode) { return channels_last(x[0]); };
}

} // namespace

at::Tensor channels_last(at::Tensor const& x) {
  if (x.dim() != 4 || x.size(1) > 1)
    return x.dim() == 4 ? x.contiguous(at::MemoryFormat::ChannelsLast) : x;
  return x.contiguous().as_strided(x.sizes(), {x.size(2) * x.size(3), 1, x.size(3), 1});
}

kernel_makers const& image_kernels() {
  static kernel_makers const makers{
      {"conv", conv},
      {"rectangular_conv", rectangular_conv},
      {"quantized_conv", quantized_conv},
      {"factorized_reduce", factorized_reduce},
      {"shortcut", shortcut},
      {"transposed_conv", transposed_conv},
      {"max_pool", max_pool},
      {"avg_pool", avg_pool},
      {"resize", resize},
      {"upsample", upsample},
      {"channel_shuffle", channel_shuffle},
      {"channel_part", channel_part},
      {"squeeze_excite", squeeze_excite},
      {"group_norm", group_norm},
      {"patch_embedding", patch_embedding},
      {"crop", crop},
      {"channels_last", channels_last_kernel},
  };
  return makers;
}

} // namespace espalier::runtime
