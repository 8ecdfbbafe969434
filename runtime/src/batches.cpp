#include <espalier/runtime/batches.hpp>

#include <espalier/compiler/error.hpp>

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>

namespace espalier::runtime {
namespace {

constexpr double brightest = 255;

std::vector<std::int64_t> order_of(std::int64_t size, std::optional<std::uint64_t> shuffle_seed) {
  if (shuffle_seed) {
    random_stream stream{derive_seed(*shuffle_seed, "shuffle")};
    return permutation(size, stream);
  }
  std::vector<std::int64_t> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

// Batches are made by plain loops in this thread: less work than waking the other threads, which are busy at best.

/// The rows of a contiguous tensor [N, ...] at those indices.
template <class Number>
at::Tensor rows_at(at::Tensor const& source, std::span<std::int64_t const> indices) {
  std::vector<std::int64_t> sizes = source.sizes().vec();
  sizes[0] = static_cast<std::int64_t>(indices.size());
  at::Tensor result = at::empty(sizes, source.options());
  std::int64_t const row = source.stride(0);
  auto const* from = source.data_ptr<Number>();
  auto* to = result.data_ptr<Number>();
  for (std::int64_t const index : indices)
    to = std::copy_n(from + index * row, row, to);
  return result;
}

/// pixel * scale + offset in each channel.
at::Tensor normalized(at::Tensor const& pixels, std::span<float const> scales, std::span<float const> offsets) {
  at::Tensor result = at::empty(pixels.sizes(), at::kFloat);
  std::int64_t const plane = pixels.size(2) * pixels.size(3);
  auto const* from = pixels.data_ptr<std::uint8_t>();
  auto* to = result.data_ptr<float>();
  for (std::int64_t image = 0; image < pixels.size(0); ++image)
    for (std::size_t channel = 0; channel < scales.size(); ++channel, from += plane)
      to = std::transform(from, from + plane, to,
                          [scale = scales[channel], offset = offsets[channel]](std::uint8_t pixel) {
                            return static_cast<float>(pixel) * scale + offset;
                          });
  return result;
}

} // namespace

normalization normalization_of(dataset const& data) {
  at::Tensor const images = data.images.contiguous();
  std::int64_t const channels = images.size(1), plane = images.size(2) * images.size(3);
  // A histogram of each channel is exact, whatever the order of adding.
  std::vector<std::array<std::int64_t, 256>> counts(static_cast<std::size_t>(channels));
  auto const* pixel = images.data_ptr<std::uint8_t>();
  for (std::int64_t image = 0; image < images.size(0); ++image)
    for (auto& of_channel : counts)
      for (std::int64_t i = 0; i < plane; ++i)
        ++of_channel[*pixel++];
  normalization result{at::empty({channels}), at::empty({channels})};
  for (std::size_t channel = 0; channel < counts.size(); ++channel) {
    double sum = 0, squares = 0;
    for (std::size_t value = 0; value < counts[channel].size(); ++value) {
      double const scaled = static_cast<double>(value) / brightest;
      sum += scaled * static_cast<double>(counts[channel][value]);
      squares += scaled * scaled * static_cast<double>(counts[channel][value]);
    }
    double const pixels = static_cast<double>(images.size(0) * plane);
    double const mean = sum / pixels;
    double const variance = squares / pixels - mean * mean;
    bool const constant = variance < 1e-9;
    result.mean.data_ptr<float>()[channel] = static_cast<float>(mean);
    result.std.data_ptr<float>()[channel] = constant ? 1.0F : static_cast<float>(std::sqrt(variance));
  }
  return result;
}

batches::batches(dataset data, normalization const& statistics, std::int64_t batch_size,
                 std::optional<std::uint64_t> shuffle_seed, augmentation options, bool drop_last)
    : data_(std::move(data)), batch_size_(batch_size), seed_(shuffle_seed.value_or(0)), augmentation_(options),
      order_(order_of(data_.size(), shuffle_seed)) {
  if (batch_size < 1)
    throw user_error(fmt::format("batch size is {}; give at least 1", batch_size));
  if (drop_last && batch_size > data_.size())
    throw user_error(
        fmt::format("batch size is {}, but {} has {} images and only full batches are used; give at most {}",
                    batch_size, data_.name, data_.size(), data_.size()));
  if (statistics.mean.size(0) != data_.images.size(1))
    throw internal_error(
        fmt::format("normalization of {} channels for images of {}", statistics.mean.size(0), data_.images.size(1)));
  check(options, data_.images);
  size_ = drop_last ? data_.size() / batch_size : (data_.size() + batch_size - 1) / batch_size;
  data_.images = data_.images.contiguous();
  data_.labels = data_.labels.contiguous();
  for (std::int64_t channel = 0; channel < statistics.mean.size(0); ++channel) {
    float const deviation = statistics.std.data_ptr<float>()[channel];
    scales_.push_back(1 / (static_cast<float>(brightest) * deviation));
    offsets_.push_back(-statistics.mean.data_ptr<float>()[channel] / deviation);
  }
}

batch batches::operator[](std::int64_t i) const {
  if (i < 0 || i >= size_)
    throw internal_error(fmt::format("batch {} of {}", i, size_));
  std::int64_t const first = i * batch_size_, count = std::min(batch_size_, data_.size() - first);
  std::span<std::int64_t const> const indices{order_.data() + first, static_cast<std::size_t>(count)};
  random_stream stream{derive_seed(seed_, "augmentation", static_cast<std::uint64_t>(i))};
  at::Tensor const pixels = crop_and_flip(rows_at<std::uint8_t>(data_.images, indices), augmentation_, stream);
  at::Tensor images = normalized(pixels, scales_, offsets_);
  cut_out(images, augmentation_, stream);
  return {std::move(images), rows_at<std::int64_t>(data_.labels, indices)};
}

} // namespace espalier::runtime
