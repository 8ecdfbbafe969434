#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace espalier::runtime {

/// Begins at a cache line: a vector of the widest registers that lies across two takes twice as long to load.
template <class T>
struct cache_line_allocator {
  using value_type = T;
  static constexpr std::align_val_t alignment{64};

  cache_line_allocator() = default;
  template <class U>
  cache_line_allocator(cache_line_allocator<U> const&) {}

  T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), alignment)); }
  void deallocate(T* data, std::size_t) { ::operator delete(data, alignment); }

  bool operator==(cache_line_allocator const&) const = default;
};

/// What kernels read and write.
template <class T>
using aligned_vector = std::vector<T, cache_line_allocator<T>>;

} // namespace espalier::runtime
