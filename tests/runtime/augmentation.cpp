#include "prelude.hpp"

#include "fixtures.hpp"

#include <espalier/runtime/augmentation.hpp>
#include <espalier/runtime/batches.hpp>

#include <set>

using namespace espalier::runtime;
using namespace espalier::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Images [200, 2, 5, 4] whose pixels are their own, non-zero numbers within the image.
at::Tensor numbered_images() {
  return at::arange(1, 41).to(at::kByte).view({1, 2, 5, 4}).expand({200, 2, 5, 4}).contiguous();
}

} // namespace

TEST_CASE("cropping shows a window of the zero-padded image, at every offset in turn") {
  at::Tensor const images = numbered_images();
  random_stream stream{3};
  at::Tensor const cropped = crop_and_flip(images, {.crop_padding = 2}, stream);
  at::Tensor const padded = at::constant_pad_nd(images, {2, 2, 2, 2});
  std::set<std::pair<int, int>> seen;
  for (std::int64_t i = 0; i < images.size(0); ++i)
    for (int down = 0; down <= 4; ++down)
      for (int right = 0; right <= 4; ++right)
        if (at::equal(cropped[i], padded[i].slice(1, down, down + 5).slice(2, right, right + 4)))
          seen.insert({down, right});
  CHECK(seen.size() == 25);
  CHECK(at::equal(images, numbered_images()));
}

TEST_CASE("flipping mirrors about half of the images, whole") {
  at::Tensor const images = numbered_images();
  random_stream stream{3};
  at::Tensor const result = crop_and_flip(images, {.flip = true}, stream);
  int flipped = 0;
  for (std::int64_t i = 0; i < images.size(0); ++i) {
    bool const same = at::equal(result[i], images[i]);
    CHECK((same || at::equal(result[i], images[i].flip(2))));
    flipped += same ? 0 : 1;
  }
  CHECK(flipped > 70);
  CHECK(flipped < 130);
}

TEST_CASE("crop and flip together are a flip of a crop") {
  at::Tensor const images = numbered_images();
  random_stream stream{4};
  at::Tensor const result = crop_and_flip(images, {.crop_padding = 1, .flip = true}, stream);
  at::Tensor const padded = at::constant_pad_nd(images[0], {1, 1, 1, 1});
  for (at::Tensor const& image : result.unbind()) {
    bool found = false;
    for (int down = 0; down <= 2; ++down)
      for (int right = 0; right <= 2; ++right) {
        at::Tensor const window = padded.slice(1, down, down + 5).slice(2, right, right + 4);
        found = found || at::equal(image, window) || at::equal(image, window.flip(2));
      }
    CHECK(found);
  }
}

TEST_CASE("cutout zeroes one square, clipped at the border, in all channels") {
  at::Tensor const images = at::ones({500, 2, 9, 9});
  int const side = GENERATE(1, 3, 4);
  random_stream stream{5};
  cut_out(images, {.cutout = side}, stream);
  std::int64_t whole = 0;
  for (at::Tensor const& image : images.unbind()) {
    at::Tensor const rows = (image[0].amin(1) == 0).sum(), columns = (image[0].amin(0) == 0).sum();
    std::int64_t const zeros = (image[0] == 0).sum().item<std::int64_t>();
    CHECK(at::equal(image[0], image[1]));
    CHECK(zeros == (rows * columns).item<std::int64_t>());
    CHECK(zeros >= (side / 2) * (side / 2));
    CHECK(zeros <= side * side);
    whole += zeros == side * side ? 1 : 0;
  }
  CHECK(whole > 100);
}

TEST_CASE("augmented batches are the same for the same seed, whichever is asked for first") {
  dataset const data{"random", at::randint(256, {30, 3, 8, 8}, make_generator(1), at::kByte), at::zeros(30, at::kLong),
                     1};
  normalization const statistics = normalization_of(data);
  augmentation const options{.crop_padding = 2, .flip = true, .cutout = 4};
  batches const epoch{data, statistics, 8, 11, options}, again{data, statistics, 8, 11, options};
  at::Tensor const last = again[3].images;
  for (std::int64_t i = 0; i < epoch.size(); ++i)
    CHECK(at::equal(epoch[i].images, again[i].images));
  CHECK(at::equal(epoch[3].images, last));
  CHECK_FALSE(at::equal(epoch[0].images, (batches{data, statistics, 8, 12, options})[0].images));
  CHECK_FALSE(at::equal(epoch[0].images, (batches{data, statistics, 8, 11})[0].images));
}

TEST_CASE("augmentation that the images cannot hold is refused") {
  at::Tensor const images = at::zeros({1, 3, 28, 32}, at::kByte);
  CHECK_NOTHROW(check({.crop_padding = 4, .flip = true, .cutout = 28}, images));
  CHECK(user_error_of([&] { check({.cutout = 29}, images); }) ==
        "augmentation: cutout is 29 pixels, but images are 28 x 32; give 0 (none) to 28");
  CHECK_THAT(user_error_of([&] { check({.crop_padding = -1}, images); }),
             ContainsSubstring("crop padding is -1 pixels"));
}

TEST_CASE("random numbers are the same on every machine") {
  CHECK(random_stream{1234567}() == 6457827717110365317U); // published for splitmix64
  CHECK(derive_seed(1, "shuffle", 2) == derive_seed(1, "shuffle", 2));
  std::set<std::uint64_t> seeds;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (char const* stream : {"shuffle", "augmentation", ""})
      for (std::uint64_t index = 0; index < 20; ++index)
        seeds.insert(derive_seed(seed, stream, index));
  CHECK(seeds.size() == 20 * 3 * 20);
  random_stream stream{1};
  std::vector<int> counts(5);
  for (int i = 0; i < 5000; ++i)
    ++counts[stream.below(5)];
  for (int const count : counts)
    CHECK(std::abs(count - 1000) < 120);
  CHECK(at::equal(at::rand({3}, make_generator(9)), at::rand({3}, make_generator(9))));
}
