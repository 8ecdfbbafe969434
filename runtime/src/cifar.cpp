#include "data_files.hpp"

#include <espalier/compiler/error.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace espalier::runtime {
namespace {

constexpr std::int64_t channels = 3, side = 32;
constexpr std::size_t image_bytes = channels * side * side;

/// Reads one file; `records` is their number where it is known.
dataset read_batch(data_file const& file, cifar_layout const& layout, std::optional<std::size_t> records) {
  std::size_t const record = layout.label_bytes + image_bytes;
  std::size_t const count = records.value_or(std::max<std::size_t>(1, (file.bytes.size() + record / 2) / record));
  file.check_size(count * record, fmt::format("{} records of {} bytes", count, record));
  auto const size = static_cast<std::int64_t>(count);
  dataset part{.name = {},
               .images = at::empty({size, channels, side, side}, at::kByte),
               .labels = at::empty({size}, at::kLong),
               .classes = layout.classes};
  char const* from = file.bytes.data() + layout.label_bytes;
  auto* image = part.images.data_ptr<std::uint8_t>();
  auto* label = part.labels.data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < count; ++i, from += record, image += image_bytes) {
    label[i] = static_cast<unsigned char>(from[-1]);
    std::memcpy(image, from, image_bytes);
  }
  check_labels(file.path, part.labels, part.classes);
  return part;
}

} // namespace

cifar_layout const& cifar_layout_of(std::int64_t classes) {
  static cifar_layout const ten{.classes = 10,
                                .archive_folder = "cifar-10-batches-bin",
                                .train_files = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                                "data_batch_4.bin", "data_batch_5.bin"},
                                .test_file = "test_batch.bin",
                                .label_bytes = 1,
                                .train_records = 10'000,
                                .test_records = 10'000};
  static cifar_layout const hundred{.classes = 100,
                                    .archive_folder = "cifar-100-binary",
                                    .train_files = {"train.bin"},
                                    .test_file = "test.bin",
                                    .label_bytes = 2,
                                    .train_records = 50'000,
                                    .test_records = 10'000};
  return classes == hundred.classes ? hundred : ten;
}

std::optional<std::filesystem::path> find_cifar(std::filesystem::path const& folder, cifar_layout const& layout) {
  for (std::filesystem::path const& candidate : {folder, folder / layout.archive_folder})
    if (find_data_file(candidate, layout.train_files.front()))
      return candidate;
  return std::nullopt;
}

train_test read_cifar(std::filesystem::path const& folder, cifar_layout const& layout, bool published) {
  auto const read = [&](std::string const& name, std::size_t records) {
    return read_batch({folder, name}, layout, published ? std::optional{records} : std::nullopt);
  };
  std::vector<at::Tensor> images, labels;
  for (std::string const& name : layout.train_files) {
    dataset const part = read(name, layout.train_records);
    images.push_back(part.images);
    labels.push_back(part.labels);
  }
  dataset train{.name = {}, .images = at::cat(images), .labels = at::cat(labels), .classes = layout.classes};
  return {std::move(train), read(layout.test_file, layout.test_records)};
}

} // namespace espalier::runtime
