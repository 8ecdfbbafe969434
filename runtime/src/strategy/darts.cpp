#include "darts.hpp"

#include "../checkpoint.hpp"
#include "../clipped_step.hpp"
#include "../schedule.hpp"
#include "derive.hpp"

#include <espalier/runtime/batches.hpp>
#include <espalier/runtime/relaxed_kernels.hpp>

#include <chrono>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

namespace {

// One architecture parameter for each candidate of each choice, 1e-3 N(0, 1) at the start.
class architecture_parameters {
public:
  explicit architecture_parameters(compiler::compiled_space const& space) {
    for (auto const count : candidate_counts(space.expanded, space.decisions)) {
      alphas_.push_back(count > 0 ? torch::randn({count}).mul_(1e-3).set_requires_grad(true) : at::Tensor{});
      if (count > 0)
        trainable_.push_back(alphas_.back());
    }
  }

  [[nodiscard]] std::vector<at::Tensor> const& trainable() const { return trainable_; }

  // The mixing weights, softmax over each choice's candidates.
  [[nodiscard]] relaxation weights() const {
    relaxation r;
    for (auto const& alpha : alphas_)
      r.weights.push_back(alpha.defined() ? alpha.softmax(0) : at::Tensor{});
    return r;
  }

private:
  std::vector<at::Tensor> alphas_;
  std::vector<at::Tensor> trainable_;
};

class darts {
public:
  explicit darts(search_context const& context)
      : context_(context), epochs_(or_default<std::int64_t>(context.options.epochs, 50)),
        learning_rate_(or_default(context.options.learning_rate, 0.025)), seeded_(context.options.seed),
        net_(context.space.expanded, context.space.decisions, network::affine::no,
             kernels_for(context.space, context.report)),
        alphas_(context.space), norm_(normalization_of(context.weights_data)),
        weight_optimizer_(net_.parameters(), torch::optim::SGDOptions(learning_rate_).momentum(0.9).weight_decay(3e-4)),
        alpha_optimizer_(alphas_.trainable(),
                         torch::optim::AdamOptions(or_default(context.options.architecture_learning_rate, 3e-4))
                             .betas({0.5, 0.999})
                             .weight_decay(1e-3)) {}

  search_result run() {
    restore();
    auto const steps = std::min(batches_of(context_.weights_data, "weights", 0).size(),
                                batches_of(context_.architecture_data, "architecture", 0).size());
    context_.report.begin("supernet", epochs_ * steps, epochs_done_ * steps);
    while (epochs_done_ < epochs_) {
      auto const start = std::chrono::steady_clock::now();
      auto const score = run_epoch(steps);
      ++epochs_done_;
      seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      if (score > best_score_) {
        best_score_ = score;
        best_ = derive(context_.space.decisions, alphas_.weights());
      }
      save();
    }
    write_archive(context_.folder.file("supernet.pt"),
                  [&](torch::serialize::OutputArchive& archive) { net_.save(archive); });
    context_.report.end(fmt::format("validation accuracy {:.4f}, {:.1f} s", best_score_, seconds_));
    return {best_, best_score_, seconds_, true};
  }

private:
  // Draws the initial weights and architecture parameters from the run's seed: stands before the members that draw.
  struct seeding {
    explicit seeding(std::uint64_t seed) { torch::manual_seed(derive_seed(seed, "initialization")); }
  };

  [[nodiscard]] batches batches_of(dataset const& data, std::string_view stream, std::int64_t epoch) const {
    return {data,
            norm_,
            context_.options.batch,
            derive_seed(context_.options.seed, stream, static_cast<std::uint64_t>(epoch)),
            {},
            true};
  }

  // One epoch; returns the validation accuracy of the supernet, measured on each batch before it moves the architecture
  // parameters.
  double run_epoch(std::int64_t steps) {
    auto const weights_batches = batches_of(context_.weights_data, "weights", epochs_done_);
    auto const architecture_batches = batches_of(context_.architecture_data, "architecture", epochs_done_);
    set_learning_rate(weight_optimizer_, cosine(learning_rate_, 0.001, epochs_done_, epochs_));
    double correct = 0;
    running_mean loss;
    net_.train();
    for (std::int64_t i = 0; i < steps; ++i) {
      correct += step_architecture(architecture_batches[i]);
      loss.add(step_weights(weights_batches[i]));
      context_.report.step(
          fmt::format("loss {:.3f}  validation accuracy {:.3f}", loss.value(), correct / static_cast<double>(i + 1)));
    }
    return correct / static_cast<double>(steps);
  }

  double step_architecture(batch const& b) {
    for (auto& p : net_.parameters())
      p.set_requires_grad(false); // the first-order gradient needs none of them
    drop_gradients(alphas_.trainable());
    auto const logits = net_.forward(b.images, alphas_.weights());
    torch::cross_entropy_loss(logits, b.labels).backward();
    alpha_optimizer_.step();
    for (auto& p : net_.parameters())
      p.set_requires_grad(true);
    return logits.argmax(1).eq(b.labels).to(torch::kFloat64).mean().item<double>();
  }

  double step_weights(batch const& b) {
    auto weights = alphas_.weights();
    for (auto& w : weights.weights)
      if (w.defined())
        w = w.detach();
    drop_gradients(net_.parameters());
    auto const loss = torch::cross_entropy_loss(net_.forward(b.images, weights), b.labels);
    loss.backward();
    clipped_step(weight_optimizer_, 5.0);
    return loss.item<double>();
  }

  void save() {
    write_archive(context_.folder.file("checkpoint.pt"), [&](torch::serialize::OutputArchive& archive) {
      torch::serialize::OutputArchive weights, weight_state, alpha_state;
      net_.save(weights);
      weight_optimizer_.save(weight_state);
      alpha_optimizer_.save(alpha_state);
      archive.write("network", weights);
      archive.write("weight_optimizer", weight_state);
      archive.write("alpha_optimizer", alpha_state);
      for (std::size_t i = 0; i < alphas_.trainable().size(); ++i)
        archive.write(fmt::format("alpha{}", i), alphas_.trainable()[i]);
      archive.write("epochs_done", torch::tensor(epochs_done_));
      archive.write("numbers", torch::tensor({seconds_, best_score_}, torch::kFloat64));
      std::vector<std::int64_t> const values(best_.values.begin(), best_.values.end());
      archive.write("best", torch::tensor(values));
    });
  }

  void restore() {
    read_archive(context_.folder.file("checkpoint.pt"), [&](torch::serialize::InputArchive& archive) {
      torch::NoGradGuard no_gradient;
      torch::serialize::InputArchive weights, weight_state, alpha_state;
      archive.read("network", weights);
      archive.read("weight_optimizer", weight_state);
      archive.read("alpha_optimizer", alpha_state);
      net_.load(weights);
      weight_optimizer_.load(weight_state);
      alpha_optimizer_.load(alpha_state);
      for (std::size_t i = 0; i < alphas_.trainable().size(); ++i)
        alphas_.trainable()[i].copy_(read_tensor(archive, fmt::format("alpha{}", i)));
      epochs_done_ = read_number<std::int64_t>(archive, "epochs_done");
      auto const numbers = read_tensor(archive, "numbers");
      seconds_ = numbers[0].item<double>();
      best_score_ = numbers[1].item<double>();
      auto const best = read_tensor(archive, "best");
      best_.values.clear();
      for (std::int64_t i = 0; i < best.size(0); ++i)
        best_.values.push_back(static_cast<std::uint32_t>(best[i].item<std::int64_t>()));
    });
  }

  search_context const& context_;
  std::int64_t epochs_;
  double learning_rate_;
  seeding seeded_;
  network net_;
  architecture_parameters alphas_;
  normalization norm_;
  torch::optim::SGD weight_optimizer_;
  torch::optim::Adam alpha_optimizer_;
  std::int64_t epochs_done_ = 0;
  double seconds_ = 0;
  double best_score_ = -1;
  compiler::architecture best_;
};

} // namespace

search_result search_darts(search_context const& context) {
  return darts{context}.run();
}

} // namespace espalier::runtime
