#pragma once

#include <ATen/core/Generator.h>

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace espalier::runtime {

/// The seed of one purpose of a run, such as (seed, "shuffle", epoch): a resumed run derives it anew, no generator
/// state is saved.
std::uint64_t derive_seed(std::uint64_t seed, std::string_view stream, std::uint64_t index = 0);

/// The splitmix64 generator (Steele, Lea and Flood 2014): the same numbers with every library version and thread count.
class random_stream {
public:
  using result_type = std::uint64_t;

  explicit random_stream(std::uint64_t seed) : state_(seed) {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

  /// The next 64 random bits.
  result_type operator()();

  /// A uniform number in [0, bound), without modulo bias; the bound is at least 1.
  std::uint64_t below(std::uint64_t bound);

private:
  std::uint64_t state_;
};

/// The numbers 0 ... size - 1 in a uniformly random order.
std::vector<std::int64_t> permutation(std::int64_t size, random_stream& stream);

/// A LibTorch generator, for tensors drawn by LibTorch itself.
at::Generator make_generator(std::uint64_t seed);

} // namespace espalier::runtime
