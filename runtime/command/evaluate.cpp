#include "architecture_source.hpp"
#include "network_commands.hpp"
#include "run_session.hpp"
#include "space_source.hpp"
#include "table.hpp"
#include "weights_file.hpp"

#include <espalier/runtime/batches.hpp>

#include <torch/torch.h>

namespace espalier::command {

namespace {

constexpr std::int64_t calibration_batches = 20;
constexpr std::int64_t calibration_batch = 128;

// A supernet's batch-normalization statistics belong to all of its paths at once; this path's own are measured (Guo et
// al., ECCV 2020, 3.2).
void recalibrate(runtime::network& net, runtime::dataset const& data) {
  torch::NoGradGuard const no_gradient;
  for (auto const& module : net.modules(/*include_self=*/false))
    if (auto* norm = module->as<torch::nn::BatchNorm2d>()) {
      norm->reset_running_stats();
      norm->options.momentum().reset(); // the plain mean over all batches
    }
  net.train();
  runtime::batches const calibration{data, runtime::normalization_of(data), calibration_batch, 0};
  for (std::int64_t i = 0; i < std::min(calibration.size(), calibration_batches); ++i)
    net.forward(calibration[i].images);
  net.eval();
}

} // namespace

void evaluate(evaluate_arguments const& arguments) {
  auto const space = load_space(arguments.space);
  auto const a = load_architecture(arguments.architecture, space);
  auto const loaded = load_network(space, a, arguments.weights);
  auto const data = load_fitting_data(arguments.data, space);
  prepare_torch(arguments.threads);
  if (loaded.supernet)
    recalibrate(*loaded.net, data.train);
  auto const accuracy = runtime::accuracy(*loaded.net, data.test, runtime::normalization_of(data.train));
  using enum column::kind;
  table results{{{"architecture", "architecture", text},
                 {"weights", "weights", text},
                 {"data", "data", text},
                 {"images", "images"},
                 {"test_accuracy", "test accuracy"}}};
  results.add({text_cell(compiler::fingerprint(space.decisions, a)),
               text_cell(loaded.supernet ? "of a supernet" : "of this network"), text_cell(data.test.name),
               count_cell(data.test.size()), accuracy_cell(accuracy)});
  results.print(arguments.json);
}

} // namespace espalier::command
