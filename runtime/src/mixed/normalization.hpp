#pragma once

#include "../operations/operations.hpp"
#include "images.hpp"

#include <espalier/kernels/tables.hpp>

#include <cmath>

namespace espalier::runtime {

/// The statistics of a batch normalization.
struct norm_tensors {
  at::Tensor mean;
  at::Tensor variance;
  at::Tensor batches;
};

/// What a normalization used for a batch, [channels] each.
template <class T>
struct used_norm {
  aligned_vector<T> mean;
  aligned_vector<T> inverse; // 1 / standard deviation
  aligned_vector<T> shift;   // -mean * inverse
};

/// Counts a batch; returns how many there were.
inline double count_batch(at::Tensor batches) {
  if (batches.scalar_type() == at::kLong)
    return static_cast<double>(++*batches.data_ptr<std::int64_t>());
  return batches.add_(1).item<double>();
}

/// Of what a normalization is given: the mean and the variance of a batch, or those that are known.
template <class T>
used_norm<T> normalize(norm_tensors const& norm, aligned_vector<T> const& moments, std::int64_t images,
                       std::int64_t pixels, mode m) {
  constexpr double epsilon = 1e-5;
  constexpr double momentum = 0.1;
  auto const channels = static_cast<std::size_t>(norm.mean.numel());
  auto* const mean = norm.mean.data_ptr<T>();
  auto* const variance = norm.variance.data_ptr<T>();
  std::vector<double> means(mean, mean + channels);
  std::vector<double> variances(variance, variance + channels);
  if (m != mode::evaluating) {
    double const batches = count_batch(norm.batches);
    double const share = m == mode::calibrating ? 1 / batches : momentum;
    auto const sums = summed(moments, images);
    auto const count = static_cast<double>(images * pixels);
    for (std::size_t c = 0; c < channels; ++c) {
      means[c] = sums[c] / count;
      variances[c] = std::max(0.0, sums[channels + c] / count - means[c] * means[c]);
      mean[c] = static_cast<T>((1 - share) * static_cast<double>(mean[c]) + share * means[c]);
      variance[c] = static_cast<T>((1 - share) * static_cast<double>(variance[c]) +
                                   share * variances[c] * count / std::max(1.0, count - 1));
    }
  }
  used_norm<T> used{aligned_vector<T>(channels), aligned_vector<T>(channels), aligned_vector<T>(channels)};
  for (std::size_t c = 0; c < channels; ++c) {
    double const inverse = 1 / std::sqrt(variances[c] + epsilon);
    used.mean[c] = static_cast<T>(means[c]);
    used.inverse[c] = static_cast<T>(inverse);
    used.shift[c] = static_cast<T>(-means[c] * inverse);
  }
  return used;
}

/// How the gradient of what is normalized follows from that of the result, and the share of the weight in it.
template <class T>
struct gradient_numbers {
  aligned_vector<T> scale;
  aligned_vector<T> slope;
  aligned_vector<T> shift;
  double of_weight = 0; // sum of gradient times normalized value

  [[nodiscard]] kernels::normalized_gradient<T> on(T const* g, T const* u) const {
    return {g, u, scale.data(), slope.data(), shift.data()};
  }
};

/// Sums of a gradient and of it times what was normalized and rectified, [2, channels]: of it times what is normalized.
/// The gradient is 0 where rectification changed something.
template <class T>
std::vector<double> with_raw_products(used_norm<T> const& norm, std::vector<double> sums) {
  auto const channels = norm.mean.size();
  for (std::size_t c = 0; c < channels; ++c) {
    auto& product = sums[channels + c];
    product = (product - static_cast<double>(norm.shift[c]) * sums[c]) / static_cast<double>(norm.inverse[c]);
  }
  return sums;
}

/// `g` and `gu`: by channel the sums of the gradient, and of it times u.
template <class T>
gradient_numbers<T> through_norm(used_norm<T> const& norm, double weight, double const* g, double const* gu,
                                 double count, mode m) {
  auto const channels = norm.mean.size();
  gradient_numbers<T> made{aligned_vector<T>(channels), aligned_vector<T>(channels), aligned_vector<T>(channels)};
  for (std::size_t c = 0; c < channels; ++c) {
    auto const mean = static_cast<double>(norm.mean[c]);
    auto const inverse = static_cast<double>(norm.inverse[c]);
    double const centred = gu[c] - mean * g[c];
    made.of_weight += centred * inverse;
    bool const is_batch = m != mode::evaluating;
    double const slope = is_batch ? -weight * inverse * inverse * inverse * centred / count : 0;
    double const shift = is_batch ? -weight * inverse * g[c] / count - slope * mean : 0;
    made.scale[c] = static_cast<T>(weight * inverse);
    made.slope[c] = static_cast<T>(slope);
    made.shift[c] = static_cast<T>(shift);
  }
  return made;
}

} // namespace espalier::runtime
