#include "data_files.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/nearest.hpp>
#include <espalier/runtime/random_stream.hpp>

#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace espalier::runtime {
namespace {

namespace fs = std::filesystem;

enum class file_format { idx, cifar };

struct published_data {
  std::string name;
  file_format format;
  std::int64_t classes;
  std::string remedy;
};

std::vector<published_data> const& published() {
  static std::vector<published_data> const all{
      {"fashion-mnist", file_format::idx, 10, "apt install dataset-fashion-mnist"},
      {"mnist", file_format::idx, 10,
       "fetch {train-images-idx3,train-labels-idx1,t10k-images-idx3,t10k-labels-idx1}-ubyte.gz from "
       "https://storage.googleapis.com/cvdf-datasets/mnist into ~/.cache/espalier/mnist"},
      {"cifar10", file_format::cifar, 10,
       "unpack https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz in ~/.cache/espalier/cifar10"},
      {"cifar100", file_format::cifar, 100,
       "unpack https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz in ~/.cache/espalier/cifar100"}};
  return all;
}

std::vector<fs::path> places_of(std::string const& name) {
  std::vector<fs::path> places;
  if (char const* data = std::getenv("ESPALIER_DATA"); data != nullptr && *data != '\0')
    places.push_back(fs::path{data} / name);
  places.push_back(fs::path{"/usr/share/datasets"} / name);
  if (char const* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0')
    places.push_back(fs::path{cache} / "espalier" / name);
  else if (char const* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    places.push_back(fs::path{home} / ".cache/espalier" / name);
  return places;
}

fs::path place_of(std::string const& name) {
  std::vector<fs::path> const places = places_of(name);
  auto const found =
      std::find_if(places.begin(), places.end(), [](fs::path const& place) { return fs::is_directory(place); });
  if (found != places.end())
    return *found;
  std::string looked;
  for (fs::path const& place : places)
    looked += (looked.empty() ? "" : ", ") + place.string();
  throw user_error(fmt::format("not found in {} (set ESPALIER_DATA to look in $ESPALIER_DATA/{} first)", looked, name));
}

train_test read_published(published_data const& data) {
  fs::path const place = place_of(data.name);
  if (data.format == file_format::idx)
    return read_idx(place, data.classes);
  cifar_layout const& layout = cifar_layout_of(data.classes);
  return read_cifar(find_cifar(place, layout).value_or(place), layout, true);
}

train_test read_directory(fs::path const& folder) {
  if (holds_idx(folder))
    return read_idx(folder, std::nullopt);
  for (std::int64_t const classes : {10, 100})
    if (cifar_layout const& layout = cifar_layout_of(classes); auto const place = find_cifar(folder, layout))
      return read_cifar(*place, layout, false);
  throw user_error(
      "holds neither train-images-idx3-ubyte (MNIST's layout) nor data_batch_1.bin (CIFAR-10) nor train.bin "
      "(CIFAR-100), plain or .gz");
}

/// Runs a reader, names the data and gives its errors the remedy.
template <class Reader>
train_test load(std::string const& name, std::string const& remedy, Reader read) {
  try {
    train_test data = read();
    data.train.name = data.test.name = name;
    return data;
  } catch (user_error const& error) {
    throw user_error(fmt::format("data '{}': {}; remedy: {}", name, error.what(), remedy));
  }
}

/// The images and labels at those indices [M] int64.
dataset part_of(dataset const& data, at::Tensor const& indices) {
  return {data.name, data.images.index_select(0, indices), data.labels.index_select(0, indices), data.classes};
}

} // namespace

std::vector<std::string> const& known_data() {
  static std::vector<std::string> const names = [] {
    std::vector<std::string> result;
    for (published_data const& data : published())
      result.push_back(data.name);
    return result;
  }();
  return names;
}

train_test load_data(std::string const& name_or_directory) {
  for (published_data const& data : published())
    if (data.name == name_or_directory)
      return load(data.name, data.remedy, [&data] { return read_published(data); });
  fs::path const folder{name_or_directory};
  if (fs::is_directory(folder)) {
    fs::path const clean = fs::weakly_canonical(folder);
    return load(clean.string(), "fetch the files again, or name another directory",
                [&clean] { return read_directory(clean); });
  }
  throw user_error(fmt::format("data '{}' is neither a directory nor a known name{}", name_or_directory,
                               compiler::suggest(name_or_directory, known_data())));
}

std::pair<dataset, dataset> split(dataset const& data, double first_fraction, std::uint64_t seed) {
  if (!(first_fraction > 0 && first_fraction < 1))
    throw user_error(fmt::format("cannot split {} by {}: give a fraction between 0 and 1", data.name, first_fraction));
  auto const first = static_cast<std::int64_t>(std::llround(first_fraction * static_cast<double>(data.size())));
  if (first == 0 || first == data.size())
    throw user_error(fmt::format("cannot split the {} images of {} by {}: one part would be empty", data.size(),
                                 data.name, first_fraction));
  random_stream stream{seed};
  at::Tensor const order = at::tensor(permutation(data.size(), stream));
  return {part_of(data, order.narrow(0, 0, first)), part_of(data, order.narrow(0, first, data.size() - first))};
}

} // namespace espalier::runtime
