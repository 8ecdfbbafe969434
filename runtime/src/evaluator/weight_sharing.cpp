#include "weight_sharing.hpp"

#include "../schedule.hpp"

#include <espalier/runtime/training.hpp>

#include <algorithm>

#include <torch/torch.h>

namespace espalier::runtime {

namespace {

constexpr std::int64_t calibration_batches = 10;
constexpr std::int64_t calibration_batch = 128;
constexpr std::int64_t validation_images = 2000;
constexpr std::int64_t validation_batch = 250;

} // namespace

weight_sharing_evaluator::weight_sharing_evaluator(network& supernet, dataset const& weights_data,
                                                   dataset const& architecture_data, std::uint64_t seed)
    : supernet_(supernet),
      calibration_(
          random_images(weights_data, std::min(weights_data.size(), calibration_batches * calibration_batch), seed),
          normalization_of(weights_data), calibration_batch),
      validation_(random_images(architecture_data, std::min(architecture_data.size(), validation_images), seed),
                  normalization_of(weights_data), validation_batch) {}

void weight_sharing_evaluator::recalibrate(compiler::architecture const& a) {
  runtime::recalibrate(supernet_, calibration_, [&](at::Tensor const& x) { return supernet_.forward(x, a); });
}

double weight_sharing_evaluator::operator()(compiler::architecture const& a) {
  recalibrate(a);
  torch::NoGradGuard no_gradient;
  supernet_.eval();
  std::int64_t correct = 0;
  std::int64_t total = 0;
  for (auto const& b : validation_) {
    correct += supernet_.forward(b.images, a).argmax(1).eq(b.labels).sum().item<std::int64_t>();
    total += b.labels.size(0);
  }
  return static_cast<double>(correct) / static_cast<double>(total);
}

} // namespace espalier::runtime
