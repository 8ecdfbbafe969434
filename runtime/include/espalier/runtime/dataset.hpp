#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace espalier::runtime {

/// Labelled images in memory: images [N, C, H, W] uint8, labels [N] int64 in [0, classes).
struct dataset {
  std::string name;
  at::Tensor images;
  at::Tensor labels;
  std::int64_t classes = 0;

  /// The number of images, N.
  std::int64_t size() const { return images.size(0); }
};

/// The published halves of a data set: images of one size, one set of classes.
struct train_test {
  dataset train;
  dataset test;
};

/// The names that load_data knows: fashion-mnist, mnist, cifar10, cifar100.
std::vector<std::string> const& known_data();

/// Loads a known name from the first that exists of $ESPALIER_DATA/NAME, /usr/share/datasets/NAME (Debian's packages)
/// and
/// ${XDG_CACHE_HOME:-~/.cache}/espalier/NAME; or a directory (a known name comes first: write ./mnist for a directory
/// of that name) that holds the four MNIST-like IDX files, or CIFAR's binary batches, here or in the folder of the
/// published archive; each plain or gzipped. Missing, damaged and unknown data is a user_error with the file, both
/// numbers and the remedy.
train_test load_data(std::string const& name_or_directory);

/// Two parts of a data set, drawn at random by the seed: the first holds that fraction, in (0, 1), rounded.
std::pair<dataset, dataset> split(dataset const& data, double first_fraction, std::uint64_t seed);

} // namespace espalier::runtime
