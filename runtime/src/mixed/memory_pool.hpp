#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <sys/mman.h>

namespace espalier::runtime {

/// Memory that is used again: one step of training needs what the one before it needed, and new pages cost more than
/// what is computed on them. It comes from large regions of huge pages, where the system has such.
class memory_pool : public std::enable_shared_from_this<memory_pool> {
public:
  /// Bytes that go back to their pool with the object.
  class block {
  public:
    block() = default;
    block(std::shared_ptr<memory_pool> pool, void* data, std::size_t size)
        : pool_(std::move(pool)), data_(data), size_(size) {}
    block(block&& other) noexcept { swap(other); }
    block& operator=(block&& other) noexcept {
      block{std::move(other)}.swap(*this);
      return *this;
    }
    ~block() {
      if (data_ != nullptr)
        pool_->give_back(data_, size_);
    }

    template <class T>
    [[nodiscard]] T* as() const {
      return static_cast<T*>(data_);
    }

  private:
    void swap(block& other) noexcept {
      std::swap(pool_, other.pool_);
      std::swap(data_, other.data_);
      std::swap(size_, other.size_);
    }

    std::shared_ptr<memory_pool> pool_;
    void* data_ = nullptr;
    std::size_t size_ = 0;
  };

  memory_pool() = default;
  ~memory_pool() {
    for (auto* const region : regions_)
      ::operator delete(region, huge_page);
  }
  memory_pool(memory_pool const&) = delete;
  memory_pool& operator=(memory_pool const&) = delete;

  /// Of any content.
  [[nodiscard]] block take(std::size_t size) {
    std::lock_guard const lock{mutex_};
    if (auto& known = free_[size]; !known.empty()) {
      auto* const data = known.back();
      known.pop_back();
      return {shared_from_this(), data, size};
    }
    return {shared_from_this(), carve(size), size};
  }

private:
  static constexpr std::align_val_t huge_page{std::size_t{1} << 21};
  static constexpr std::size_t region_size = std::size_t{1} << 25;
  static constexpr std::size_t cache_line = 64;
  // Between blocks, so that maps whose sizes are powers of two do not compete for the same lines of a cache.
  static constexpr std::size_t distance = 4096 + cache_line;

  // The next bytes of the last region, or the first ones of a new region.
  char* carve(std::size_t size) {
    auto const needed = (size + distance + cache_line - 1) / cache_line * cache_line;
    if (needed > left_) {
      auto const page = static_cast<std::size_t>(huge_page);
      left_ = (std::max(needed, region_size) + page - 1) / page * page;
      next_ = static_cast<char*>(::operator new(left_, huge_page));
      regions_.push_back(next_);
      madvise(next_, left_, MADV_HUGEPAGE);
    }
    left_ -= needed;
    return std::exchange(next_, next_ + needed);
  }

  void give_back(void* data, std::size_t size) {
    std::lock_guard const lock{mutex_};
    free_[size].push_back(data);
  }

  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> free_;
  std::vector<void*> regions_;
  char* next_ = nullptr; // what is left of the last region
  std::size_t left_ = 0;
};

} // namespace espalier::runtime
