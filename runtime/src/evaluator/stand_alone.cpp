#include "stand_alone.hpp"

#include <espalier/compiler/specialize.hpp>
#include <espalier/runtime/random_stream.hpp>
#include <espalier/runtime/training.hpp>

#include <torch/torch.h>

namespace espalier::runtime {

double stand_alone_evaluator::operator()(compiler::architecture const& a) const {
  auto const& space = context_.space;
  auto const graph = compiler::without_search_operations(compiler::specialize(space.expanded, space.decisions, a));
  torch::manual_seed(derive_seed(context_.options.seed, "initialization"));
  network net{graph, space.decisions, network::affine::yes};
  training_options options;
  options.epochs = epochs_;
  options.batch = context_.options.batch;
  options.learning_rate = or_default(context_.options.learning_rate, options.learning_rate);
  options.seed = context_.options.seed;
  silent_progress silent;
  return train(net, {context_.weights_data, context_.architecture_data}, options, std::nullopt, silent).test_accuracy;
}

} // namespace espalier::runtime
