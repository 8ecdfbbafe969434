#include "enas.hpp"

#include "../checkpoint.hpp"
#include "../evaluator/weight_sharing.hpp"
#include "../sampled/sampled_training.hpp"
#include "../trials.hpp"
#include "sampling.hpp"
#include "strategy.hpp"

#include <espalier/runtime/random_stream.hpp>

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>

#include <torch/torch.h>

namespace espalier::runtime {

using at::Tensor;
using compiler::architecture;

namespace {

// Epochs from one restart of the learning rate, which falls along a cosine, to the next (Pham et al., section 3.2).
constexpr double restarts[] = {10, 20, 40, 80};

/// Undoes what looking at paths changes in passing: the statistics of a supernet in training mode, and the global
/// generator. What follows is the same whether the controller has just learned or did so before a run was resumed.
class passing_look {
public:
  explicit passing_look(network& supernet)
      : generator_(at::detail::getDefaultCPUGenerator()), state_(generator_.get_state()), buffers_(supernet.buffers()) {
    for (auto const& buffer : buffers_)
      before_.push_back(buffer.clone());
  }
  ~passing_look() {
    for (std::size_t i = 0; i < buffers_.size(); ++i)
      buffers_[i].copy_(before_[i]);
    generator_.set_state(state_);
  }
  passing_look(passing_look const&) = delete;
  passing_look& operator=(passing_look const&) = delete;

private:
  at::Generator generator_;
  Tensor state_;
  std::vector<Tensor> buffers_;
  std::vector<Tensor> before_;
};

// Of a path on one mini-batch, by the statistics of the mini-batch, as the released code has it.
double accuracy_of(architecture const& a, network& supernet, batch const& seen) {
  torch::NoGradGuard const no_gradient;
  return supernet.forward(seen.images, a).argmax(1).eq(seen.labels).to(torch::kFloat64).mean().item<double>();
}

/// Draws from a policy that learns no more.
class policy_samples final : public strategy {
public:
  policy_samples(policy const& learned, compiler::constraint const& limit, std::uint64_t seed)
      : learned_(learned), limit_(limit), random_(seed) {}

  architecture propose() override { return std::move(learned_.draw(1, random_, limit_).front().a); }
  void observe(architecture const&, double) override {}

private:
  policy const& learned_;
  compiler::constraint const& limit_;
  compiler::random_generator random_;
};

} // namespace

enas_controller::enas_controller(search_context const& context, parameters const& numbers)
    : context_(context), numbers_(numbers), norm_(normalization_of(context.weights_data)),
      policy_(context.space, numbers.controller, context.options.seed),
      optimizer_(policy_.weights(), torch::optim::AdamOptions{or_default(
                                        context.options.architecture_learning_rate,
                                        policy_.has_skips() ? numbers.learning_rate_of_skips : numbers.learning_rate)}),
      baseline_(numbers.baseline_decay) {
  restore();
}

std::vector<lesson> enas_controller::operator()(sampling_step& at) {
  auto const steps = context_.weights_data.size() / context_.options.batch;
  catch_up(at.number / steps, at.supernet);
  return {{std::move(policy_.draw(1, at.random, context_.limit).front().a)}};
}

void enas_controller::catch_up(std::int64_t epochs, network& supernet) {
  if (epochs_ == epochs)
    return;
  learn(supernet);
  epochs_ = epochs;
  save();
}

void enas_controller::learn(network& supernet) {
  passing_look const look{supernet};
  auto const seed = derive_seed(context_.options.seed, "controller", static_cast<std::uint64_t>(epochs_));
  torch::manual_seed(seed);
  supernet.train();
  batches const judging{context_.architecture_data, norm_, context_.options.batch, seed};
  auto const steps = std::clamp<std::int64_t>(judging.size() / numbers_.paths, 1, numbers_.steps);
  for (std::int64_t i = 0; i < steps; ++i)
    step(supernet, judging, i);
}

void enas_controller::step(network& supernet, batches const& judging, std::int64_t number) {
  compiler::random_generator random{
      derive_seed(derive_seed(context_.options.seed, "controller paths", static_cast<std::uint64_t>(epochs_)), "step",
                  static_cast<std::uint64_t>(number))};
  std::vector<architecture> paths;
  std::vector<double> accuracies;
  for (auto& drawn : policy_.draw(static_cast<std::size_t>(numbers_.paths), random, context_.limit)) {
    auto const seen = judging[(number * numbers_.paths + static_cast<std::int64_t>(paths.size())) % judging.size()];
    accuracies.push_back(accuracy_of(drawn.a, supernet, seen));
    paths.push_back(std::move(drawn.a));
  }
  optimizer_.zero_grad();
  auto const said = policy_.judge(paths);
  auto const reward = torch::tensor(accuracies).to(torch::kFloat32) + numbers_.entropy_weight * said.entropy.detach();
  auto const mean = reward.mean().item<double>();
  auto const advantage = reward - baseline_.value().value_or(mean);
  (numbers_.skip_weight * said.skip_divergence - said.log_probability * advantage).mean().backward();
  optimizer_.step();
  for (std::int64_t i = 0; i < reward.size(0); ++i)
    baseline_.add(reward[i].item<double>());
}

void enas_controller::save() const {
  write_archive(context_.folder.file("controller.pt"), [&](torch::serialize::OutputArchive& archive) {
    torch::serialize::OutputArchive weights, optimizer;
    policy_.save(weights);
    optimizer_.save(optimizer);
    archive.write("policy", weights);
    archive.write("optimizer", optimizer);
    archive.write("baseline", torch::tensor(*baseline_.value(), torch::kFloat64));
    archive.write("epochs", torch::tensor(epochs_));
  });
}

void enas_controller::restore() {
  read_archive(context_.folder.file("controller.pt"), [&](torch::serialize::InputArchive& archive) {
    torch::serialize::InputArchive weights, optimizer;
    archive.read("policy", weights);
    archive.read("optimizer", optimizer);
    policy_.load(weights);
    optimizer_.load(optimizer);
    baseline_ = moving_average{numbers_.baseline_decay, read_number<double>(archive, "baseline")};
    epochs_ = read_number<std::int64_t>(archive, "epochs");
  });
}

search_result search_enas(search_context const& context) {
  constexpr std::int64_t candidates = 100;
  enas_controller controller{context, {}};
  sampled_recipe recipe;
  recipe.epochs = 150;
  recipe.batch = 160;
  recipe.learning_rate = 0.05;
  recipe.descent = {.nesterov = true, .weight_decay = 1e-4, .clip_norm = 5};
  for (auto const epochs : restarts)
    recipe.phases.push_back({epochs, std::ref(controller)});
  auto const trained = train_supernet(context, recipe);
  auto& supernet = *trained.supernet;
  controller.catch_up(or_default(context.options.epochs, recipe.epochs), supernet);

  supernet.train();
  auto const seed = derive_seed(context.options.seed, "derivation");
  auto const seen =
      batches{context.architecture_data, normalization_of(context.weights_data), context.options.batch, seed}[0];
  policy_samples proposer{controller.learned(), context.limit, seed};
  auto const look_at = [&](architecture const& a) {
    passing_look const look{supernet};
    torch::manual_seed(seed);
    return accuracy_of(a, supernet, seen);
  };
  auto result = run_trials(context, proposer, look_at, or_default(context.options.trials, candidates));
  weight_sharing_evaluator evaluator{context, supernet};
  result.score = evaluator(result.best);
  write_archive(context.folder.file("supernet.pt"),
                [&](torch::serialize::OutputArchive& archive) { supernet.save(archive); });
  result.seconds += trained.seconds;
  result.rollbacks = trained.rollbacks;
  result.has_weights = true;
  return result;
}

} // namespace espalier::runtime
