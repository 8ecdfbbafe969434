#pragma once

#include "aligned_vector.hpp"

#include <espalier/dsl/tensor_type.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include <ATen/core/Tensor.h>

/// Work on images [N, H, W, C] one by one.
namespace espalier::runtime {

/// Into how many parts the images of a batch are divided, whatever the number of threads: sums come out the same.
inline std::int64_t parts_of(std::int64_t batch) {
  constexpr std::int64_t most = 8;
  return std::clamp<std::int64_t>(batch / 2, 1, most);
}

template <class T>
T* image_of(at::Tensor const& x, std::int64_t image) {
  return x.data_ptr<T>() + image * (x.numel() / x.size(0));
}

/// Does the work of every part, on LibTorch's threads.
void for_each_part(std::int64_t parts, std::function<void(std::int64_t part)> const& work);

/// Calls `body(part, image)` for every image, images of a part one after another.
template <class Body>
void for_each_image(std::int64_t batch, Body body) {
  auto const parts = parts_of(batch);
  for_each_part(parts, [&](std::int64_t part) {
    for (auto image = batch * part / parts; image < batch * (part + 1) / parts; ++image)
      body(part, image);
  });
}

/// Memory of a thread, of zeros at first, that keeps what was written to it, by what uses it.
template <class T>
T* thread_memory(void const* user, std::int64_t size) {
  thread_local std::map<void const*, aligned_vector<T>> memory;
  auto& held = memory[user];
  if (static_cast<std::int64_t>(held.size()) < size)
    held.resize(static_cast<std::size_t>(size));
  return held.data();
}

/// Sums of `Sum`s over the first dimension of [count, rest], in its order.
template <class Sum = double, class T>
[[gnu::optimize("O3")]] std::vector<Sum> summed(aligned_vector<T> const& all, std::int64_t count) {
  auto const size = all.size() / static_cast<std::size_t>(count);
  std::vector<Sum> sums(size);
  for (std::size_t begin = 0; begin < all.size(); begin += size) {
    T const* const from = all.data() + begin;
    for (std::size_t i = 0; i < size; ++i)
      sums[i] += static_cast<Sum>(from[i]);
  }
  return sums;
}

} // namespace espalier::runtime
