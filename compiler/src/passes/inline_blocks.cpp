#include <espalier/compiler/passes/inline_blocks.hpp>

#include "rewrite.hpp"

#include <algorithm>

namespace espalier::compiler {

namespace {

// What a block of one operation without weights stands for: that operation on the block's operands.
operation without_block(operation block) {
  auto const& body = block.regions.front();
  if (body.operations.size() != 1 || body.yields.front() != body.operations.front().name())
    return block;
  auto inside = body.operations.front();
  if (!inside.regions.empty() || !is_function(inside))
    return block;
  for (auto& operand : inside.operands)
    operand = block.operands[static_cast<std::size_t>(std::ranges::find(body.arguments, operand, &value::name) -
                                                      body.arguments.begin())];
  inside.results = block.results;
  return inside;
}

region without_small_blocks(region const& in) {
  region out = in;
  for (auto& op : out.operations) {
    rewrite_held(op, without_small_blocks);
    if (op.form() == structure::block)
      op = without_block(std::move(op));
  }
  return out;
}

} // namespace

graph inline_blocks(graph const& g) {
  require_expanded(g, "inline_blocks");
  return {g.name, without_small_blocks(g.body)};
}

} // namespace espalier::compiler
