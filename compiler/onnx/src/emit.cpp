#include <espalier/compiler/error.hpp>
#include <espalier/compiler/passes/fold_identities.hpp>
#include <espalier/compiler/passes/remove_dead_code.hpp>
#include <espalier/onnx/emit.hpp>

#include "leaves.hpp"
#include "model_writer.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace espalier::onnx {

using compiler::region;
using compiler::structure;

namespace {

// Writes the operations of a network one after another, those of blocks in their place.
class network_writer {
public:
  network_writer(compiler::graph const& network, model_writer& model) : model_(model) {
    find_embedding(network.body, "");
  }

  // Returns what the yielded value is called.
  std::string write(region const& body, std::vector<std::string> const& arguments, std::string const& prefix) {
    std::map<std::string, std::string> names;
    for (std::size_t i = 0; i < arguments.size(); ++i)
      names[body.arguments[i].name] = arguments[i];
    for (auto const& op : body.operations) {
      std::vector<std::string> inputs;
      std::vector<compiler::tensor_type> types;
      for (auto const& operand : op.operands) {
        inputs.push_back(names.at(operand));
        types.push_back(body.type_of(operand));
      }
      auto const path = prefix + op.name();
      if (op.form() == structure::block)
        names[op.name()] = write(op.regions.front(), inputs, path + ".");
      else if (op.form() == structure::recurrence)
        names[op.name()] = write_recurrence(op, path, inputs.front());
      else
        names[op.name()] = write_operation({op, path, inputs, types, embedding_, vocabulary_}, model_);
    }
    return names.at(body.yields.front());
  }

private:
  std::string write_recurrence(compiler::operation const& op, std::string const& path, std::string const& sequence) {
    auto const& step = op.regions.front();
    return model_.scan(
        sequence, step.arguments[0].type, step.arguments[1].type,
        [&](std::string const& position, std::string const& last) {
          return write(step, {position, last}, path + ".");
        },
        path);
  }

  void find_embedding(region const& body, std::string const& prefix) {
    for (auto const& op : body.operations) {
      if (op.is("embedding") && embedding_.empty()) {
        embedding_ = prefix + op.name();
        vocabulary_ = body.type_of(op.operands.front()).channels;
      }
      for (auto const& inner : op.regions)
        find_embedding(inner, prefix + op.name() + ".");
    }
  }

  model_writer& model_;
  std::string embedding_;
  int vocabulary_ = 0;
};

} // namespace

std::string write_operation(placed_operation const& placed, model_writer& model) {
  for (auto const* rows : {&image_rows, &feature_rows, &sequence_rows})
    if (auto const row = std::ranges::find(*rows, placed.op.declaration->name, &operation_row::name);
        row != rows->end())
      return row->write(placed, model);
  throw user_error(
      fmt::format("%{}: {} cannot be written as ONNX; emit C++ or Python", placed.path, placed.op.declaration->name));
}

std::string emit_model(compiler::graph const& network, std::vector<compiler::stored_tensor> const& weights) {
  auto const simplified = compiler::remove_dead_code(compiler::fold_identities(network));
  auto const& body = simplified.body;
  model_writer model{network.name, weights};
  auto const& input = body.arguments.front();
  model.add_input(input.name, input.type);
  auto const output = network_writer{simplified, model}.write(body, {input.name}, "");
  model.add_output(output, body.type_of(body.yields.front()));
  return model.finish();
}

} // namespace espalier::onnx
