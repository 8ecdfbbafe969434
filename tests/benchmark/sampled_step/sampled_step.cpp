// sampled_step [--quick] (batch 8 alone, about two minutes instead of twelve): what a training step on a path of a
// supernet costs over one of the same network built alone, and over one on the path of the step before. Every turn
// draws an architecture, and steps on its path for the first time and again, and in a network of its own: milliseconds
// of CPU time of one thread, medians over the turns, and ratios of the same turn, median [quartiles]. The process keeps
// the memory that it was given, since what the system takes to give it again would be most of what differs between
// turns. Peak memory is that of processes of their own, which give memory back, and have every large tensor in pages of
// its own, since how a heap comes to be divided is chance. The last line is the figure to watch.

#include <torch/torch.h>

#include "../../../runtime/src/sampled/path_descent.hpp"
#include "../../../runtime/src/schedule.hpp"
#include "peak_memory.hpp"
#include "quartiles.hpp"
#include "throughput.hpp"

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/runtime/batches.hpp>
#include <espalier/runtime/threads.hpp>

#include <spaces/nas_bench_201.hpp>
#include <spaces/ofa_mobilenet_v3.hpp>
#include <spaces/spos.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <malloc.h>

namespace {

using namespace espalier;
using compiler::architecture;
using compiler::compiled_space;
using runtime::network;

constexpr double learning_rate = 1e-3;
constexpr double momentum = 0.9;
constexpr double weight_decay = 4e-5;

struct contest {
  char const* name;
  dsl::space_view declared;
  network::affine norms; // as the strategy that trains this space has them
};

std::vector<contest> const& contests() {
  static std::vector<contest> const all{
      {"nas-bench-201", spaces::nas_bench_201::cifar10.view(), network::affine::no},
      {"spos-blocks", spaces::spos::blocks.view(), network::affine::no},
      {"ofa-mobilenet-v3", spaces::ofa_mobilenet_v3::at_224.view(), network::affine::yes},
  };
  return all;
}

runtime::batch random_examples(compiled_space const& space, std::int64_t size) {
  auto const& body = space.expanded.body;
  auto const classes = body.type_of(body.yields.front()).channels;
  return {runtime::random_batch(space.structured.input(), size), torch::randint(classes, {size})};
}

at::Tensor loss_of(at::Tensor const& logits, runtime::batch const& seen) {
  return torch::cross_entropy_loss(logits, seen.labels);
}

// The network of one architecture, built alone.
class fixed_training {
public:
  fixed_training(compiled_space const& space, architecture const& a, network::affine norms)
      : fixed_training(compiler::specialize(space.expanded, space.decisions, a), norms) {}

  void step(runtime::batch const& seen) {
    runtime::drop_gradients(net_.parameters());
    loss_of(net_.forward(seen.images), seen).backward();
    descent_.step();
  }
  [[nodiscard]] network const& net() const { return net_; }

private:
  fixed_training(compiler::graph const& graph, network::affine norms)
      : net_(graph, compiler::decision_space{graph}, norms),
        descent_(net_.parameters(),
                 torch::optim::SGDOptions(learning_rate).momentum(momentum).weight_decay(weight_decay)) {}

  network net_;
  torch::optim::SGD descent_;
};

class supernet_training {
public:
  supernet_training(compiled_space const& space, network::affine norms)
      : net_(space.expanded, space.decisions, norms),
        descent_(net_, {.momentum = momentum, .weight_decay = weight_decay}) {}

  void step(architecture const& a, runtime::batch const& seen) {
    runtime::sampled_path const path{net_, a};
    loss_of(path.forward(seen.images), seen).backward();
    descent_.step({&path, 1}, learning_rate);
  }
  [[nodiscard]] network const& net() const { return net_; }

private:
  network net_;
  runtime::path_descent descent_;
};

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class Step>
double timed(Step step) {
  auto const begin = cpu_seconds();
  step();
  return cpu_seconds() - begin;
}

// Prints a row; returns the ratio of a path to the network built alone.
double measure(contest const& of, std::int64_t batch, double most_seconds) {
  constexpr int first_steps = 20; // after which almost every weight has its momentum
  constexpr std::size_t least = 3;
  compiled_space const space{compiler::lower(of.declared)};
  torch::manual_seed(1);
  compiler::random_generator random{1};
  supernet_training supernet{space, of.norms};
  for (int i = 0; i < first_steps; ++i)
    supernet.step(compiler::sample(space.decisions, random), random_examples(space, 2));

  auto const seen = random_examples(space, batch);
  std::vector<double> fixed, again, first, to_fixed, to_again;
  for (auto const begin = wall_seconds(); fixed.size() < least || wall_seconds() - begin < most_seconds;) {
    auto const a = compiler::sample(space.decisions, random);
    first.push_back(timed([&] { supernet.step(a, seen); }));
    again.push_back(timed([&] { supernet.step(a, seen); }));
    fixed_training alone{space, a, of.norms};
    alone.step(seen);
    fixed.push_back(timed([&] { alone.step(seen); }));
    to_fixed.push_back(again.back() / fixed.back());
    to_again.push_back(first.back() / again.back());
  }
  auto const over_fixed = quartiles_of(to_fixed);
  auto const over_again = quartiles_of(to_again);
  fmt::print("{:<18} {:>5} {:>5} {:10.1f} {:10.1f} {:6.3f} [{:5.3f} - {:5.3f}] {:10.1f} {:6.3f} [{:5.3f} - {:5.3f}]\n",
             of.name, batch, fixed.size(), 1e3 * quartiles_of(fixed).median, 1e3 * quartiles_of(again).median,
             over_fixed.median, over_fixed.low, over_fixed.high, 1e3 * quartiles_of(first).median, over_again.median,
             over_again.low, over_again.high);
  return over_fixed.median;
}

// Of some random architectures the one in the middle.
architecture median_of(compiled_space const& space) {
  compiler::random_generator random{1};
  std::vector<architecture> drawn;
  for (int i = 0; i < 9; ++i)
    drawn.push_back(compiler::sample(space.decisions, random));
  auto const middle = drawn.begin() + 4;
  std::ranges::nth_element(drawn, middle, {}, [&](architecture const& a) { return space.costs.of(a).macs; });
  return *middle;
}

double bytes_of(network const& net) {
  double bytes = 0;
  for (auto const& tensors : {net.parameters(), net.buffers()})
    for (auto const& t : tensors)
      bytes += static_cast<double>(t.nbytes());
  return bytes;
}

struct memory {
  double steps = 0;   // the most that was held in them
  double weights = 0; // and statistics
};

memory memory_of(contest const& of, std::int64_t batch, bool is_sampled) {
  compiled_space const space{compiler::lower(of.declared)};
  auto const a = median_of(space);
  auto const seen = random_examples(space, batch);
  auto const run = [](auto& training, auto step) -> memory {
    reset_peak_memory();
    for (int i = 0; i < 3; ++i)
      step(training);
    return {peak_memory(), bytes_of(training.net())};
  };
  if (is_sampled) {
    supernet_training supernet{space, of.norms};
    return run(supernet, [&](auto& training) { training.step(a, seen); });
  }
  fixed_training alone{space, a, of.norms};
  return run(alone, [&](auto& training) { training.step(seen); });
}

// The same, of a process of its own.
memory asked_memory_of(contest const& of, std::int64_t batch, bool is_sampled) {
  auto const program = std::filesystem::read_symlink("/proc/self/exe").string();
  auto* const child = popen(
      fmt::format("'{}' --memory {} {} {}", program, of.name, batch, is_sampled ? "sampled" : "fixed").c_str(), "r");
  memory found;
  bool const is_told = child != nullptr && std::fscanf(child, "%lf %lf", &found.steps, &found.weights) == 2;
  if (child == nullptr || pclose(child) != 0 || !is_told)
    throw std::runtime_error(fmt::format("cannot measure the memory of {}", of.name));
  return found;
}

void print_memory(contest const& of, std::int64_t batch) {
  constexpr double mebibyte = 1 << 20;
  auto const fixed = asked_memory_of(of, batch, false);
  auto const sampled = asked_memory_of(of, batch, true);
  auto const idle = sampled.weights - fixed.weights;
  fmt::print("{:<18} {:>5} {:10.1f} {:10.1f} {:10.1f} {:10.3f}\n", of.name, batch, fixed.steps / mebibyte,
             sampled.steps / mebibyte, idle / mebibyte, (sampled.steps - idle) / fixed.steps);
}

void print_building() {
  std::vector<double> seconds;
  for (int i = 0; i < 3; ++i)
    seconds.push_back(timed([] {
      compiled_space const space{compiler::lower(spaces::ofa_mobilenet_v3::supernet.view())};
      network const supernet{space.expanded, space.decisions, network::affine::yes, nullptr,
                             network::windows::transformed};
    }));
  fmt::print("\nthe supernet of Once-for-All, from its declaration: {:.2f} s\n", quartiles_of(seconds).median);
}

} // namespace

int main(int count, char** arguments) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::vector<std::string> const words(arguments + 1, arguments + count);
  runtime::use_threads(1);
  if (words.size() == 4 && words[0] == "--memory") {
    mallopt(M_MMAP_THRESHOLD, 1 << 17);
    auto const of = std::ranges::find(contests(), words[1], &contest::name);
    auto const [steps, weights] = memory_of(*of, std::stoll(words[2]), words[3] == "sampled");
    fmt::print("{} {}\n", steps, weights);
    return 0;
  }
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
  bool const is_quick = !words.empty() && words.front() == "--quick";
  auto const batches = is_quick ? std::vector<std::int64_t>{8} : std::vector<std::int64_t>{8, 32};
  double const most_seconds = is_quick ? 30 : 100;
  double headline = 0;
  fmt::print("{:<18} {:>5} {:>5} {:>10} {:>10} {:>23} {:>10} {:>23}\n", "ms a step", "batch", "turns", "fixed",
             "sampled", "ratio", "first time", "ratio");
  for (auto const& of : contests())
    for (auto const batch : batches)
      headline = std::max(headline, measure(of, batch, most_seconds));
  fmt::print("\n{:<18} {:>5} {:>10} {:>10} {:>10} {:>10}\n", "peak memory, MiB", "batch", "fixed", "sampled", "idle",
             "ratio");
  for (auto const& of : contests())
    for (auto const batch : batches)
      print_memory(of, batch);
  print_building();
  fmt::print("\nheadline sampled_step {:.3f} x\n", headline);
}
