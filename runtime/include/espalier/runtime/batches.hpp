#pragma once

#include <espalier/runtime/augmentation.hpp>
#include <espalier/runtime/dataset.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace espalier::runtime {

/// Mean and standard deviation of each channel, [C] float, of pixels scaled to [0, 1]; a constant channel has std 1.
struct normalization {
  at::Tensor mean, std;
};

/// The normalization that gives these (training) images mean 0 and standard deviation 1 in every channel.
normalization normalization_of(dataset const& data);

/// What a training step takes: images [B, C, H, W] float, normalized, and labels [B] int64.
struct batch {
  at::Tensor images;
  at::Tensor labels;
};

/// One epoch over a data set. Batch i depends on the arguments and i alone, however often and in whatever order it is
/// asked for.
class batches {
public:
  /// With a seed the images are shuffled, without they keep their order; augmentation is drawn from the same seed (0
  /// without one). The last batch is smaller where the batch size does not divide the data, unless drop_last leaves it
  /// out.
  batches(dataset data, normalization const& statistics, std::int64_t batch_size,
          std::optional<std::uint64_t> shuffle_seed = std::nullopt, augmentation options = {}, bool drop_last = false);

  /// The number of batches.
  std::int64_t size() const { return size_; }

  /// Batch i in [0, size()).
  batch operator[](std::int64_t i) const;

  class iterator {
  public:
    batch operator*() const { return (*owner_)[position_]; }
    iterator& operator++() {
      ++position_;
      return *this;
    }
    bool operator==(iterator const&) const = default;

  private:
    friend class batches;
    iterator(batches const* owner, std::int64_t position) : owner_(owner), position_(position) {}

    batches const* owner_;
    std::int64_t position_;
  };

  iterator begin() const { return {this, 0}; }
  iterator end() const { return {this, size_}; }

private:
  dataset data_;
  std::vector<float> scales_, offsets_; // [C]: pixel * scale + offset is the normalized value
  std::int64_t batch_size_;
  std::uint64_t seed_;
  augmentation augmentation_;
  std::int64_t size_;
  std::vector<std::int64_t> order_;
};

} // namespace espalier::runtime
