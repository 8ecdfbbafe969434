#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace benchmark {

/// Numbers, at first 0, that are shared with processes that are begun later.
class shared_numbers {
public:
  explicit shared_numbers(std::size_t count);
  ~shared_numbers();
  shared_numbers(shared_numbers const&) = delete;
  shared_numbers& operator=(shared_numbers const&) = delete;

  /// The numbers from `first` on.
  [[nodiscard]] std::span<double> part(std::size_t first, std::size_t count) const { return {numbers_ + first, count}; }

private:
  double* numbers_;
  std::size_t count_;
};

/// Runs the tasks 0 to `tasks` - 1 in so many processes (LibTorch's global state is not for threads); each takes the
/// next task that is left. A `std::runtime_error` where one fails.
void run_in_processes(std::size_t processes, std::size_t tasks, std::function<void(std::size_t)> const& task);

} // namespace benchmark
