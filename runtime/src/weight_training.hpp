#pragma once

#include <espalier/runtime/training.hpp>

#include <functional>

namespace espalier::runtime {

/// Images [N, C, H, W] and the number of the step -> logits [N, classes].
using forward_pass = std::function<at::Tensor(at::Tensor const&, std::int64_t)>;

/// The loop that every discrete network and sampled supernet is trained by; returns the seconds of all sessions
/// together.
double train_weights(network& net, dataset const& data, normalization const& norm, training_options const& options,
                     forward_pass const& forward, std::optional<std::filesystem::path> const& checkpoint,
                     progress& report);

} // namespace espalier::runtime
