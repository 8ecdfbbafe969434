#include "packed_weights.hpp"

#include <torch/torch.h>

namespace espalier::runtime {

namespace {

using at::Tensor;

// [rows, columns, taps] -> [taps, columns, rows]
template <class From, class To>
[[gnu::optimize("O3")]] void turn(From const* from, std::int64_t rows, std::int64_t columns, std::int64_t taps,
                                  To* to) {
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      for (std::int64_t k = 0; k < taps; ++k)
        to[(k * columns + c) * rows + r] = static_cast<To>(from[(r * columns + c) * taps + k]);
}

// [taps, columns, rows] -> [rows, columns, taps]
template <class From, class To>
[[gnu::optimize("O3")]] void turn_back(From const* from, std::int64_t rows, std::int64_t columns, std::int64_t taps,
                                       To* to) {
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      for (std::int64_t k = 0; k < taps; ++k)
        to[(r * columns + c) * taps + k] = static_cast<To>(from[(k * columns + c) * rows + r]);
}

std::int64_t taps_of(Tensor const& w) {
  return w.size(2) * w.size(3);
}

} // namespace

weight_packing::weight_packing(compiler::fused_stage const& stage, std::vector<Tensor> const& weights)
    : has_depthwise_(stage.what == compiler::fused_stage::kind::separable),
      depthwise_(has_depthwise_ ? weights.front().numel() : 0), full_(-depthwise_) {
  for (auto const& w : weights)
    full_ += w.numel();
}

template <class T>
packed_weights<T> weight_packing::pack(std::vector<Tensor> const& weights) const {
  packed_weights<T> made{aligned_vector<T>(static_cast<std::size_t>(depthwise_)),
                         aligned_vector<T>(static_cast<std::size_t>(full_))};
  auto* to = made.full.data();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    auto const w = weights[i].contiguous();
    bool const is_depthwise = i == 0 && has_depthwise_;
    turn(w.template data_ptr<T>(), w.size(0), w.size(1), taps_of(w), is_depthwise ? made.depthwise.data() : to);
    to += is_depthwise ? 0 : w.numel();
  }
  return made;
}

template <class T>
aligned_vector<T> weight_packing::turned(std::vector<Tensor> const& weights) const {
  aligned_vector<T> made(static_cast<std::size_t>(full_));
  auto* to = made.data();
  for (std::size_t i = has_depthwise_ ? 1 : 0; i < weights.size(); ++i) {
    auto const w = weights[i].contiguous();
    auto const* const from = w.template data_ptr<T>();
    auto const taps = taps_of(w);
    auto const matrix = w.numel() / taps;
    for (std::int64_t k = 0; k < taps; ++k)
      for (std::int64_t j = 0; j < matrix; ++j)
        to[(taps - 1 - k) * matrix + j] = from[j * taps + k];
    to += w.numel();
  }
  return made;
}

template <class T>
void weight_packing::unpack(std::vector<T> const& packed, std::vector<Tensor> const& weights,
                            std::vector<Tensor> const& to) const {
  auto const* from = packed.data();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    auto const& w = weights[i];
    turn_back(from, w.size(0), w.size(1), taps_of(w), to[i].template data_ptr<T>());
    from += w.numel();
  }
}

std::vector<Tensor> empty_side_by_side(std::vector<Tensor> const& like) {
  constexpr std::int64_t line = 16; // numbers
  std::int64_t size = 0;
  for (auto const& x : like)
    size += (x.numel() + line - 1) / line * line;
  std::vector<Tensor> made;
  if (like.empty())
    return made;
  auto const all = torch::empty({size}, like.front().options());
  std::int64_t at = 0;
  for (auto const& x : like) {
    auto part = at::detail::make_tensor<c10::TensorImpl>(c10::Storage{all.storage()}, all.key_set(), all.dtype());
    part.unsafeGetTensorImpl()->set_sizes_contiguous(x.sizes());
    part.unsafeGetTensorImpl()->set_storage_offset(at);
    made.push_back(std::move(part));
    at += (x.numel() + line - 1) / line * line;
  }
  return made;
}

template packed_weights<float> weight_packing::pack(std::vector<Tensor> const&) const;
template packed_weights<double> weight_packing::pack(std::vector<Tensor> const&) const;
template aligned_vector<float> weight_packing::turned(std::vector<Tensor> const&) const;
template aligned_vector<double> weight_packing::turned(std::vector<Tensor> const&) const;
template void weight_packing::unpack(std::vector<float> const&, std::vector<Tensor> const&,
                                     std::vector<Tensor> const&) const;
template void weight_packing::unpack(std::vector<double> const&, std::vector<Tensor> const&,
                                     std::vector<Tensor> const&) const;

} // namespace espalier::runtime
