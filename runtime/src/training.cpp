#include <espalier/runtime/training.hpp>

#include "checkpoint.hpp"
#include "schedule.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/runtime/batches.hpp>

#include <chrono>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

double accuracy(network& net, dataset const& data, normalization const& norm, std::int64_t batch_size) {
  torch::NoGradGuard no_gradient;
  bool const was_training = net.is_training();
  net.eval();
  std::int64_t correct = 0;
  for (auto const& [images, labels] : batches{data, norm, batch_size})
    correct += net.forward(images).argmax(1).eq(labels).sum().item<std::int64_t>();
  net.train(was_training);
  return static_cast<double>(correct) / static_cast<double>(data.size());
}

void recalibrate(network& net, batches const& images, std::function<at::Tensor(at::Tensor const&)> const& forward) {
  torch::NoGradGuard no_gradient;
  net.reset_statistics();
  net.average_statistics(true);
  net.train();
  for (auto const& b : images)
    forward(b.images);
  net.average_statistics(false);
}

void recalibrate(network& net, batches const& images) {
  recalibrate(net, images, [&](at::Tensor const& x) { return net.forward(x); });
}

namespace {

struct training_state {
  std::int64_t epochs_done = 0;
  double seconds = 0;
};

void save(std::filesystem::path const& path, network& net, torch::optim::SGD& optimizer, training_state const& state) {
  write_archive(path, [&](torch::serialize::OutputArchive& archive) {
    torch::serialize::OutputArchive weights;
    torch::serialize::OutputArchive momentum;
    net.save(weights);
    optimizer.save(momentum);
    archive.write("network", weights);
    archive.write("optimizer", momentum);
    archive.write("epochs_done", torch::tensor(state.epochs_done));
    archive.write("seconds", torch::tensor(state.seconds, torch::kFloat64));
  });
}

training_state restore(std::filesystem::path const& path, network& net, torch::optim::SGD& optimizer) {
  training_state state;
  read_archive(path, [&](torch::serialize::InputArchive& archive) {
    torch::serialize::InputArchive weights;
    torch::serialize::InputArchive momentum;
    archive.read("network", weights);
    archive.read("optimizer", momentum);
    net.load(weights);
    optimizer.load(momentum);
    state.epochs_done = read_number<std::int64_t>(archive, "epochs_done");
    state.seconds = read_number<double>(archive, "seconds");
  });
  return state;
}

// Returns the seconds of all sessions together.
double train_weights(network& net, dataset const& data, normalization const& norm, training_options const& options,
                     std::optional<std::filesystem::path> const& checkpoint, progress& report) {
  torch::optim::SGD optimizer{
      net.parameters(),
      torch::optim::SGDOptions(options.learning_rate).momentum(options.momentum).weight_decay(options.weight_decay)};
  auto state = checkpoint ? restore(*checkpoint, net, optimizer) : training_state{};
  auto const loss_options = torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(options.label_smoothing);
  auto const epoch_of = [&](std::int64_t epoch) {
    auto const seed = derive_seed(options.seed, "batches", static_cast<std::uint64_t>(epoch));
    return batches{data, norm, options.batch, seed, options.augment, /*drop_last=*/true};
  };
  auto const steps = epoch_of(0).size();
  if (steps == 0)
    throw user_error(fmt::format("a batch of {} is larger than the {} training images; lower --batch or raise --images",
                                 options.batch, data.size()));
  report.begin("training", options.epochs * steps, state.epochs_done * steps);
  running_mean loss_mean;
  running_mean accuracy_mean;
  while (state.epochs_done < options.epochs) {
    auto const start = std::chrono::steady_clock::now();
    net.train();
    auto const epoch = epoch_of(state.epochs_done);
    for (std::int64_t i = 0; i < steps; ++i) {
      auto const [images, labels] = epoch[i];
      auto const step = state.epochs_done * steps + i;
      set_learning_rate(optimizer, cosine(options.learning_rate, 0.0, step, options.epochs * steps));
      drop_gradients(net.parameters());
      auto const logits = net.forward(images);
      auto const loss = torch::nn::functional::cross_entropy(logits, labels, loss_options);
      loss.backward();
      torch::nn::utils::clip_grad_norm_(net.parameters(), options.clip);
      optimizer.step();
      loss_mean.add(loss.item<double>());
      accuracy_mean.add(logits.argmax(1).eq(labels).to(torch::kFloat64).mean().item<double>());
      report.step(fmt::format("loss {:.3f}  accuracy {:.3f}", loss_mean.value(), accuracy_mean.value()));
    }
    ++state.epochs_done;
    state.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (checkpoint)
      save(*checkpoint, net, optimizer, state);
  }
  report.end(fmt::format("{} epochs of {} images, {:.1f} s", options.epochs, data.size(), state.seconds));
  return state.seconds;
}

} // namespace

training_result train(network& net, train_test const& data, training_options const& options,
                      std::optional<std::filesystem::path> const& checkpoint, progress& report) {
  auto const norm = normalization_of(data.train);
  auto const seconds =
      train_weights(net, random_images(data.train, options.images, options.seed), norm, options, checkpoint, report);
  return {accuracy(net, data.test, norm), seconds};
}

} // namespace espalier::runtime
