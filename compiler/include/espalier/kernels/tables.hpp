#pragma once

#include <cstdint>

/// What compiled kernels are called through. All of them work on one example; pointers are to contiguous numbers.
namespace espalier::kernels {

/// What normalization makes of the gradient g of its result, given what it normalized, u: scale g + slope u + shift, by
/// channel.
template <class T>
struct normalized_gradient {
  T const* g;
  T const* u;
  T const* scale;
  T const* slope;
  T const* shift;
};

/// Rectification and convolution: [height, width, in] to [out height, out width, out]. The weights are packed as the
/// kernels read them:
/// - separable: depthwise [kernel, kernel, in]; full [in, out]; turned [out, in];
/// - dense: no depthwise ones; full [kernel, kernel, in, out]; turned [kernel, kernel, out, in], the last tap first;
/// - factorized: no depthwise ones; full [2, in, out / 2]; turned [2, out / 2, in].
template <class T>
struct stage_table {
  std::int64_t padded;          ///< Numbers of the padded input, whose border must be 0,
  std::int64_t padded_gradient; ///< of the padded gradient of what is inside, whose border must be 0, too,
  std::int64_t scratch;         ///< and of what is needed meanwhile.
  /// relu(scale x + shift), or relu(x) where `scale` is null, inside the border. The same for maps of one size.
  void (*pad)(T const* x, T const* scale, T const* shift, T* padded);
  /// Writes u and adds the sums of its values and of their squares to moments[2, out].
  void (*forward)(T const* padded, T const* depthwise, T const* full, T* u, T* moments, T* scratch);
  /// Adds to the gradients of the weights and to that of x before rectification and `scale`, unless these are null.
  /// Where `products` are given, writes that of x instead, and adds its sums and those of it times the rectified x to
  /// products[2, in].
  void (*backward)(T const* padded, T const* depthwise, T const* turned, normalized_gradient<T> const& in,
                   T* padded_gradient, T* g_depthwise, T* g_full, T* scratch, T* gx, T* products);
};

/// Pooling by windows of a size and stride, at the border those parts that lie in the map.
template <class T>
struct pool_table {
  /// Writes u, of a maximum also where in its window it was, and adds to moments[2, channels].
  void (*forward)(T const* x, T* u, std::uint8_t* winners, T* moments);
  void (*backward)(normalized_gradient<T> const& in, std::uint8_t const* winners, T* gx);
};

/// What is done with maps [pixels, channels].
template <class T>
struct map_table {
  /// out = shift + sum over terms of scale[term, channel] x[term].
  void (*combine)(T const* const* terms, T const* scales, T const* shift, std::int64_t count, std::int64_t pixels,
                  T* out);
  /// Adds the sums over pixels of g, and of g x[term] for each term, to sums[1 + count, channels].
  void (*correlate)(T const* g, T const* const* terms, std::int64_t count, std::int64_t pixels, T* sums);
  /// to += scale g, by channel.
  void (*add_scaled)(T const* g, T const* scale, std::int64_t pixels, T* to);
};

} // namespace espalier::kernels
