#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace espalier::runtime {

/// Begins at a cache line: a vector of the widest registers that lies across two takes twice as long to load.
template <class T>
struct cache_line_allocator {
  using value_type = T;
  static constexpr std::size_t alignment = 64;

  cache_line_allocator() = default;
  template <class U>
  cache_line_allocator(cache_line_allocator<U> const&) {}

  // What is asked of the system stands before the numbers: asking it for aligned memory takes several times as long.
  T* allocate(std::size_t count) {
    auto* const whole = ::operator new(count * sizeof(T) + alignment);
    auto* const next = static_cast<char*>(whole) + alignment;
    auto* const data = next - reinterpret_cast<std::uintptr_t>(next) % alignment;
    reinterpret_cast<void**>(data)[-1] = whole;
    return reinterpret_cast<T*>(data);
  }
  void deallocate(T* data, std::size_t) { ::operator delete(reinterpret_cast<void**>(data)[-1]); }

  bool operator==(cache_line_allocator const&) const = default;
};

/// What kernels read and write.
template <class T>
using aligned_vector = std::vector<T, cache_line_allocator<T>>;

} // namespace espalier::runtime
