// relaxed_step [--quick] (batch 8 alone, few runs): what a step of a relaxing search costs, the CNN space of DARTS (16
// channels, 8 cells, 32x32), operation by operation as in the released code, and as it is computed here. Both run by
// turns; seconds, median [quartiles]: of CPU time with one thread, of time with two. Memory is the most that a process
// of its own ever held. The last line is the figure to watch.

#include <torch/torch.h>

#include "../../../runtime/src/clipped_step.hpp"
#include "../../reference_executor.hpp"
#include "throughput.hpp"

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/passes/partial_channels.hpp>
#include <espalier/runtime/network.hpp>
#include <espalier/runtime/relaxed_kernels.hpp>
#include <espalier/runtime/threads.hpp>

#include <spaces/darts.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>

namespace {

using namespace espalier;
using runtime::network;

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// A supernet, on a part of the channels or on all, and its kernels.
struct contestant {
  explicit contestant(dsl::space_view declared, int channel_parts = 1)
      : space(compiler::lower(declared)), parts(channel_parts),
        graph(compiler::partial_channels(space.expanded, channel_parts)) {
    runtime::silent_progress silent;
    kernels = runtime::kernels_for(graph, silent);
  }

  compiler::compiled_space space;
  int parts;
  compiler::graph graph;
  std::shared_ptr<compiler::kernel_library const> kernels;
};

// A search's network, batch, weights and optimizer.
class search_step {
public:
  search_step(contestant const& own, bool is_reference, std::int64_t batch)
      : net_(own.graph, own.space.decisions, network::affine::no, is_reference ? nullptr : own.kernels),
        descent_(net_.parameters(), torch::optim::SGDOptions(0.025).momentum(0.9).weight_decay(3e-4)) {
    if (is_reference)
      reference_.emplace(own.space.expanded, own.space.decisions, net_, own.parts);
    auto counts = runtime::candidate_counts(own.graph, own.space.decisions);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      auto const& d = own.space.decisions[i];
      if (own.parts > 1 && d.type == compiler::decision::kind::subset) // weights of edges
        counts[i] = static_cast<std::int64_t>(d.options.size());
      alphas_.push_back(counts[i] > 0 ? torch::randn({counts[i]}).mul_(1e-3).set_requires_grad(true) : at::Tensor{});
      if (counts[i] > 0)
        trainable_.push_back(alphas_.back());
    }
    architecture_descent_.emplace(trainable_, torch::optim::AdamOptions(3e-4).betas({0.5, 0.999}).weight_decay(1e-3));
    x_ = torch::randn({batch, 3, 32, 32});
    labels_ = torch::randint(10, {batch});
  }

  void forward() {
    torch::NoGradGuard const no_gradient;
    loss(false);
  }

  void move_weights() {
    drop(net_.parameters());
    loss(reference_.has_value()).backward();
    if (!reference_)
      return runtime::clipped_step(descent_, 5.0);
    torch::nn::utils::clip_grad_norm_(net_.parameters(), 5.0);
    descent_.step();
  }

  // First order. The released code computes the gradients of the weights, too, and of alphas in a weight step.
  void move_alphas() {
    for (auto& p : net_.parameters())
      p.set_requires_grad(reference_.has_value());
    drop(trainable_);
    loss(true).backward();
    architecture_descent_->step();
    for (auto& p : net_.parameters())
      p.set_requires_grad(true);
  }

private:
  static void drop(std::vector<at::Tensor> const& parameters) {
    for (auto p : parameters)
      p.mutable_grad().reset();
  }

  at::Tensor loss(bool of_alphas) {
    std::vector<at::Tensor> weights;
    for (auto const& alpha : alphas_)
      weights.push_back(!alpha.defined() ? alpha : of_alphas ? alpha.softmax(0) : alpha.detach().softmax(0));
    auto const logits = reference_ ? reference_->forward(x_, weights, true) : net_.forward(x_, {weights});
    return torch::cross_entropy_loss(logits, labels_);
  }

  network net_;
  std::optional<reference_executor> reference_;
  torch::optim::SGD descent_;
  std::vector<at::Tensor> alphas_;
  std::vector<at::Tensor> trainable_;
  std::optional<torch::optim::Adam> architecture_descent_;
  at::Tensor x_;
  at::Tensor labels_;
};

struct quartiles {
  double low = 0, median = 0, high = 0;
};

quartiles quartiles_of(std::vector<double> all) {
  std::ranges::sort(all);
  auto const last = all.size() - 1;
  return {all[last / 4], all[all.size() / 2], all[last - last / 4]};
}

struct kind {
  char const* name;
  void (search_step::*run)();
  double passes; // over the network's arithmetic
};

constexpr kind kinds[] = {{"forward", &search_step::forward, 1},
                          {"weight step", &search_step::move_weights, 3},
                          {"alpha step, first order", &search_step::move_alphas, 2}};

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

class benchmark {
public:
  benchmark() : darts_(spaces::darts::search.view()), macs_(macs_of(darts_.graph.body)) {}

  // Reference / ours for the weight step.
  double table(int threads, std::int64_t batch, std::size_t runs) {
    runtime::use_threads(threads);
    search_step reference{darts_, true, batch};
    search_step ours{darts_, false, batch};
    fmt::print("\n{} thread{}, batch {}\n{:<24} {:>26} {:>26} {:>7} {:>9}\n", threads, threads == 1 ? "" : "s", batch,
               "", "operation by operation", "here", "ratio", "to floor");
    auto* const seconds = threads == 1 ? cpu_seconds : wall_seconds;
    auto const speed = peak(seconds);
    double of_weights = 0;
    for (auto const& k : kinds) {
      auto const [slow, quick] = measure(k, reference, ours, seconds, runs);
      double const floor = k.passes * macs_ * static_cast<double>(batch) / speed;
      fmt::print("{:<24} {:8.3f} [{:6.3f} - {:6.3f}] {:8.3f} [{:6.3f} - {:6.3f}] {:7.2f} {:9.2f}\n", k.name,
                 slow.median, slow.low, slow.high, quick.median, quick.low, quick.high, slow.median / quick.median,
                 quick.median / floor);
      if (k.run == &search_step::move_weights)
        of_weights = slow.median / quick.median;
    }
    fmt::print("floor: {:.1f} million multiply-adds an image, {:.1f} thousand million a second in a product 1024^3\n",
               macs_ / 1e6, speed / 1e9);
    return of_weights;
  }

  void hold(bool is_reference, std::int64_t batch) {
    runtime::use_threads(2);
    search_step step{darts_, is_reference, batch};
    step.move_weights();
    step.move_weights();
    step.move_alphas();
  }

private:
  static std::pair<quartiles, quartiles> measure(kind const& k, search_step& reference, search_step& ours,
                                                 double (*seconds)(), std::size_t runs) {
    auto const timed = [&](search_step& step) {
      auto const begin = seconds();
      (step.*k.run)();
      return seconds() - begin;
    };
    timed(ours); // memory and caches
    std::vector<double> of_reference, of_ours;
    for (std::size_t i = 0; i < runs; ++i) {
      of_ours.push_back(timed(ours));
      of_reference.push_back(timed(reference));
      of_ours.push_back(timed(ours));
    }
    return {quartiles_of(of_reference), quartiles_of(of_ours)};
  }

  contestant darts_;
  double macs_;
};

// The most memory that this process held.
std::string most_memory() {
  std::ifstream in{"/proc/self/status"};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmHWM:"))
      return fmt::format("{:.2f} GiB", std::stod(line.substr(6)) / (1 << 20));
  return "unknown";
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
  benchmark all;
  if (words.size() == 3 && words.front() == "--memory") {
    all.hold(words[1] == "reference", std::stoll(words[2]));
    fmt::print("memory, batch {:>2}, {:<10} {}\n", words[2], words[1], most_memory());
    return 0;
  }
  double headline = 0;
  auto const batches = is_quick ? std::vector<std::int64_t>{8} : std::vector<std::int64_t>{8, 16, 64};
  for (int const threads : {1, 2})
    for (auto const batch : batches) {
      auto const runs = is_quick || batch == 64 ? 3U : 7U;
      auto const ratio = all.table(threads, batch, runs);
      if (threads == 2 && batch == 8)
        headline = ratio;
    }
  fmt::print("\n");
  for (std::int64_t const batch : {8, 16})
    print_memory(std::filesystem::read_symlink("/proc/self/exe").string(), batch);
  fmt::print("\nheadline relaxed_step {:.2f} x\n", headline);
}
