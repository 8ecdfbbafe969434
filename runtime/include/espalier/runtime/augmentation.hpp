#pragma once

#include <espalier/runtime/random_stream.hpp>

#include <ATen/core/Tensor.h>

namespace espalier::runtime {

/// Random changes of training images; the papers use {.crop_padding = 4, .flip = true, .cutout = 16} on 32 x 32 images.
struct augmentation {
  int crop_padding =
      0;             ///< Pixels of zeros around the image, of which a window of the image's size is cut out at random.
  bool flip = false; ///< Mirrors left and right with probability 1/2.
  int cutout = 0;    ///< Side of a square, centred on a random pixel, that is set to zero (DeVries and Taylor 2017).
};

/// Refuses, as a user_error, negative sizes and sizes that images [N, C, H, W] cannot hold.
void check(augmentation const& options, at::Tensor const& images);

/// Crops and flips each image on its own: raw pixels [B, C, H, W] uint8, shape kept, the argument unchanged.
at::Tensor crop_and_flip(at::Tensor const& images, augmentation const& options, random_stream& stream);

/// Zeroes one square in each image, in place: normalized images [B, C, H, W] float, where 0 is the mean.
void cut_out(at::Tensor const& images, augmentation const& options, random_stream& stream);

} // namespace espalier::runtime
