#pragma once

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>

/// Median, smallest and largest rate of several runs on one core.
struct rate {
  double median = 0;
  double least = 0;
  double most = 0;
};

/// Seconds of CPU time, which other programs on the machine do not count into.
inline double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Runs two programs by turns, each `times` times a run, so that both see the same machine.
template <class A, class B>
std::array<rate, 2> compare(long times, A first, B second) {
  constexpr std::size_t runs = 9;
  std::array<std::array<double, runs>, 2> rates{};
  auto const measured = [&](auto& program) {
    auto const before = cpu_seconds();
    program(times);
    return static_cast<double>(times) / (cpu_seconds() - before);
  };
  measured(first), measured(second); // caches and clocks
  for (std::size_t run = 0; run < runs; ++run) {
    rates[0][run] = measured(first);
    rates[1][run] = measured(second);
  }
  std::array<rate, 2> found;
  for (std::size_t i = 0; i < 2; ++i) {
    std::ranges::sort(rates[i]);
    found[i] = {rates[i][runs / 2], rates[i].front(), rates[i].back()};
  }
  return found;
}

/// One row: the engine, the hand-written program, and how many times longer the engine takes.
inline void print_row(char const* what, std::array<rate, 2> const& of) {
  constexpr double million = 1e6;
  fmt::print("{:<34} {:7.2f} [{:6.2f} - {:6.2f}] {:9.2f} [{:6.2f} - {:6.2f}] {:8.2f}\n", what, of[0].median / million,
             of[0].least / million, of[0].most / million, of[1].median / million, of[1].least / million,
             of[1].most / million, of[1].median / of[0].median);
}

inline void print_heading() {
  fmt::print("{:<34} {:>25} {:>27} {:>8}\n", "million a second, one core", "engine [range]", "by hand [range]",
             "ratio");
}

/// Keeps what a benchmark computes.
inline volatile unsigned long long sink = 0;
