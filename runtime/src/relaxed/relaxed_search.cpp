#include "relaxed_search.hpp"

#include "bilevel.hpp"
#include "eigenvalue.hpp"
#include "optimizers.hpp"
#include "watch.hpp"

#include "../checkpoint.hpp"
#include "../clipped_step.hpp"
#include "../schedule.hpp"
#include "../strategy/derive.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/passes/partial_channels.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/batches.hpp>
#include <espalier/runtime/random_stream.hpp>
#include <espalier/runtime/relaxed_kernels.hpp>

#include <chrono>
#include <cmath>

#include <torch/torch.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace espalier::runtime {

namespace {

constexpr std::int64_t epochs_between_eigenvalues = 5;
constexpr int power_iterations = 10;

class relaxed_training {
public:
  relaxed_training(search_context const& context, relaxed_recipe const& recipe, relaxed_stage const& stage)
      : context_(context), recipe_(recipe), stage_(stage),
        epochs_(or_default<std::int64_t>(context.options.epochs, recipe.epochs)),
        learning_rate_(or_default(context.options.learning_rate, rate_for(recipe, context.options.batch))),
        cost_(cost_of(context, recipe)), seeded_(seed_of("initialization")),
        graph_(compiler::partial_channels(context.space.expanded, recipe.channel_parts)),
        net_(graph_, context.space.decisions, network::affine::no, kernels_for(graph_, context.report)),
        alphas_(context.space, recipe.edges, stage.kept), norm_(normalization_of(context.weights_data)),
        weight_optimizer_(net_.parameters(), sgd_options(recipe, learning_rate_)),
        alpha_optimizer_(alphas_.trainable(), adam_options(recipe, context.options)), watch_(context.space) {}

  relaxed_outcome run() {
    restore();
    auto const steps = std::min(batches_of(context_.weights_data, "weights", 0).size(),
                                batches_of(context_.architecture_data, "architecture", 0).size());
    auto const title = stage_.number == 0 ? "supernet" : fmt::format("supernet, stage {}", stage_.number + 1);
    context_.report.begin(title, epochs_ * steps, epochs_done() * steps);
    auto verdict = watch_.judge(context_.options.stop);
    for (; !verdict && epochs_done() < epochs_; verdict = watch_.judge(context_.options.stop)) {
      auto const start = std::chrono::steady_clock::now();
      run_epoch(steps);
      seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      save();
    }
    return outcome(verdict);
  }

private:
  // Draws the initial weights and architecture parameters from the run's seed: stands before the members that draw.
  struct seeding {
    explicit seeding(std::uint64_t seed) { torch::manual_seed(seed); }
  };

  static double rate_for(relaxed_recipe const& recipe, std::int64_t batch) {
    return recipe.learning_rate * std::min(1.0, static_cast<double>(batch) / static_cast<double>(recipe.batch));
  }

  static std::optional<cost_term> cost_of(search_context const& context, relaxed_recipe const& recipe) {
    auto const asked = context.options.cost || !recipe.needs_cost ? context.options.cost : search_cost{};
    if (!asked)
      return {};
    return cost_term{context, *asked, recipe.cost, recipe.cost_weight};
  }

  [[nodiscard]] std::int64_t epochs_done() const { return static_cast<std::int64_t>(watch_.records().size()); }
  [[nodiscard]] double progress() const { return static_cast<double>(epochs_done()) / static_cast<double>(epochs_); }
  // At least the last epoch trains architecture parameters.
  [[nodiscard]] bool is_warming_up() const {
    auto const epochs = std::llround(recipe_.warm_up * static_cast<double>(epochs_));
    return epochs_done() < std::min<std::int64_t>(epochs, epochs_ - 1);
  }

  [[nodiscard]] std::uint64_t seed_of(std::string_view purpose, std::int64_t index = 0) const {
    auto const stage = stage_.number == 0 ? std::string{} : fmt::format(" of stage {}", stage_.number);
    return derive_seed(context_.options.seed, std::string{purpose} + stage, static_cast<std::uint64_t>(index));
  }

  [[nodiscard]] batches batches_of(dataset const& data, std::string_view stream, std::int64_t epoch) const {
    return {data, norm_, context_.options.batch, seed_of(stream, epoch), {}, true};
  }

  void run_epoch(std::int64_t steps) {
    auto const weights_batches = batches_of(context_.weights_data, "weights", epochs_done());
    auto const architecture_batches = batches_of(context_.architecture_data, "architecture", epochs_done());
    set_learning_rate(weight_optimizer_, cosine(learning_rate_, recipe_.final_learning_rate, epochs_done(), epochs_));
    bool const judges = !is_warming_up();
    double correct = 0;
    std::int64_t judged = 0;
    running_mean loss;
    net_.train();
    for (std::int64_t i = 0; i < steps; ++i) {
      step_ = epochs_done() * steps + i;
      auto const weights_batch = weights_batches[i];
      if (judges && (recipe_.is_single_level || i % recipe_.architecture_every == 0)) {
        auto const& b = architecture_batches[i];
        correct += recipe_.is_single_level ? accuracy(b) : step_architecture(b, weights_batch);
        ++judged;
      }
      loss.add(recipe_.is_single_level ? step_both(weights_batch, judges) : step_weights(weights_batch));
      context_.report.step(fmt::format("loss {:.3f}  validation accuracy {:.3f}", loss.value(),
                                       judged > 0 ? correct / static_cast<double>(judged) : 0));
    }
    auto const accuracy = judged > 0 ? std::optional{correct / static_cast<double>(judged)} : std::optional<double>{};
    record(loss.value(), accuracy, architecture_batches[0]);
  }

  void record(double loss, std::optional<double> accuracy, batch const& b) {
    auto const every =
        or_default(context_.options.eigenvalue_every,
                   context_.options.stop == early_stop::eigenvalue ? std::int64_t{1} : epochs_between_eigenvalues);
    bool const measures = accuracy && (epochs_done() + 1) % every == 0;
    auto const eigenvalue = measures ? std::optional{dominant_eigenvalue_on(b)} : std::optional<double>{};
    watch_.add({loss, accuracy, derived(alphas_.probabilities(recipe_.mixing)), eigenvalue});
  }

  [[nodiscard]] compiler::architecture derived(relaxation const& probabilities) const {
    return recipe_.derive ? recipe_.derive(probabilities) : derive(context_.space.decisions, probabilities);
  }

  at::Tensor logits(batch const& b, relaxation weights) {
    if (recipe_.skip_dropout)
      weights.skip_dropout = recipe_.skip_dropout(progress());
    torch::manual_seed(seed_of("dropout", step_)); // the same in every forward pass of a step
    return net_.forward(b.images, weights);
  }

  at::Tensor cross_entropy(at::Tensor const& logits, batch const& b) const {
    return torch::cross_entropy_loss(logits, b.labels, {}, at::Reduction::Mean, -100, recipe_.label_smoothing);
  }

  // The loss of the architecture parameters beside the cross-entropy.
  at::Tensor with_terms(at::Tensor loss) const {
    if (cost_)
      loss = cost_->added_to(loss, alphas_.probabilities(recipe_.mixing));
    if (recipe_.regularizer)
      loss = loss + recipe_.regularizer(alphas_.of_choices(), progress());
    return loss;
  }

  [[nodiscard]] relaxation mix(bool trains_weights) const {
    return alphas_.mix(recipe_.mixing,
                       {progress(), trains_weights, seed_of(trains_weights ? "paths" : "mixing", step_)});
  }

  static double share_correct(at::Tensor const& logits, batch const& b) {
    return logits.argmax(1).eq(b.labels).to(torch::kFloat64).mean().item<double>();
  }

  double step_architecture(batch const& b, batch const& training) {
    at::Tensor seen;
    relaxation used;
    bilevel_problem const problem{net_.parameters(), alphas_.trainable(),
                                  [&] { return cross_entropy(logits(training, mix(false)), training); },
                                  [&] {
                                    used = mix(false);
                                    seen = logits(b, used);
                                    return with_terms(torch::cross_entropy_loss(seen, b.labels));
                                  }};
    if (context_.options.order == 2)
      second_order_gradient(problem, look_ahead_of(weight_optimizer_));
    else
      first_order_gradient(problem);
    move_architecture(used);
    return share_correct(seen, b);
  }

  void move_architecture(relaxation const& used) {
    std::vector<at::Tensor> before;
    for (auto const& alpha : alphas_.trainable())
      before.push_back(alpha.detach().clone());
    alpha_optimizer_.step();
    alphas_.settle(recipe_.mixing, before, used);
  }

  double step_weights(batch const& b) {
    auto weights = mix(true);
    for (auto& w : weights.weights)
      if (w.defined())
        w = w.detach();
    return move_weights(cross_entropy(logits(b, weights), b));
  }

  double step_both(batch const& b, bool moves_architecture) {
    auto const weights = mix(true);
    drop_gradients(alphas_.trainable());
    auto const loss = cross_entropy(logits(b, weights), b);
    move_weights(moves_architecture ? with_terms(loss) : loss);
    if (moves_architecture)
      move_architecture(weights);
    return loss.item<double>();
  }

  double move_weights(at::Tensor const& loss) {
    drop_gradients(net_.parameters());
    loss.backward();
    clipped_step(weight_optimizer_, recipe_.clip);
    return loss.item<double>();
  }

  double accuracy(batch const& b) {
    torch::NoGradGuard const no_gradient;
    return share_correct(net_.forward(b.images, alphas_.probabilities(recipe_.mixing)), b);
  }

  double dominant_eigenvalue_on(batch const& b) {
    bilevel_problem const problem{net_.parameters(), alphas_.trainable(), {}, [&] {
                                    auto const weights = alphas_.probabilities(recipe_.mixing);
                                    return torch::cross_entropy_loss(net_.forward(b.images, weights), b.labels);
                                  }};
    auto const gradient = [&] {
      first_order_gradient(problem);
      std::vector<at::Tensor> found;
      for (auto const& alpha : problem.architecture)
        found.push_back(alpha.grad());
      return found;
    };
    return dominant_eigenvalue(problem.architecture, gradient, power_iterations, seed_of("direction"));
  }

  relaxed_outcome outcome(std::optional<search_watch::verdict> const& verdict) {
    auto const epoch = watch_.best(verdict ? verdict->sound_epochs : watch_.records().size());
    auto const& chosen = watch_.records()[epoch];
    bool const has_weights = stage_.leaves_supernet && recipe_.channel_parts == 1;
    if (has_weights)
      write_archive(context_.folder.file("supernet.pt"),
                    [&](torch::serialize::OutputArchive& archive) { net_.save(archive); });
    auto const accuracy = chosen.accuracy.value_or(0);
    context_.report.end(fmt::format("validation accuracy {:.4f}, {:.1f} s{}", accuracy, seconds_,
                                    verdict ? "; stopped: " + verdict->reason : std::string{}));
    return {{chosen.derived, accuracy, seconds_, has_weights, watch_.summary(epoch, verdict ? verdict->reason : "")},
            alphas_.probabilities(recipe_.mixing)};
  }

  [[nodiscard]] std::filesystem::path file(std::string_view name, std::string_view ending) const {
    auto const stage = stage_.number == 0 ? std::string{} : fmt::format("-{}", stage_.number + 1);
    return context_.folder.file(fmt::format("{}{}.{}", name, stage, ending));
  }

  void save() {
    auto const epochs = watch_.json().dump(2) + "\n";
    write_atomically(file("epochs", "json"), epochs);
    write_archive(file("checkpoint", "pt"), [&](torch::serialize::OutputArchive& archive) {
      torch::serialize::OutputArchive weights, weight_state, alpha_state;
      net_.save(weights);
      weight_optimizer_.save(weight_state);
      alpha_optimizer_.save(alpha_state);
      archive.write("network", weights);
      archive.write("weight_optimizer", weight_state);
      archive.write("alpha_optimizer", alpha_state);
      for (std::size_t i = 0; i < alphas_.trainable().size(); ++i)
        archive.write(fmt::format("alpha{}", i), alphas_.trainable()[i]);
      archive.write("epochs", c10::IValue{epochs});
      archive.write("seconds", torch::tensor(seconds_, torch::kFloat64));
    });
  }

  void restore() {
    read_archive(file("checkpoint", "pt"), [&](torch::serialize::InputArchive& archive) {
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
      c10::IValue epochs;
      archive.read("epochs", epochs);
      watch_.read(nlohmann::json::parse(epochs.toStringRef()));
      seconds_ = read_number<double>(archive, "seconds");
    });
  }

  search_context const& context_;
  relaxed_recipe const& recipe_;
  relaxed_stage const& stage_;
  std::int64_t epochs_;
  double learning_rate_;
  std::optional<cost_term> cost_;
  seeding seeded_;
  compiler::graph graph_;
  network net_;
  architecture_parameters alphas_;
  normalization norm_;
  torch::optim::SGD weight_optimizer_;
  torch::optim::Adam alpha_optimizer_;
  search_watch watch_;
  std::int64_t step_ = 0;
  double seconds_ = 0;
};

} // namespace

relaxed_outcome run_stage(search_context const& context, relaxed_recipe const& recipe, relaxed_stage const& stage) {
  return relaxed_training{context, recipe, stage}.run();
}

search_result search_relaxed(search_context const& context, relaxed_recipe const& recipe) {
  return run_stage(context, recipe).result;
}

} // namespace espalier::runtime
