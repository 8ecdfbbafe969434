#pragma once

#include <cstdint>
#include <filesystem>

namespace espalier::runtime {

/// One of the processes that share a study. It has a number, and holds a lock on the byte of that number in a file
/// beside the study. The lock goes with the process, however that ends.
class worker {
public:
  /// Takes the lowest number that no living process has, counted from 1. A `user_error` if the file cannot be locked.
  explicit worker(std::filesystem::path const& lock_file);
  ~worker();
  worker(worker const&) = delete;
  worker& operator=(worker const&) = delete;

  [[nodiscard]] std::int64_t number() const { return number_; }
  /// Whether a process has the number.
  [[nodiscard]] bool is_alive(std::int64_t number) const;

  /// Held by one process at a time, as a mutex is by one thread.
  void lock();
  void unlock();

private:
  int file_;
  std::int64_t number_ = 0;
};

} // namespace espalier::runtime
