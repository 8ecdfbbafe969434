#include "sampled_training.hpp"

#include "../checkpoint.hpp"
#include "../held_regions.hpp"
#include "../residual.hpp"
#include "../schedule.hpp"
#include "distillation.hpp"
#include "loss_guard.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/runtime/random_stream.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <tuple>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

using at::Tensor;

double decayed(rate_decay decay, double warm_up, std::int64_t step, std::int64_t steps) {
  constexpr double floor = 0.05;
  constexpr double exponential_end = 0.0104; // 0.97 every 2.4 of 360 epochs
  auto const share = static_cast<double>(step) / static_cast<double>(steps);
  if (share < warm_up)
    return (static_cast<double>(step) + 1) / (warm_up * static_cast<double>(steps));
  switch (decay) {
  case rate_decay::linear:
    return 1 - share;
  case rate_decay::exponential:
    return std::max(floor, std::pow(exponential_end, share));
  default:
    return cosine(1, 0, step, steps);
  }
}

namespace {

// The name of the batch normalization whose result a value is, or that of the block that gives it; empty for others.
std::string last_norm(compiler::region const& in, std::string const& value, std::string const& path) {
  auto const* const op = in.definition_of(value);
  if (op == nullptr)
    return {};
  if (op->form() == compiler::structure::block)
    return last_norm(op->regions.front(), op->regions.front().yields.front(), path + op->name() + ".");
  return op->is("batch_norm") ? path + op->name() : std::string{};
}

void zero_last_scales(compiler::region const& in, std::string const& path,
                      torch::OrderedDict<std::string, Tensor>& parameters) {
  for (auto const& op : in.operations) {
    if (auto const branch = residual_branch(op, in))
      if (auto const norm = last_norm(in, op.operands[*branch], path); !norm.empty())
        if (auto* const scale = parameters.find(norm + ".weight"))
          scale->zero_();
    if (!op.regions.empty())
      visit_held_regions(op, path + op.name(), [&](compiler::region const& held, std::string const& module) {
        zero_last_scales(held, module + ".", parameters);
      });
  }
}

// The network of most multiply-adds, alone, with the weights that it has in the supernet.
std::unique_ptr<network> full_network_of(compiler::compiled_space const& space, network const& supernet) {
  auto const graph = compiler::specialize(space.expanded, space.decisions, largest_of(space));
  auto made = std::make_unique<network>(graph, compiler::decision_space{graph}, network::affine::yes);
  copy_weights(supernet, *made);
  made->eval();
  return made;
}

class sampled_training {
public:
  sampled_training(search_context const& context, sampled_recipe const& recipe)
      : context_(context), recipe_(recipe), epochs_(or_default(context.options.epochs, recipe.epochs)),
        learning_rate_(or_default(context.options.learning_rate,
                                  recipe.learning_rate * static_cast<double>(context.options.batch) /
                                      static_cast<double>(std::max(recipe.batch, context.options.batch)))),
        norm_(normalization_of(context.weights_data)), supernet_(initialized()), descent_(*supernet_, recipe.descent),
        guard_(context.weights_data.classes) {
    restore();
    steps_ = epoch_of(0).size();
    if (steps_ == 0)
      throw user_error(
          fmt::format("a batch of {} is larger than the {} training images; lower --batch or raise --images",
                      context_.options.batch, context_.weights_data.size()));
  }

  trained_supernet run() {
    begin_report();
    while (epochs_done_ < epochs_) {
      auto const start = std::chrono::steady_clock::now();
      bool const is_sound = run_epoch();
      seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      if (is_sound) {
        ++epochs_done_;
        tries_ = 0;
      } else {
        roll_back();
      }
      save();
    }
    context_.report.end(
        fmt::format("{} epochs of {} images, {:.1f} s", epochs_, context_.weights_data.size(), seconds_));
    return {supernet_, seconds_, rollbacks_};
  }

private:
  std::shared_ptr<network> initialized() const {
    torch::manual_seed(derive_seed(context_.options.seed, "initialization"));
    auto made = std::make_shared<network>(context_.space.expanded, context_.space.decisions, recipe_.norms, nullptr,
                                          recipe_.smaller_kernels);
    if (recipe_.begins_as_shortcuts)
      runtime::zero_last_scales(context_.space.expanded, *made);
    return made;
  }

  void begin_report() { context_.report.begin("training", epochs_ * steps_, epochs_done_ * steps_); }

  [[nodiscard]] std::uint64_t seed_of(std::string_view stream, std::int64_t index) const {
    auto const own = tries_ == 0 ? context_.options.seed
                                 : derive_seed(context_.options.seed, "again", static_cast<std::uint64_t>(tries_));
    return derive_seed(own, stream, static_cast<std::uint64_t>(index));
  }

  [[nodiscard]] batches epoch_of(std::int64_t epoch) const {
    return {context_.weights_data, norm_, context_.options.batch, seed_of("batches", epoch), {}, /*drop_last=*/true};
  }

  // The phase of an epoch, and the epochs before it and behind it.
  struct phase_place {
    std::size_t index;
    std::int64_t first;
    std::int64_t last;
  };
  [[nodiscard]] phase_place phase_at(std::int64_t epoch) const {
    double all = 0;
    for (auto const& phase : recipe_.phases)
      all += phase.share;
    double before = 0;
    for (std::size_t i = 0;; ++i) {
      auto const end_of = [&](double shares) {
        return static_cast<std::int64_t>(std::llround(static_cast<double>(epochs_) * shares / all));
      };
      auto const first = end_of(before);
      before += recipe_.phases[i].share;
      auto const last = i + 1 == recipe_.phases.size() ? epochs_ : end_of(before);
      if (epoch < last)
        return {i, first, last};
    }
  }

  // Whether the loss did not jump.
  bool run_epoch() {
    auto const place = phase_at(epochs_done_);
    auto const& phase = recipe_.phases[place.index];
    if (epochs_done_ == place.first)
      enter(phase);
    supernet_->train();
    auto const epoch = epoch_of(epochs_done_);
    for (std::int64_t i = 0; i < steps_; ++i) {
      auto const done = (epochs_done_ - place.first) * steps_ + i;
      auto const rate = learning_rate_ * phase.learning_rate *
                        decayed(recipe_.decay, recipe_.warm_up, done, (place.last - place.first) * steps_);
      auto const loss = step(phase, epoch[i], epochs_done_ * steps_ + i, rate);
      if (guard_.jumps(loss)) {
        jump_ = loss;
        return false;
      }
      context_.report.step(fmt::format("loss {:.3f}", guard_.mean()));
    }
    return true;
  }

  void enter(training_phase const& phase) {
    if (!phase.prepare)
      return;
    torch::NoGradGuard const no_gradient;
    phase.prepare(*supernet_);
    descent_ = path_descent{*supernet_, recipe_.descent}; // momentum was of weights in other places
  }

  // The loss of the first path by labels.
  double step(training_phase const& phase, batch const& seen, std::int64_t number, double rate) {
    torch::manual_seed(seed_of("noise", number));
    sampling_step at{number, seen, *supernet_, compiler::random_generator{seed_of("path", number)}};
    auto const lessons = phase.paths(at);
    std::vector<sampled_path> paths;
    for (auto const& lesson : lessons)
      paths.emplace_back(*supernet_, lesson.path);
    Tensor of_largest;
    bool const is_taught = std::ranges::any_of(lessons, [](auto const& l) { return l.by == teacher::full_network; });
    auto const of_full = is_taught ? by_full_network(seen) : Tensor{};
    double loss = 0;
    for (std::size_t i = 0; i < lessons.size(); ++i) {
      auto const logits = paths[i].forward(seen.images, lessons[i].noise);
      if (i == 0) {
        of_largest = logits.detach();
        loss = torch::cross_entropy_loss(of_largest, seen.labels).item<double>();
      }
      loss_of(lessons[i].by, logits, lessons[i].by == teacher::largest ? of_largest : of_full, seen).backward();
    }
    descent_.step(paths, rate);
    return loss;
  }

  [[nodiscard]] Tensor loss_of(teacher by, Tensor const& logits, Tensor const& of_teacher, batch const& seen) const {
    if (by == teacher::largest)
      return distillation_loss(logits, of_teacher);
    auto const by_labels = torch::nn::functional::cross_entropy(
        logits, seen.labels, torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(recipe_.label_smoothing));
    return by == teacher::labels ? by_labels : by_labels + distillation_loss(logits, of_teacher);
  }

  Tensor by_full_network(batch const& seen) {
    torch::NoGradGuard const no_gradient;
    return full_network().forward(seen.images);
  }

  // As it was when a phase first asked for it.
  network& full_network() {
    if (full_network_ == nullptr) {
      auto const file = context_.folder.file("full-network.pt");
      full_network_ = full_network_of(context_.space, *supernet_);
      bool const is_known = read_archive(file, [&](torch::serialize::InputArchive& a) { full_network_->load(a); });
      if (!is_known)
        write_archive(file, [&](torch::serialize::OutputArchive& a) { full_network_->save(a); });
      full_network_->eval();
    }
    return *full_network_;
  }

  void roll_back() {
    constexpr int most_tries = 3;
    auto const said = fmt::format("the loss jumped from {:.3f} to {:.3f} in epoch {}: back to the beginning of it",
                                  guard_.mean(), jump_, epochs_done_ + 1);
    auto const tries = tries_ + 1;
    auto const rollbacks = rollbacks_ + 1;
    auto const seconds = seconds_;
    if (tries > most_tries)
      throw user_error(fmt::format("the loss jumped from {:.3f} to {:.3f} in epoch {}, {} times in a row; lower "
                                   "--learning-rate, which is {}",
                                   guard_.mean(), jump_, epochs_done_ + 1, tries, learning_rate_));
    context_.report.end(said);
    if (epochs_done_ == 0) {
      copy_state(*initialized());
      descent_ = path_descent{*supernet_, recipe_.descent};
    } else {
      restore();
    }
    std::tie(tries_, rollbacks_, seconds_) = std::tuple{tries, rollbacks, seconds};
    guard_ = loss_guard{context_.weights_data.classes};
    begin_report();
  }

  void copy_state(network const& from) {
    torch::NoGradGuard const no_gradient;
    auto const copy = [](auto const& source, auto target) {
      for (auto const& item : source)
        target[item.key()].copy_(item.value());
    };
    copy(from.named_parameters(), supernet_->named_parameters());
    copy(from.named_buffers(), supernet_->named_buffers());
  }

  void save() {
    write_archive(context_.folder.file("checkpoint.pt"), [&](torch::serialize::OutputArchive& archive) {
      torch::serialize::OutputArchive weights, momentum;
      supernet_->save(weights);
      descent_.save(momentum);
      archive.write("network", weights);
      archive.write("momentum", momentum);
      archive.write("epochs_done", torch::tensor(epochs_done_));
      archive.write("tries", torch::tensor(tries_));
      archive.write("rollbacks", torch::tensor(rollbacks_));
      archive.write("seconds", torch::tensor(seconds_, torch::kFloat64));
    });
  }

  void restore() {
    read_archive(context_.folder.file("checkpoint.pt"), [&](torch::serialize::InputArchive& archive) {
      torch::serialize::InputArchive weights, momentum;
      archive.read("network", weights);
      archive.read("momentum", momentum);
      supernet_->load(weights);
      descent_.load(momentum);
      epochs_done_ = read_number<std::int64_t>(archive, "epochs_done");
      tries_ = read_number<int>(archive, "tries");
      rollbacks_ = read_number<int>(archive, "rollbacks");
      seconds_ = read_number<double>(archive, "seconds");
    });
  }

  search_context const& context_;
  sampled_recipe const& recipe_;
  std::int64_t epochs_;
  double learning_rate_;
  normalization norm_;
  std::shared_ptr<network> supernet_;
  std::unique_ptr<network> full_network_;
  path_descent descent_;
  loss_guard guard_;
  double jump_ = 0; // the loss that was too large
  std::int64_t steps_ = 0;
  std::int64_t epochs_done_ = 0;
  int tries_ = 0; // of this epoch
  int rollbacks_ = 0;
  double seconds_ = 0;
};

} // namespace

void zero_last_scales(compiler::graph const& expanded, network& supernet) {
  torch::NoGradGuard const no_gradient;
  auto parameters = supernet.named_parameters();
  zero_last_scales(expanded.body, "", parameters);
}

trained_supernet train_supernet(search_context const& context, sampled_recipe const& recipe) {
  return sampled_training{context, recipe}.run();
}

} // namespace espalier::runtime
