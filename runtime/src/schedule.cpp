#include "schedule.hpp"

#include <espalier/compiler/error.hpp>

#include <cmath>
#include <numbers>

#include <fmt/format.h>

namespace espalier::runtime {

double cosine(double start, double end, std::int64_t step, std::int64_t steps) {
  auto const share = static_cast<double>(step) / static_cast<double>(steps);
  return end + 0.5 * (start - end) * (1 + std::cos(std::numbers::pi * share));
}

void set_learning_rate(torch::optim::Optimizer& optimizer, double rate) {
  for (auto& group : optimizer.param_groups())
    group.options().set_lr(rate);
}

void drop_gradients(std::vector<at::Tensor> const& parameters) {
  for (auto const& p : parameters)
    p.mutable_grad() = at::Tensor{};
}

dataset random_images(dataset const& data, std::int64_t count, std::uint64_t seed) {
  if (count == 0 || count == data.size())
    return data;
  if (count < 0 || count > data.size())
    throw user_error(fmt::format("{} images asked for, {} holds {}; lower --images", count, data.name, data.size()));
  return split(data, static_cast<double>(count) / static_cast<double>(data.size()), seed).first;
}

std::pair<dataset, dataset> training_halves(dataset const& data, std::int64_t images, std::uint64_t seed) {
  return split(random_images(data, images, seed), 0.5, seed);
}

} // namespace espalier::runtime
