#include "prelude.hpp"

#include "fixtures.hpp"

#include <espalier/runtime/batches.hpp>
#include <espalier/runtime/dataset.hpp>

#include <zlib.h>

#include <map>
#include <set>

using namespace espalier::runtime;
using namespace espalier::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

std::string word(std::uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>(number >> shift & 0xff);
  return bytes;
}

/// IDX images of 3 x 2: pixel p of image i is 10 i + p.
std::string idx_images(std::uint32_t count) {
  std::string bytes = word(0x803) + word(count) + word(3) + word(2);
  for (std::uint32_t i = 0; i < count; ++i)
    for (std::uint32_t p = 0; p < 6; ++p)
      bytes += static_cast<char>(10 * i + p);
  return bytes;
}

std::string idx_labels(std::string const& labels) {
  return word(0x801) + word(static_cast<std::uint32_t>(labels.size())) + labels;
}

void write_gz(std::filesystem::path const& path, std::string const& bytes) {
  gzFile const file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

/// A folder of 4 training and 2 test images of 3 classes, in which a test then breaks something.
struct idx_folder : temporary_folder {
  idx_folder() {
    write("train-images-idx3-ubyte", idx_images(4));
    write("train-labels-idx1-ubyte", idx_labels({0, 2, 1, 2}));
    write("t10k-images-idx3-ubyte", idx_images(2));
    write("t10k-labels-idx1-ubyte", idx_labels({1, 0}));
  }
  void write(std::string const& name, std::string const& bytes) const { write_bytes(path() / name, bytes); }
  train_test load() const { return load_data(path().string()); }
  std::string error() const {
    return user_error_of([this] { load(); });
  }
};

/// Records of the given label bytes; pixel p of the record is (p + its last label byte) mod 256.
std::string cifar_records(std::vector<std::string> const& labels) {
  std::string bytes;
  for (std::string const& label : labels) {
    bytes += label;
    for (int p = 0; p < 3072; ++p)
      bytes += static_cast<char>(p + label.back());
  }
  return bytes;
}

void write_cifar10(std::filesystem::path const& folder) {
  for (char i = 0; i < 5; ++i)
    write_bytes(folder / ("data_batch_" + std::to_string(i + 1) + ".bin"),
                cifar_records({std::string(1, i), std::string(1, static_cast<char>(i + 5))}));
  write_bytes(folder / "test_batch.bin", cifar_records({"\x09", "\x03", "\x01"}));
}

/// Sets an environment variable for a scope.
class environment {
public:
  environment(char const* name, std::string const& value) : name_(name) {
    if (char const* before = std::getenv(name))
      before_ = before;
    setenv(name, value.c_str(), 1);
  }
  ~environment() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }

private:
  char const* name_;
  std::optional<std::string> before_;
};

} // namespace

TEST_CASE("Debian's Fashion-MNIST is read whole, with the published statistics") {
  train_test const data = load_data("fashion-mnist");
  CHECK(data.train.images.sizes() == at::IntArrayRef({60000, 1, 28, 28}));
  CHECK(data.test.images.sizes() == at::IntArrayRef({10000, 1, 28, 28}));
  CHECK(data.train.name == "fashion-mnist");
  CHECK(data.test.classes == 10);
  CHECK(at::equal(at::bincount(data.train.labels), at::full({10}, 6000, at::kLong)));
  CHECK(at::equal(at::bincount(data.test.labels), at::full({10}, 1000, at::kLong)));
  CHECK(data.train.labels[0].item<int>() == 9);
  normalization const statistics = normalization_of(data.train);
  CHECK_THAT(statistics.mean.item<double>(), WithinAbs(0.2860, 5e-5));
  CHECK_THAT(statistics.std.item<double>(), WithinAbs(0.3530, 5e-5));
}

TEST_CASE("IDX files of a directory are read, plain or gzipped") {
  idx_folder folder;
  std::filesystem::remove(folder / "t10k-images-idx3-ubyte");
  write_gz(folder / "t10k-images-idx3-ubyte.gz", idx_images(2));
  train_test const data = folder.load();
  CHECK(data.train.images.sizes() == at::IntArrayRef({4, 1, 3, 2}));
  CHECK(data.train.images[3][0][2][1].item<int>() == 35);
  CHECK(at::equal(data.train.labels, at::tensor({0, 2, 1, 2}, at::kLong)));
  CHECK(data.test.size() == 2);
  CHECK(data.test.images[1][0][0][0].item<int>() == 10);
  CHECK(data.train.classes == 3);
  CHECK(data.test.classes == 3);
}

TEST_CASE("CIFAR-10's batches are joined in order, also from the archive's folder") {
  temporary_folder const folder;
  write_cifar10(GENERATE(false, true) ? folder.path() : folder / "cifar-10-batches-bin");
  train_test const data = load_data(folder.path().string());
  CHECK(data.train.images.sizes() == at::IntArrayRef({10, 3, 32, 32}));
  CHECK(at::equal(data.train.labels, at::tensor({0, 5, 1, 6, 2, 7, 3, 8, 4, 9}, at::kLong)));
  CHECK(data.train.images[1][2][0][3].item<int>() == (2 * 1024 + 3 + 5) % 256);
  CHECK(at::equal(data.test.labels, at::tensor({9, 3, 1}, at::kLong)));
  CHECK(data.test.classes == 10);
}

TEST_CASE("CIFAR-100's fine labels are the labels") {
  temporary_folder const folder;
  write_bytes(folder / "train.bin", cifar_records({{19, 11}, {0, 99}}));
  write_bytes(folder / "test.bin", cifar_records({{4, 30}}));
  train_test const data = load_data(folder.path().string());
  CHECK(at::equal(data.train.labels, at::tensor({11, 99}, at::kLong)));
  CHECK(data.train.images[1][0][0][1].item<int>() == 100);
  CHECK(data.test.labels.item<int>() == 30);
  CHECK(data.train.classes == 100);
}

TEST_CASE("a known name is looked for in ESPALIER_DATA, then the system's, then the cache folder") {
  temporary_folder const folder;
  environment const cache{"XDG_CACHE_HOME", (folder / "cache").string()};
  environment const data{"ESPALIER_DATA", (folder / "data").string()};
  std::string const error = user_error_of([] { load_data("mnist"); });
  CHECK_THAT(error, ContainsSubstring("data 'mnist': not found in " + (folder / "data/mnist").string() +
                                      ", /usr/share/datasets/mnist, " + (folder / "cache/espalier/mnist").string()));
  CHECK_THAT(error, ContainsSubstring("remedy: fetch"));
  for (std::string const place : {"cache/espalier/mnist", "data/mnist"}) {
    for (std::string const half : {"train", "t10k"}) {
      write_bytes(folder / place / (half + "-images-idx3-ubyte"), idx_images(place == "data/mnist" ? 2 : 1));
      write_bytes(folder / place / (half + "-labels-idx1-ubyte"),
                  idx_labels(place == "data/mnist" ? "\x01\x02" : "\x07"));
    }
    CHECK(load_data("mnist").train.size() == (place == "data/mnist" ? 2 : 1));
  }
  CHECK(load_data("mnist").train.classes == 10);
}

TEST_CASE("Fashion-MNIST that is not installed is an apt install away") {
  temporary_folder const folder;
  environment const data{"ESPALIER_DATA", folder.path().string()};
  std::filesystem::create_directory(folder / "fashion-mnist");
  std::string const error = user_error_of([] { load_data("fashion-mnist"); });
  CHECK_THAT(error, ContainsSubstring("holds no train-images-idx3-ubyte (nor train-images-idx3-ubyte.gz)"));
  CHECK_THAT(error, ContainsSubstring("remedy: apt install dataset-fashion-mnist"));
}

TEST_CASE("an unknown data name is answered with the nearest") {
  CHECK(user_error_of([] { load_data("fashion_mnst"); }) ==
        "data 'fashion_mnst' is neither a directory nor a known name (did you mean 'fashion-mnist'?)");
  CHECK_THAT(user_error_of([] { load_data("/no/such/folder"); }),
             ContainsSubstring("(known: fashion-mnist, mnist, cifar10, cifar100)"));
}

TEST_CASE("a directory without data says what was looked for") {
  temporary_folder const folder;
  CHECK_THAT(user_error_of([&] { load_data(folder.path().string()); }),
             ContainsSubstring("holds neither train-images-idx3-ubyte") && ContainsSubstring("remedy: "));
}

TEST_CASE("damaged IDX files are refused with the file and both numbers") {
  idx_folder const folder;
  SECTION("missing") {
    std::filesystem::remove(folder / "t10k-labels-idx1-ubyte");
    CHECK_THAT(folder.error(), ContainsSubstring("holds no t10k-labels-idx1-ubyte"));
  }
  SECTION("truncated") {
    folder.write("train-images-idx3-ubyte", idx_images(4).substr(0, 30));
    CHECK_THAT(folder.error(),
               ContainsSubstring("train-images-idx3-ubyte is too short: expected 40 bytes (4 images of 3 x "
                                 "2 and the header), got 30"));
  }
  SECTION("truncated in the header") {
    folder.write("train-labels-idx1-ubyte", {0, 0, 8});
    CHECK_THAT(folder.error(), ContainsSubstring("expected 8 bytes (at least the header), got 3"));
  }
  SECTION("truncated gzip") {
    std::filesystem::remove(folder / "train-images-idx3-ubyte");
    write_gz(folder / "whole.gz", idx_images(4));
    std::string const whole = [&] {
      std::ifstream file{folder / "whole.gz", std::ios::binary};
      return std::string{std::istreambuf_iterator<char>{file}, {}};
    }();
    folder.write("train-images-idx3-ubyte.gz", whole.substr(0, whole.size() - 12));
    CHECK_THAT(folder.error(),
               ContainsSubstring("too short: expected 40 bytes") && ContainsSubstring(" (the gzip stream ends early)"));
    std::string flipped = whole;
    flipped[flipped.size() - 6] ^= 1;
    folder.write("train-images-idx3-ubyte.gz", flipped);
    CHECK_THAT(folder.error(), ContainsSubstring("train-images-idx3-ubyte.gz is damaged (gzip: incorrect data check)"));
  }
  SECTION("too long") {
    folder.write("t10k-labels-idx1-ubyte", idx_labels({1, 0}) + "x");
    CHECK_THAT(folder.error(), ContainsSubstring("is too long: expected 10 bytes (2 labels and the header), got 11"));
  }
  SECTION("wrong magic number") {
    folder.write("train-images-idx3-ubyte", idx_labels({0, 2, 1, 2, 0, 0, 0, 0}));
    CHECK_THAT(folder.error(), ContainsSubstring("magic number is 0x00000801, expected 0x00000803"));
  }
  SECTION("no images") {
    folder.write("train-images-idx3-ubyte", idx_images(0));
    CHECK_THAT(folder.error(), ContainsSubstring("holds 0 items, expected at least 1"));
  }
  SECTION("impossible image size") {
    folder.write("train-images-idx3-ubyte", word(0x803) + word(1) + word(0xffffffff) + word(2));
    CHECK_THAT(folder.error(), ContainsSubstring("images are 4294967295 x 2, expected 1 to 4096 pixels a side"));
  }
  SECTION("different counts") {
    folder.write("train-labels-idx1-ubyte", idx_labels({0, 2, 1}));
    CHECK_THAT(folder.error(), ContainsSubstring("holds 4 images, but") && ContainsSubstring("holds 3 labels"));
  }
  SECTION("different sizes") {
    folder.write("t10k-images-idx3-ubyte", word(0x803) + word(2) + word(1) + word(1) + "ab");
    CHECK_THAT(folder.error(), ContainsSubstring("training images are 3 x 2, test images 1 x 1"));
  }
  SECTION("a test label that no training image has") {
    folder.write("t10k-labels-idx1-ubyte", idx_labels({1, 7}));
    CHECK_THAT(folder.error(), ContainsSubstring("label 7 of item 1 is none of the 3 classes (0 to 2)"));
  }
  SECTION("a folder in place of a file") {
    std::filesystem::remove(folder / "train-images-idx3-ubyte");
    std::filesystem::create_directory(folder / "train-images-idx3-ubyte");
    CHECK_THAT(folder.error(), ContainsSubstring("cannot read") && ContainsSubstring("Is a directory"));
  }
}

TEST_CASE("damaged CIFAR files are refused with the file and both numbers") {
  temporary_folder const folder;
  auto const error = [&](std::string const& name) { return user_error_of([&] { load_data(name); }); };
  write_cifar10(folder / "cifar10");
  std::string const here = (folder / "cifar10").string();
  SECTION("a record cut short") {
    write_bytes(folder / "cifar10/data_batch_3.bin", cifar_records({"\x01", "\x02"}).substr(0, 6000));
    CHECK_THAT(
        error(here),
        ContainsSubstring("data_batch_3.bin is too short: expected 6146 bytes (2 records of 3073 bytes), got 6000"));
  }
  SECTION("empty") {
    write_bytes(folder / "cifar10/test_batch.bin", "");
    CHECK_THAT(error(here), ContainsSubstring("test_batch.bin is too short: expected 3073 bytes"));
  }
  SECTION("a batch missing") {
    std::filesystem::remove(folder / "cifar10/data_batch_4.bin");
    CHECK_THAT(error(here), ContainsSubstring("holds no data_batch_4.bin"));
  }
  SECTION("a label that is no class") {
    write_bytes(folder / "cifar10/test_batch.bin", cifar_records({"\x01", "\x0a"}));
    CHECK_THAT(error(here), ContainsSubstring("label 10 of item 1 is none of the 10 classes (0 to 9)"));
  }
  SECTION("under the published name, fewer records than published") {
    environment const data{"ESPALIER_DATA", folder.path().string()};
    CHECK_THAT(error("cifar10"), ContainsSubstring("expected 30730000 bytes (10000 records of 3073 bytes), got 6146") &&
                                     ContainsSubstring("cifar-10-binary.tar.gz"));
  }
}

TEST_CASE("a split is disjoint, complete, shuffled and the same for the same seed") {
  dataset const data{"numbers", at::arange(100).to(at::kByte).view({100, 1, 1, 1}), at::arange(100, at::kLong), 100};
  auto const [first, second] = split(data, 0.3, 7);
  CHECK(first.size() == 30);
  CHECK(second.size() == 70);
  CHECK(first.name == "numbers");
  CHECK(first.classes == 100);
  at::Tensor const all = at::cat({first.labels, second.labels});
  CHECK(at::equal(std::get<0>(all.sort()), data.labels));
  CHECK_FALSE(at::equal(all, data.labels));
  CHECK(at::equal(first.images.flatten().to(at::kLong), first.labels));
  CHECK(at::equal(split(data, 0.3, 7).first.labels, first.labels));
  CHECK_FALSE(at::equal(split(data, 0.3, 8).first.labels, first.labels));
}

TEST_CASE("a split with an empty part is refused") {
  dataset const data{"numbers", at::zeros({10, 1, 1, 1}, at::kByte), at::zeros(10, at::kLong), 1};
  for (double const fraction : {0.0, 1.0, -0.5, std::nan("")})
    CHECK_THAT(user_error_of([&] { split(data, fraction, 0); }), ContainsSubstring("give a fraction between 0 and 1"));
  CHECK_THAT(user_error_of([&] { split(data, 0.01, 0); }),
             ContainsSubstring("cannot split the 10 images of numbers by 0.01: one part would be empty"));
}

TEST_CASE("normalization is exact for each channel, and harmless for a constant one") {
  at::Tensor const images = at::randint(256, {20, 2, 5, 7}, make_generator(1), at::kByte);
  images.select(1, 1).fill_(51);
  normalization const statistics = normalization_of({"random", images, at::zeros(20, at::kLong), 1});
  at::Tensor const scaled = images.to(at::kDouble) / 255;
  CHECK(at::allclose(statistics.mean.to(at::kDouble), scaled.mean({0, 2, 3})));
  CHECK_THAT(statistics.std[0].item<double>(), WithinAbs(scaled.select(1, 0).std(false).item<double>(), 1e-7));
  CHECK(statistics.std[1].item<double>() == 1);
}

TEST_CASE("an epoch covers every image once, normalized, with its own label") {
  at::Tensor const images = at::randint(256, {10, 3, 4, 4}, make_generator(2), at::kByte);
  dataset const data{"random", images, at::arange(10, at::kLong), 10};
  normalization const statistics = normalization_of(data);
  at::Tensor const expected = (images / 255 - statistics.mean.view({3, 1, 1})) / statistics.std.view({3, 1, 1});
  batches const epoch{data, statistics, 4, 5};
  CHECK(epoch.size() == 3);
  std::vector<at::Tensor> labels;
  for (auto const& [pixels, targets] : epoch) {
    CHECK(pixels.dtype() == at::kFloat);
    CHECK(at::allclose(pixels, expected.index_select(0, targets), 1e-5, 1e-6));
    labels.push_back(targets);
  }
  CHECK(labels.back().size(0) == 2);
  CHECK(at::equal(std::get<0>(at::cat(labels).sort()), data.labels));
  CHECK_FALSE(at::equal(at::cat(labels), data.labels));
  CHECK(at::equal((batches{data, statistics, 4, 5})[1].labels, labels[1]));
  CHECK_FALSE(at::equal((batches{data, statistics, 10, 6})[0].labels, at::cat(labels)));
  CHECK(at::equal((batches{data, statistics, 10})[0].labels, data.labels));
  CHECK(batches(data, statistics, 4, 5, {}, true).size() == 2);
}

TEST_CASE("batches refuse sizes that give no batch") {
  dataset const data{"zeros", at::zeros({3, 1, 4, 4}, at::kByte), at::zeros(3, at::kLong), 1};
  normalization const statistics = normalization_of(data);
  CHECK(user_error_of([&] { batches{data, statistics, 0}; }) == "batch size is 0; give at least 1");
  CHECK_THAT(user_error_of([&] { batches{data, statistics, 4, 1, {}, true}; }),
             ContainsSubstring("batch size is 4, but zeros has 3 images"));
  CHECK((batches{data, statistics, 4}).size() == 1);
  CHECK_THROWS_AS((batches{data, statistics, 4}[1]), espalier::internal_error);
}
