// relaxed_step [--quick | --two-threads] (batch 8 alone, few runs; without those of one thread): what a step of a
// relaxing search costs, the CNN space of DARTS (16 channels, 8 cells, 32x32), operation by operation as in the
// released code, and as it is computed here. Both run by turns; seconds, median [quartiles]: of CPU time with one
// thread, of time with two. Memory is the most that a process of its own ever held. The last line is the figure to
// watch. released.py compares the first of both with PyTorch.

#include "peak_memory.hpp"
#include "quartiles.hpp"
#include "search_step.hpp"
#include "throughput.hpp"

#include <espalier/runtime/threads.hpp>

#include <spaces/darts.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <span>
#include <string>

namespace {

using namespace espalier;

// As long again as the space that is searched; the channels change after a third and two thirds.
// clang-format off
inline constexpr auto sixteen_cells = dsl::search_space("darts-search-16", dsl::image(3, 32, 32),
    dsl::conv(3, dsl::channels(48)), dsl::batch_norm(),
    dsl::repeat(5, spaces::darts::normal(16)), spaces::darts::reduction(32), dsl::repeat(4, spaces::darts::normal(32)),
    spaces::darts::reduction(64), dsl::repeat(5, spaces::darts::normal(64)),
    dsl::global_avg_pool(), dsl::linear(10));
// clang-format on

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct kind {
  char const* name;
  void (search_step::*run)();
  double passes; // over the network's arithmetic
};

constexpr kind kinds[] = {{"forward", &search_step::forward, 1},
                          {"weight step", &search_step::move_weights, 3},
                          {"alpha step, first order", &search_step::move_alphas, 2},
                          {"alpha step, second order", &search_step::move_alphas_by_second_order, 10}};
constexpr auto const& weight_step = kinds[1];

// Multiply-adds of everything a supernet holds, an image.
double macs_of(compiler::region const& body) {
  double macs = 0;
  for (auto const& op : body.operations) {
    for (auto const& inner : op.regions)
      macs += macs_of(inner);
    if (op.form() != compiler::structure::leaf)
      continue;
    auto const in = body.type_of(op.operands.front());
    double const inputs = in.channels, outputs = op.type().channels,
                 pixels = static_cast<double>(op.type().positions());
    if (op.is("conv"))
      macs += pixels * outputs * inputs / op.attribute("groups") * op.attribute("kernel") * op.attribute("kernel");
    if (op.is("factorized_reduce"))
      macs += pixels * outputs * inputs;
    if (op.is("linear"))
      macs += inputs * outputs;
  }
  return macs;
}

// Multiply-adds a second of a product of matrices.
double peak(double (*seconds)()) {
  constexpr int size = 1024;
  auto const a = torch::randn({size, size}), b = torch::randn({size, size});
  double best = 0;
  for (int i = 0; i < 12; ++i) {
    auto const begin = seconds();
    torch::mm(a, b);
    best = std::max(best, std::pow(size, 3) / (seconds() - begin));
  }
  return best;
}

double (*clock_of(int threads))() {
  return threads == 1 ? cpu_seconds : wall_seconds;
}

double timed(search_step& step, kind const& k, double (*seconds)()) {
  auto const begin = seconds();
  (step.*k.run)();
  return seconds() - begin;
}

// Of two steps by turns; the second is run twice as often.
std::pair<quartiles, quartiles> compare(kind const& k, search_step& slow, search_step& quick, double (*seconds)(),
                                        std::size_t runs) {
  timed(quick, k, seconds); // memory and caches
  std::vector<double> of_slow, of_quick;
  for (std::size_t i = 0; i < runs; ++i) {
    of_quick.push_back(timed(quick, k, seconds));
    of_slow.push_back(timed(slow, k, seconds));
    of_quick.push_back(timed(quick, k, seconds));
  }
  return {quartiles_of(of_slow), quartiles_of(of_quick)};
}

void print_heading(std::string const& what, int threads, std::int64_t batch, char const* last) {
  fmt::print("\n{}, {} thread{}, batch {}\n{:<24} {:>26} {:>26} {:>7} {:>9}\n", what, threads, threads == 1 ? "" : "s",
             batch, "", "operation by operation", "here", "ratio", last);
}

void print_row(char const* name, quartiles const& slow, quartiles const& quick, std::string const& last) {
  fmt::print("{:<24} {:8.3f} [{:6.3f} - {:6.3f}] {:8.3f} [{:6.3f} - {:6.3f}] {:7.2f} {:>9}\n", name, slow.median,
             slow.low, slow.high, quick.median, quick.low, quick.high, slow.median / quick.median, last);
}

// Every kind of step of DARTS; returns the ratio of the weight step and its seconds.
std::pair<double, double> table(supernet const& darts, int threads, std::int64_t batch, std::size_t runs) {
  runtime::use_threads(threads);
  search_step reference{darts, true, batch};
  search_step ours{darts, false, batch};
  auto* const seconds = clock_of(threads);
  auto const speed = peak(seconds);
  auto const macs = macs_of(darts.graph.body);
  print_heading("DARTS", threads, batch, "to floor");
  std::pair<double, double> of_weights;
  for (auto const& k : kinds) {
    auto const [slow, quick] = compare(k, reference, ours, seconds, runs);
    auto const floor = k.passes * macs * static_cast<double>(batch) / speed;
    print_row(k.name, slow, quick, fmt::format("{:.2f}", quick.median / floor));
    if (k.run == weight_step.run)
      of_weights = {slow.median / quick.median, quick.median};
  }
  fmt::print("floor: {:.1f} million multiply-adds an image, {:.1f} thousand million a second in a product 1024^3\n",
             macs / 1e6, speed / 1e9);
  return of_weights;
}

void print_partial_channels(supernet const& partial, int threads, std::int64_t batch, std::size_t runs) {
  runtime::use_threads(threads);
  search_step reference{partial, true, batch};
  search_step ours{partial, false, batch};
  print_heading("PC-DARTS", threads, batch, "");
  for (auto const& k : std::span{kinds}.first(2)) {
    auto const [slow, quick] = compare(k, reference, ours, clock_of(threads), runs);
    print_row(k.name, slow, quick, "");
  }
}

void print_depth(supernet const& darts, std::int64_t batch, std::size_t runs) {
  runtime::use_threads(1);
  supernet const deep{sixteen_cells.view()};
  search_step of_deep{deep, false, batch};
  search_step of_darts{darts, false, batch};
  auto const [slow, quick] = compare(weight_step, of_deep, of_darts, cpu_seconds, runs);
  fmt::print("\n16 cells over 8, weight step, 1 thread, batch {}: {:.3f} / {:.3f} = {:.2f} of {:.2f} times the "
             "multiply-adds\n",
             batch, slow.median, quick.median, slow.median / quick.median,
             macs_of(deep.graph.body) / macs_of(darts.graph.body));
}

// Two weight steps and a step of the architecture parameters.
void hold(supernet const& darts, bool is_reference, std::int64_t batch) {
  runtime::use_threads(2);
  search_step step{darts, is_reference, batch};
  step.move_weights();
  step.move_weights();
  step.move_alphas();
}

// For released.py: the seconds of each step whose name is read, operation by operation.
void answer(supernet const& darts, int threads, std::int64_t batch) {
  runtime::use_threads(threads);
  search_step reference{darts, true, batch};
  for (std::string name; std::getline(std::cin, name);)
    for (auto const& k : kinds)
      if (name == k.name)
        fmt::print("{}\n", timed(reference, k, clock_of(threads)));
}

void print_memory(std::string const& program, std::int64_t batch) {
  std::fflush(stdout);
  for (auto const* const what : {"reference", "kernels"})
    if (std::system(fmt::format("'{}' --memory {} {}", program, what, batch).c_str()) != 0)
      throw std::runtime_error("cannot measure memory");
}

} // namespace

int main(int count, char** arguments) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::vector<std::string> const words(arguments + 1, arguments + count);
  torch::manual_seed(1);
  bool const is_quick = !words.empty() && words.front() == "--quick";
  supernet const darts{spaces::darts::search.view()};
  if (words.size() == 3 && words.front() == "--memory") {
    hold(darts, words[1] == "reference", std::stoll(words[2]));
    fmt::print("memory, batch {:>2}, {:<10} {:.2f} GiB\n", words[2], words[1], peak_memory() / (1 << 30));
    return 0;
  }
  if (words.size() == 3 && words.front() == "--answer") {
    answer(darts, std::stoi(words[1]), std::stoll(words[2]));
    return 0;
  }
  double headline = 0;
  auto const batches = is_quick ? std::vector<std::int64_t>{8} : std::vector<std::int64_t>{8, 16, 64};
  supernet const partial{spaces::darts::search.view(), 4};
  bool const is_of_two = !words.empty() && words.front() == "--two-threads";
  for (int const threads : is_of_two ? std::vector{2} : std::vector{1, 2}) {
    std::vector<double> an_image;
    for (auto const batch : batches) {
      auto const [ratio, seconds] = table(darts, threads, batch, is_quick || batch == 64 ? 3 : 7);
      an_image.push_back(seconds / static_cast<double>(batch));
      if (threads == 2 && batch == 8)
        headline = ratio;
    }
    for (std::size_t i = 0; i < batches.size() && !is_quick; ++i)
      fmt::print("weight step, {} thread{}, batch {:>2}: {:.1f} ms an image\n", threads, threads == 1 ? "" : "s",
                 batches[i], an_image[i] * 1e3);
    print_partial_channels(partial, threads, 8, is_quick ? 3 : 7);
  }
  if (!is_quick)
    print_depth(darts, 8, 7);
  fmt::print("\n");
  for (std::int64_t const batch : {8, 16})
    print_memory(std::filesystem::read_symlink("/proc/self/exe").string(), batch);
  fmt::print("\nheadline relaxed_step {:.2f} x\n", headline);
}
