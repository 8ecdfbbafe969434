#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/emit.hpp>
#include <espalier/compiler/error.hpp>

#include "code_writer.hpp"
#include "identifiers.hpp"
#include "libtorch_network.hpp"
#include "libtorch_templates.hpp"
#include "project.hpp"
#include "shape_text.hpp"
#include "text_template.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

namespace {

std::string literals(std::vector<float> const& values, int channels, float preset) {
  std::vector<std::string> texts;
  for (int c = 0; c < channels; ++c) {
    auto const text = fmt::format("{}", values.empty() ? preset : values[static_cast<std::size_t>(c)]);
    bool const is_whole = text.find_first_of(".e") == std::string::npos;
    texts.push_back(text + (is_whole ? ".0f" : "f"));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string yes_if(bool condition) {
  return condition ? "yes" : "";
}

bool has_safetensors(emission_options const& options) {
  return options.weights == weights_format::safetensors;
}

std::string format_of(emission_options const& options) {
  return has_safetensors(options) ? "safetensors" : "pt";
}

std::string project_name(std::string const& name) {
  return identifier_scope{}.claim(snake_case(name));
}

bool is_classifier(tensor_type const& input, tensor_type const& output) {
  return input.kind == dsl::tensor_kind::image && output.kind == dsl::tensor_kind::vector;
}

std::string random_input(tensor_type const& input) {
  using dsl::tensor_kind;
  switch (input.kind) {
  case tensor_kind::image:
    return fmt::format("torch::randn({{size, {}, {}, {}}})", input.channels, input.height, input.width);
  case tensor_kind::vector:
    return fmt::format("torch::randn({{size, {}}})", input.channels);
  case tensor_kind::ids:
    return fmt::format("torch::randint({}, {{size, {}}}, torch::kInt64)", input.channels, input.positions());
  default:
    return fmt::format("torch::randn({{size, {}, {}}})", input.positions(), input.channels);
  }
}

// What both programs have, without the end of the last line.
struct program_parts {
  std::string failures;
  std::string check;
  std::string main;
};

program_parts shared_parts(emission_options const& options) {
  auto const filled = [&](std::string_view text) {
    auto part = fill(text, {{"safetensors", yes_if(has_safetensors(options))},
                            {"archive", yes_if(!has_safetensors(options))},
                            {"deployed", yes_if(options.is_deployed)},
                            {"trainable", yes_if(!options.is_deployed)}});
    part.pop_back();
    return part;
  };
  return {filled(libtorch_failures_template), filled(libtorch_check_template), filled(libtorch_main_template)};
}

std::string classifier_file(tensor_type const& input, int classes, std::string const& name,
                            emission_options const& options) {
  auto const parts = shared_parts(options);
  bool const augments = options.crop_padding > 0 || options.flip;
  return fill(libtorch_classifier_template,
              {
                  {"namespace", name},
                  {"shape", fmt::format("{}, {}, {}", input.channels, input.height, input.width)},
                  {"classes", std::to_string(classes)},
                  {"mean", literals(options.mean, input.channels, 0)},
                  {"deviation", literals(options.deviation, input.channels, 1)},
                  {"safetensors", yes_if(has_safetensors(options))},
                  {"archive", yes_if(!has_safetensors(options))},
                  {"format", format_of(options)},
                  {"augment", yes_if(augments)},
                  {"augmented_images", augments ? "augmented(images)" : "images"},
                  {"crop", options.crop_padding > 0 ? std::to_string(options.crop_padding) : ""},
                  {"flip", yes_if(options.flip)},
                  {"failures", parts.failures},
                  {"check", parts.check},
                  {"main", parts.main},
              });
}

std::string runner_file(tensor_type const& input, std::string const& name, emission_options const& options) {
  auto const parts = shared_parts(options);
  return fill(libtorch_runner_template, {
                                            {"namespace", name},
                                            {"random_input", random_input(input)},
                                            {"safetensors", yes_if(has_safetensors(options))},
                                            {"archive", yes_if(!has_safetensors(options))},
                                            {"format", format_of(options)},
                                            {"failures", parts.failures},
                                            {"check", parts.check},
                                            {"main", parts.main},
                                        });
}

std::string title(tensor_type const& input, tensor_type const& output) {
  if (is_classifier(input, output))
    return fmt::format("A network for images of {} x {} pixels and {} classes", input.height, input.width,
                       output.channels);
  return fmt::format("A network from {} to {}", shape_text(input), shape_text(output));
}

std::string readme_file(graph const& network, tensor_type const& output, std::string const& name,
                        emission_options const& options) {
  auto const& input = network.input();
  auto const cost = cost_of(network);
  bool const classifies = is_classifier(input, output) && !options.is_deployed;
  auto const parity = yes_if(options.has_weights);
  return fill(libtorch_readme_template,
              {
                  {"name", network.name},
                  {"namespace", name},
                  {"title", title(input, output)},
                  {"input_shape", shape_text(input)},
                  {"output_shape", shape_text(output)},
                  {"params", grouped(cost.params)},
                  {"macs", grouped(cost.macs)},
                  {"parity", parity},
                  {"safetensors", has_safetensors(options) ? parity : ""},
                  {"archive", has_safetensors(options) ? "" : parity},
                  {"format", format_of(options)},
                  {"classifier", yes_if(classifies)},
                  {"runner", yes_if(!classifies)},
                  {"deployed", yes_if(options.is_deployed)},
                  {"trainable", yes_if(!classifies && !options.is_deployed)},
                  {"evaluates", classifies ? parity : ""},
                  {"program", classifies ? "checks, evaluates and trains" : "checks and times"},
                  {"packages", classifies ? "LibTorch, zlib and CMake are needed; on Debian: `apt install g++ cmake "
                                            "libtorch-dev zlib1g-dev libopenblas-dev`."
                                          : "LibTorch and CMake are needed; on Debian: `apt install g++ cmake "
                                            "libtorch-dev libopenblas-dev`."},
                  {"architecture", options.architecture_json},
              });
}

void require_fitting(emission_options const& options, tensor_type const& input) {
  for (auto const* statistic : {&options.mean, &options.deviation})
    if (!statistic->empty() && statistic->size() != static_cast<std::size_t>(input.channels))
      throw internal_error(
          fmt::format("normalization of {} channels for a network of {}", statistic->size(), input.channels));
}

} // namespace

std::vector<emitted_file> emit_libtorch(graph const& network, emission_options const& options) {
  auto const output = network.body.type_of(network.body.yields.front());
  require_fitting(options, network.input());
  auto const simplified = simplify_for_emission(network);
  auto const name = project_name(network.name);
  bool const classifies = is_classifier(network.input(), output) && !options.is_deployed;
  std::vector<emitted_file> files{
      {"network.hpp", libtorch_network(simplified, name, options.is_deployed)},
      {"main.cpp", classifies ? classifier_file(network.input(), output.channels, name, options)
                              : runner_file(network.input(), name, options)},
      {"CMakeLists.txt", fill(libtorch_cmake_template, {{"namespace", name},
                                                        {"classifier", yes_if(classifies)},
                                                        {"zlib_target", classifies ? " ZLIB::ZLIB" : ""},
                                                        {"parity", yes_if(options.has_weights)}})},
      {"README.md", readme_file(simplified, output, name, options)},
      {".clang-format", std::string{clang_format_style}},
  };
  if (has_safetensors(options))
    files.push_back({"safetensors.hpp", fill(libtorch_safetensors_template, {{"namespace", name}})});
  return files;
}

} // namespace espalier::compiler
