#include <espalier/runtime/augmentation.hpp>

#include <espalier/compiler/error.hpp>

#include <ATen/ops/empty_like.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace espalier::runtime {
namespace {

std::int64_t draw(random_stream& stream, std::int64_t bound) {
  return static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(bound)));
}

/// Where the window lies, in pixels from the image's corner; what it shows beyond the image stays as it was, zero.
struct window {
  std::int64_t down, right;
  bool flipped;

  void copy(std::uint8_t const* from, std::uint8_t* to, std::int64_t height, std::int64_t width) const {
    std::int64_t const first = std::max<std::int64_t>(0, -right);
    std::int64_t const last = std::min(width, width - right);
    for (std::int64_t y = std::max<std::int64_t>(0, -down); y < std::min(height, height - down); ++y) {
      std::uint8_t const* const source = from + (y + down) * width + right;
      std::uint8_t* const row = to + y * width;
      if (flipped)
        std::reverse_copy(source + first, source + last, row + width - last);
      else
        std::copy(source + first, source + last, row + first);
    }
  }
};

} // namespace

void check(augmentation const& options, at::Tensor const& images) {
  std::int64_t const side = std::min(images.size(2), images.size(3));
  auto const check_size = [&](char const* name, int pixels) {
    if (pixels < 0 || pixels > side)
      throw user_error(fmt::format("augmentation: {} is {} pixels, but images are {} x {}; give 0 (none) to {}", name,
                                   pixels, images.size(2), images.size(3), side));
  };
  check_size("crop padding", options.crop_padding);
  check_size("cutout", options.cutout);
}

at::Tensor crop_and_flip(at::Tensor const& images, augmentation const& options, random_stream& stream) {
  if (options.crop_padding == 0 && !options.flip)
    return images;
  at::Tensor const source = images.contiguous();
  at::Tensor result = at::empty_like(source);
  std::memset(result.data_ptr(), 0, result.nbytes());
  std::int64_t const channels = source.size(1), height = source.size(2), width = source.size(3);
  std::int64_t const padding = options.crop_padding;
  auto const* from = source.data_ptr<std::uint8_t>();
  auto* to = result.data_ptr<std::uint8_t>();
  for (std::int64_t image = 0; image < source.size(0); ++image) {
    std::int64_t const down = draw(stream, 2 * padding + 1) - padding;
    std::int64_t const right = draw(stream, 2 * padding + 1) - padding;
    window const view{down, right, options.flip && draw(stream, 2) == 1};
    for (std::int64_t channel = 0; channel < channels; ++channel, from += height * width, to += height * width)
      view.copy(from, to, height, width);
  }
  return result;
}

void cut_out(at::Tensor const& images, augmentation const& options, random_stream& stream) {
  if (options.cutout == 0)
    return;
  if (!images.is_contiguous())
    throw internal_error("cut_out: the images must lie contiguously, as batches makes them");
  std::int64_t const channels = images.size(1), height = images.size(2), width = images.size(3);
  auto const clipped = [side = options.cutout](std::int64_t centre, std::int64_t size) {
    std::int64_t const first = centre - side / 2;
    return std::pair{std::max<std::int64_t>(0, first), std::min(size, first + side)};
  };
  float* plane = images.data_ptr<float>();
  for (std::int64_t image = 0; image < images.size(0); ++image) {
    auto const [top, bottom] = clipped(draw(stream, height), height);
    auto const [left, right] = clipped(draw(stream, width), width);
    for (std::int64_t channel = 0; channel < channels; ++channel, plane += height * width)
      for (std::int64_t y = top; y < bottom; ++y)
        std::fill(plane + y * width + left, plane + y * width + right, 0.0F);
  }
}

} // namespace espalier::runtime
