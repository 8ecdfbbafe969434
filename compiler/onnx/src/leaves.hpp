#pragma once

#include "model_writer.hpp"

#include <espalier/compiler/graph.hpp>

#include <string>
#include <vector>

namespace espalier::onnx {

/// An operation that is to be written.
struct placed_operation {
  compiler::operation const& op;
  std::string path;                         ///< Of its value: the names that lead to it, joined by dots.
  std::vector<std::string> inputs;          ///< What its operands are called in the model.
  std::vector<compiler::tensor_type> types; ///< Of its operands.
  std::string embedding;                    ///< The path of the network's embedding, which tied layers share.
  int vocabulary = 0;                       ///< Of that.

  [[nodiscard]] std::string const& x() const { return inputs.front(); }
  [[nodiscard]] compiler::tensor_type const& in() const { return types.front(); }
  [[nodiscard]] int number(std::string_view name) const { return op.attribute(name); }
};

/// Writes a leaf or a join and returns what its value is called. What has no row in the tables is a `user_error`.
std::string write_operation(placed_operation const& placed, model_writer& model);

/// A row of the tables of operations.
struct operation_row {
  std::string_view name;
  std::string (*write)(placed_operation const&, model_writer&);
};

extern std::vector<operation_row> const image_rows;
extern std::vector<operation_row> const feature_rows;
extern std::vector<operation_row> const sequence_rows;

/// The dimension in which a tensor of this kind has its channels.
std::int64_t channel_axis(compiler::tensor_type const& type);

} // namespace espalier::onnx
