#pragma once

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/fault_text.hpp>
#include <espalier/compiler/graph.hpp>
#include <espalier/compiler/text.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace espalier::test {

void infer_types(compiler::region& in);

inline compiler::tensor_type inferred_type(compiler::operation& op, compiler::region const& in) {
  using compiler::structure;
  auto type = in.type_of(op.operands.front());
  switch (op.form()) {
  case structure::leaf: {
    int stride = 1;
    op.attributes = dsl::resolve(*op.declaration, op.attributes, type, stride);
    auto const made = op.declaration->infer(op.attributes, type);
    if (made.problem)
      throw user_error("%" + op.name() + ": " + compiler::sentence(made.problem));
    return made.type;
  }
  case structure::block:
  case structure::recurrence: {
    auto& body = op.regions.front();
    for (std::size_t i = 0; i < op.operands.size(); ++i)
      body.arguments[i].type = in.type_of(op.operands[i]);
    if (op.form() == structure::recurrence) {
      body.arguments[0].type = {dsl::tensor_kind::vector, type.channels, 1, 1};
      body.arguments[1].type = {dsl::tensor_kind::vector, op.attribute("channels"), 1, 1};
    }
    infer_types(body);
    auto const yielded = body.type_of(body.yields.front());
    type.channels = yielded.channels;
    return op.form() == structure::block ? yielded : type;
  }
  case structure::concat:
    type.channels = 0;
    for (auto const& operand : op.operands)
      type.channels += in.type_of(operand).channels;
    return type;
  default:
    return type;
  }
}

/// Fills in the types and numbers of a network without decisions, in which every leaf reads the kind that it takes.
inline void infer_types(compiler::region& in) {
  for (std::size_t i = 0; i < in.operations.size(); ++i)
    in.operations[i].results.front().type = inferred_type(in.operations[i], in);
}

/// A network written as text, with its types.
inline compiler::graph typed_network(std::string_view text) {
  auto network = compiler::parse(text);
  infer_types(network.body);
  return network;
}

} // namespace espalier::test
