#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace espalier::runtime {

/// Memory that is used again: one step of training needs what the one before it needed, and new pages cost more than
/// what is computed on them.
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
    for (auto const& [size, blocks] : free_)
      for (auto* const data : blocks)
        ::operator delete(data, alignment);
  }
  memory_pool(memory_pool const&) = delete;
  memory_pool& operator=(memory_pool const&) = delete;

  /// Of any content.
  [[nodiscard]] block take(std::size_t size) {
    {
      std::lock_guard const lock{mutex_};
      if (auto& known = free_[size]; !known.empty()) {
        auto* const data = known.back();
        known.pop_back();
        return {shared_from_this(), data, size};
      }
    }
    return {shared_from_this(), ::operator new(size, alignment), size};
  }

private:
  static constexpr std::align_val_t alignment{64};

  void give_back(void* data, std::size_t size) {
    std::lock_guard const lock{mutex_};
    free_[size].push_back(data);
  }

  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> free_;
};

} // namespace espalier::runtime
