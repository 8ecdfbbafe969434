#include "architecture_source.hpp"
#include "network_commands.hpp"
#include "progress_bar.hpp"
#include "run_session.hpp"
#include "space_source.hpp"
#include "table.hpp"
#include "weights_file.hpp"

#include <espalier/runtime/atomic_file.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace espalier::command {

namespace {

nlohmann::json to_json(runtime::training_options const& options) {
  return {{"epochs", options.epochs},
          {"batch", options.batch},
          {"images", options.images},
          {"learning_rate", options.learning_rate},
          {"momentum", options.momentum},
          {"weight_decay", options.weight_decay},
          {"clip", options.clip},
          {"label_smoothing", options.label_smoothing},
          {"crop_padding", options.augment.crop_padding},
          {"flip", options.augment.flip},
          {"cutout", options.augment.cutout},
          {"seed", options.seed}};
}

void print_result(nlohmann::json const& result, bool as_json) {
  using enum column::kind;
  table results{{{"architecture", "architecture", text},
                 {"params", "params"},
                 {"macs", "macs"},
                 {"test_accuracy", "test accuracy"},
                 {"seconds", "seconds"}}};
  results.add({text_cell(result["architecture"]), count_cell(result["params"]), count_cell(result["macs"]),
               accuracy_cell(result["test_accuracy"]), seconds_cell(result["seconds"])});
  results.print(as_json);
}

// What the run left is complete once result.json is there: it is written last.
nlohmann::json train_in(runtime::run_folder& folder, compiler::compiled_space const& space,
                        compiler::architecture const& a, runtime::train_test const& data,
                        runtime::training_options const& options) {
  auto const result_file = folder.file("result.json");
  if (std::filesystem::exists(result_file))
    return compiler::parse_json(runtime::read_file(result_file), result_file.string());
  auto const net = make_network(stand_alone_graph(space, a), options.seed);
  progress_bar bar;
  auto const checkpoint = folder.file("checkpoint.pt");
  auto const trained = runtime::train(*net, data, options, checkpoint, bar);
  auto const cost = space.costs.of(a);
  nlohmann::json result{{"space", space.structured.name},
                        {"architecture", compiler::fingerprint(space.decisions, a)},
                        {"macs", cost.macs},
                        {"params", cost.params},
                        {"test_accuracy", trained.test_accuracy},
                        {"seconds", trained.seconds},
                        {"seed", options.seed},
                        {"options", to_json(options)}};
  runtime::write_atomically(folder.file("architecture.json"), architecture_text(space, a));
  save_weights(*net, folder.file("weights.pt"));
  runtime::write_atomically(result_file, result.dump(2) + "\n");
  std::filesystem::remove(checkpoint);
  return result;
}

} // namespace

void train(train_arguments const& arguments) {
  auto const space = load_space(arguments.space);
  auto const a = load_architecture(arguments.architecture, space);
  auto const data = load_fitting_data(arguments.data, space);
  nlohmann::json const manifest{{"command", "train"},
                                {"architecture", compiler::fingerprint(space.decisions, a)},
                                {"data", identity_of(data)},
                                {"threads", prepare_torch(arguments.threads)},
                                {"options", to_json(arguments.options)}};
  in_run_folder(arguments.output, manifest, space, [&](runtime::run_folder& folder) {
    print_result(train_in(folder, space, a, data, arguments.options), arguments.json);
  });
}

} // namespace espalier::command
