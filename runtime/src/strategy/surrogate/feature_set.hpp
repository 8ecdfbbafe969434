#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace espalier::runtime {

/// The features that an architecture has, of those that an encoding counts from 0; a bit each.
class feature_set {
public:
  /// Without any, of so many.
  explicit feature_set(std::size_t features) : words_((features + 63) / 64) {}

  void insert(std::size_t feature) { words_[feature / 64] |= std::uint64_t{1} << feature % 64; }
  [[nodiscard]] bool contains(std::size_t feature) const { return (words_[feature / 64] >> feature % 64 & 1U) != 0; }

  /// Calls it with each, in rising order.
  template <class Function>
  void for_each(Function call) const {
    for (std::size_t w = 0; w < words_.size(); ++w)
      for (auto left = words_[w]; left != 0; left &= left - 1)
        call(w * 64 + static_cast<std::size_t>(std::countr_zero(left)));
  }

  /// The Hamming distance: how many features one of two sets has and the other has not.
  [[nodiscard]] std::size_t distance(feature_set const& other) const {
    std::size_t differing = 0;
    for (std::size_t w = 0; w < words_.size(); ++w)
      differing += static_cast<std::size_t>(std::popcount(words_[w] ^ other.words_[w]));
    return differing;
  }

  bool operator==(feature_set const&) const = default;

private:
  std::vector<std::uint64_t> words_;
};

} // namespace espalier::runtime
