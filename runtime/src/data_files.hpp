#pragma once

#include <espalier/runtime/dataset.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

// The file formats behind load_data. Their errors (user_error) say what is wrong where; load_data adds the remedy.
namespace espalier::runtime {

/// The plain or else the gzipped file of that name in a folder, if either exists.
std::optional<std::filesystem::path> find_data_file(std::filesystem::path const& folder, std::string const& name);

/// What could be read of a plain or gzipped file, and a remark if its gzip stream ends early.
struct data_file {
  std::filesystem::path path;
  std::string bytes;
  std::string fault;

  /// Reads the plain or gzipped file of that name in a folder.
  data_file(std::filesystem::path const& folder, std::string const& name);

  /// Refuses a file that is damaged or not exactly that long; `contents` says in words what should lie in it.
  void check_size(std::size_t expected, std::string const& contents) const;
};

/// Refuses labels [N] of a file that name no class.
void check_labels(std::filesystem::path const& path, at::Tensor const& labels, std::int64_t classes);

/// Whether a folder holds any of the four IDX files.
bool holds_idx(std::filesystem::path const& folder);

/// Reads the layout of MNIST (http://yann.lecun.com/exdb/mnist); unless given, the classes are the largest training
/// label + 1.
train_test read_idx(std::filesystem::path const& folder, std::optional<std::int64_t> classes);

/// CIFAR's binary layout (https://www.cs.toronto.edu/~kriz/cifar.html): records of label bytes and 3 planes of 32 x 32
/// pixels.
struct cifar_layout {
  std::int64_t classes;
  std::string archive_folder;
  std::vector<std::string> train_files;
  std::string test_file;
  std::size_t label_bytes; // the last is the label: the fine one of CIFAR-100
  std::size_t train_records, test_records;
};

/// The layout of CIFAR-10 or of CIFAR-100.
cifar_layout const& cifar_layout_of(std::int64_t classes);

/// The folder itself, or the archive's folder in it: whichever holds the first file of that layout.
std::optional<std::filesystem::path> find_cifar(std::filesystem::path const& folder, cifar_layout const& layout);

/// Reads the batches in a folder; `published` insists on the published number of records, which no header declares.
train_test read_cifar(std::filesystem::path const& folder, cifar_layout const& layout, bool published);

} // namespace espalier::runtime
