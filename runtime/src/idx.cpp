#include "data_files.hpp"

#include <espalier/compiler/error.hpp>

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace espalier::runtime {
namespace {

constexpr std::size_t word = 4;
constexpr std::uint32_t image_magic = 0x803; // unsigned bytes, 3 dimensions
constexpr std::uint32_t label_magic = 0x801; // unsigned bytes, 1 dimension
constexpr std::uint32_t widest_image = 4096;

struct half_names {
  std::string images, labels;
};
half_names const train_names{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"};
half_names const test_names{"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

/// The big-endian number at a word of the header.
std::uint32_t number_at(std::string const& bytes, std::size_t index) {
  std::uint32_t number = 0;
  for (std::size_t i = word * index; i < word * (index + 1); ++i)
    number = number << 8U | static_cast<unsigned char>(bytes[i]);
  return number;
}

/// Checks the header of a magic number and `words - 1` dimensions.
void check_header(data_file const& file, std::uint32_t magic, std::size_t words) {
  if (file.bytes.size() < word * words)
    file.check_size(word * words, "at least the header");
  if (std::uint32_t const found = number_at(file.bytes, 0); found != magic)
    throw user_error(
        fmt::format("{}: magic number is {:#010x}, expected {:#010x} (IDX, unsigned bytes, {} dimension{})",
                    file.path.string(), found, magic, words - 1, words == 2 ? "" : "s"));
  if (number_at(file.bytes, 1) == 0)
    throw user_error(fmt::format("{}: holds 0 items, expected at least 1", file.path.string()));
}

at::Tensor read_images(data_file const& file) {
  constexpr std::size_t words = 4;
  check_header(file, image_magic, words);
  std::size_t const count = number_at(file.bytes, 1), height = number_at(file.bytes, 2),
                    width = number_at(file.bytes, 3);
  if (std::min(height, width) < 1 || std::max(height, width) > widest_image)
    throw user_error(fmt::format("{}: images are {} x {}, expected 1 to {} pixels a side", file.path.string(), height,
                                 width, widest_image));
  file.check_size(word * words + count * height * width,
                  fmt::format("{} images of {} x {} and the header", count, height, width));
  at::Tensor images = at::empty(
      {static_cast<std::int64_t>(count), 1, static_cast<std::int64_t>(height), static_cast<std::int64_t>(width)},
      at::kByte);
  std::memcpy(images.data_ptr(), file.bytes.data() + word * words, images.nbytes());
  return images;
}

at::Tensor read_labels(data_file const& file) {
  constexpr std::size_t words = 2;
  check_header(file, label_magic, words);
  std::size_t const count = number_at(file.bytes, 1);
  file.check_size(word * words + count, fmt::format("{} labels and the header", count));
  at::Tensor labels = at::empty({static_cast<std::int64_t>(count)}, at::kLong);
  std::transform(file.bytes.begin() + word * words, file.bytes.end(), labels.data_ptr<std::int64_t>(),
                 [](char label) { return static_cast<unsigned char>(label); });
  return labels;
}

/// Reads one half; without a number of classes its own labels define them.
dataset read_half(std::filesystem::path const& folder, half_names const& names, std::optional<std::int64_t> classes) {
  data_file const image_file{folder, names.images};
  data_file const label_file{folder, names.labels};
  dataset half{.name = {}, .images = read_images(image_file), .labels = read_labels(label_file)};
  if (half.labels.size(0) != half.images.size(0))
    throw user_error(fmt::format("{} holds {} images, but {} holds {} labels", image_file.path.string(),
                                 half.images.size(0), label_file.path.string(), half.labels.size(0)));
  half.classes = classes ? *classes : half.labels.max().item<std::int64_t>() + 1;
  check_labels(label_file.path, half.labels, half.classes);
  return half;
}

} // namespace

bool holds_idx(std::filesystem::path const& folder) {
  return find_data_file(folder, train_names.images) || find_data_file(folder, train_names.labels) ||
         find_data_file(folder, test_names.images) || find_data_file(folder, test_names.labels);
}

train_test read_idx(std::filesystem::path const& folder, std::optional<std::int64_t> classes) {
  dataset train = read_half(folder, train_names, classes);
  dataset test = read_half(folder, test_names, train.classes);
  if (train.images.sizes().slice(1) != test.images.sizes().slice(1))
    throw user_error(fmt::format("{}: training images are {} x {}, test images {} x {}; expected one size",
                                 folder.string(), train.images.size(2), train.images.size(3), test.images.size(2),
                                 test.images.size(3)));
  return {std::move(train), std::move(test)};
}

} // namespace espalier::runtime
