#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/emit.hpp>

#include "project.hpp"
#include "python_network.hpp"
#include "python_templates.hpp"
#include "shape_text.hpp"
#include "text_template.hpp"

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

// The sizes of a batch of one.
std::string batch_shape(tensor_type const& type) {
  switch (type.kind) {
  case dsl::tensor_kind::image:
    return fmt::format("1, {}, {}, {}", type.channels, type.height, type.width);
  case dsl::tensor_kind::vector:
    return fmt::format("1, {}", type.channels);
  case dsl::tensor_kind::ids:
    return fmt::format("1, {}", type.positions());
  default:
    return fmt::format("1, {}, {}", type.positions(), type.channels);
  }
}

std::string main_file(tensor_type const& input, bool has_weights) {
  bool const reads_ids = input.kind == dsl::tensor_kind::ids;
  return fill(python_main_template,
              {
                  {"shape", batch_shape(input)},
                  {"example", reads_ids ? fmt::format("torch.randint({}, INPUT_SHAPE)", input.channels)
                                        : "torch.randn(INPUT_SHAPE)"},
                  {"weights_help", has_weights ? " (weights.safetensors)" : ""},
                  {"check_help", has_weights ? " (parity.safetensors)" : ""},
                  {"parity", has_weights ? "yes" : ""},
              });
}

std::string readme_file(graph const& network, emission_options const& options) {
  auto const cost = cost_of(network);
  return fill(python_readme_template,
              {
                  {"name", network.name},
                  {"input_shape", shape_text(network.input())},
                  {"output_shape", shape_text(network.body.type_of(network.body.yields.front()))},
                  {"params", grouped(cost.params)},
                  {"macs", grouped(cost.macs)},
                  {"parity", options.has_weights ? "yes" : ""},
                  {"architecture", options.architecture_json},
              });
}

} // namespace

std::vector<emitted_file> emit_python(graph const& network, emission_options const& options) {
  auto const simplified = simplify_for_emission(network);
  return {
      {"network.py", python_network(simplified)},
      {"main.py", main_file(network.input(), options.has_weights)},
      {"README.md", readme_file(simplified, options)},
  };
}

} // namespace espalier::compiler
