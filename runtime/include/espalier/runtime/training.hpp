#pragma once

#include <espalier/runtime/augmentation.hpp>
#include <espalier/runtime/batches.hpp>
#include <espalier/runtime/dataset.hpp>
#include <espalier/runtime/network.hpp>
#include <espalier/runtime/progress.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

namespace espalier::runtime {

/// How a network without decisions is trained: SGD with momentum, cosine schedule, gradient clipping (the recipe of
/// DARTS' final nets).
struct training_options {
  std::int64_t epochs = 10;
  std::int64_t batch = 64;
  std::int64_t images = 0; ///< Of the training set, 0 for all.
  double learning_rate = 0.05;
  double momentum = 0.9;
  double weight_decay = 3e-4;
  double clip = 5.0; ///< Largest norm of the whole gradient.
  double label_smoothing = 0;
  augmentation augment{};
  std::uint64_t seed = 1;
};

struct training_result {
  double test_accuracy = 0;
  double seconds = 0; ///< Of all sessions together.
};

/// Trains and tests. With a `checkpoint` it continues where an interrupted run stopped, bit for bit; it is written
/// after each epoch.
training_result train(network& net, train_test const& data, training_options const& options,
                      std::optional<std::filesystem::path> const& checkpoint, progress& report);

/// Replaces the statistics of every batch normalization that `forward` runs by their plain mean over these images
/// (Guo et al., ECCV 2020, section 3.2): those of a trained supernet belong to all of its paths at once.
void recalibrate(network& net, batches const& images, std::function<at::Tensor(at::Tensor const&)> const& forward);

/// The same for a network without decisions.
void recalibrate(network& net, batches const& images);

/// The share of correctly classified images.
double accuracy(network& net, dataset const& data, normalization const& norm, std::int64_t batch = 256);

} // namespace espalier::runtime
