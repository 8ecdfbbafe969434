#include "processes.hpp"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace benchmark {

namespace {

void* shared_memory(std::size_t bytes) {
  auto* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "no memory to share");
  return memory;
}

} // namespace

shared_numbers::shared_numbers(std::size_t count)
    : numbers_(static_cast<double*>(shared_memory(count * sizeof(double)))), count_(count) {}

shared_numbers::~shared_numbers() {
  munmap(numbers_, count_ * sizeof(double));
}

void run_in_processes(std::size_t processes, std::size_t tasks, std::function<void(std::size_t)> const& task) {
  using counter = std::atomic<std::size_t>;
  static_assert(counter::is_always_lock_free);
  auto* const next = new (shared_memory(sizeof(counter))) counter{0};
  std::fflush(nullptr);
  std::vector<pid_t> children;
  for (std::size_t p = 0; p < processes; ++p) {
    auto const child = fork();
    if (child < 0)
      throw std::system_error(errno, std::generic_category(), "cannot begin a process");
    if (child == 0) {
      try {
        for (auto i = next->fetch_add(1); i < tasks; i = next->fetch_add(1))
          task(i);
      } catch (std::exception const& error) {
        std::fprintf(stderr, "%s\n", error.what());
        _exit(1);
      }
      _exit(0);
    }
    children.push_back(child);
  }
  bool are_done = true;
  for (auto const child : children) {
    int status = 0;
    are_done = waitpid(child, &status, 0) == child && status == 0 && are_done;
  }
  munmap(next, sizeof(counter));
  if (!are_done)
    throw std::runtime_error("a task failed");
}

} // namespace benchmark
