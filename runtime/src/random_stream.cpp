#include <espalier/runtime/random_stream.hpp>

#include <espalier/compiler/error.hpp>

#include <ATen/CPUGeneratorImpl.h>

#include <numeric>
#include <utility>

namespace espalier::runtime {
namespace {

constexpr std::uint64_t golden_ratio = 0x9e3779b97f4a7c15;

/// The finalizer of splitmix64: every bit of the input changes about half of the output.
constexpr std::uint64_t mixed(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31U);
}

/// FNV-1a, 64 bits.
constexpr std::uint64_t hashed(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (char const c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

} // namespace

std::uint64_t derive_seed(std::uint64_t seed, std::string_view stream, std::uint64_t index) {
  std::uint64_t const of_stream = mixed(mixed(seed + golden_ratio) ^ hashed(stream));
  return mixed(of_stream + golden_ratio * (index + 1));
}

random_stream::result_type random_stream::operator()() {
  state_ += golden_ratio;
  return mixed(state_);
}

std::uint64_t random_stream::below(std::uint64_t bound) {
  if (bound == 0)
    throw internal_error("random_stream::below(0): there is no number below 0");
  std::uint64_t const surplus = (0 - bound) % bound; // 2^64 mod bound
  std::uint64_t bits = (*this)();
  while (bits < surplus)
    bits = (*this)();
  return bits % bound;
}

std::vector<std::int64_t> permutation(std::int64_t size, random_stream& stream) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[stream.below(left)]);
  return order;
}

at::Generator make_generator(std::uint64_t seed) {
  return at::detail::createCPUGenerator(seed);
}

} // namespace espalier::runtime
