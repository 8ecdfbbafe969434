#include "architecture_source.hpp"
#include "network_commands.hpp"
#include "run_session.hpp"
#include "space_source.hpp"
#include "table.hpp"
#include "weights_file.hpp"

#include <espalier/runtime/selection.hpp>

#include <torch/torch.h>

namespace espalier::command {

void evaluate(evaluate_arguments const& arguments) {
  auto const space = load_space(arguments.space);
  auto const a = load_architecture(arguments.architecture, space);
  auto const loaded = load_network(space, a, arguments.weights);
  auto const data = load_fitting_data(arguments.data, space);
  prepare_torch(arguments.threads);
  if (loaded.supernet)
    runtime::recalibrate(*loaded.net, runtime::calibration_images(data.train));
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
