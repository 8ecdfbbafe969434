#pragma once

#include "images.hpp"
#include "memory_pool.hpp"
#include "normalization.hpp"
#include "shared_input.hpp"

namespace espalier::runtime {

/// A value, pooled: for all sums that read it.
template <class T>
struct pooled_map {
  std::shared_ptr<memory_pool::block> u; // [N, H, W, C]
  std::shared_ptr<memory_pool::block> winners;
  std::int64_t size;         // numbers an image
  aligned_vector<T> moments; // [images, 2, channels]

  [[nodiscard]] T* image(std::int64_t i) const { return u->template as<T>() + i * size; }
  [[nodiscard]] std::uint8_t* winners_of(std::int64_t i) const {
    return winners == nullptr ? nullptr : winners->template as<std::uint8_t>() + i * size;
  }
};

/// The gradient of a pooled value, scaled: what the normalizations behind it add is the same for all pixels, or a
/// multiple of what they normalize.
template <class T>
class pooled_gradient final : public gradient_share {
public:
  pooled_gradient(kernels::pool_table<T> const& table, pooled_map<T> pooled, memory_pool::block memory,
                  std::size_t channels)
      : table_(table), pooled_(std::move(pooled)), memory_(std::move(memory)), ones_(channels, T{1}), slope_(channels),
        shift_(channels) {}

  [[nodiscard]] T* image(std::int64_t i) const { return memory_.template as<T>() + i * pooled_.size; }

  void add(gradient_numbers<T> const& numbers) {
    for (std::size_t c = 0; c < ones_.size(); ++c) {
      slope_[c] += numbers.slope[c];
      shift_[c] += numbers.shift[c];
    }
  }

  void add_to(at::Tensor const& gradient) const override {
    for_each_image(gradient.size(0), [&](std::int64_t, std::int64_t i) {
      table_.backward({image(i), pooled_.image(i), ones_.data(), slope_.data(), shift_.data()}, pooled_.winners_of(i),
                      image_of<T>(gradient, i));
    });
  }

private:
  kernels::pool_table<T> const& table_;
  pooled_map<T> pooled_;
  memory_pool::block memory_;
  aligned_vector<T> ones_;
  aligned_vector<T> slope_;
  aligned_vector<T> shift_;
};

} // namespace espalier::runtime
