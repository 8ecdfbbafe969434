#pragma once

#include <cstdint>

namespace espalier::dsl {

/// What a tensor means: an image [N, C, H, W] or a vector [N, C].
enum class tensor_kind : std::uint8_t { image, vector };

/// The type of a value without its batch dimension: kind, channels (features of a vector), height and width (1 for a
/// vector).
struct tensor_type {
  tensor_kind kind = tensor_kind::image;
  int channels = 0;
  int height = 1;
  int width = 1;

  constexpr bool operator==(tensor_type const&) const = default;

  /// Elements per example.
  [[nodiscard]] constexpr long long elements() const { return 1LL * channels * height * width; }
};

/// An image input of `channels` x `height` x `width`.
consteval tensor_type image(int channels, int height, int width) {
  return {tensor_kind::image, channels, height, width};
}

} // namespace espalier::dsl
