#include "space_commands.hpp"
#include "space_source.hpp"

#include <espalier/compiler/text.hpp>
#include <espalier/compiler/verify.hpp>

#include <fmt/format.h>

namespace espalier::command {

void print_ir(ir_arguments const& arguments) {
  if (arguments.expanded) {
    fmt::print("{}", compiler::print(load_space(arguments.space).expanded));
    return;
  }
  auto const space = load_graph(arguments.space);
  compiler::require_valid(space);
  fmt::print("{}", compiler::print(space));
}

} // namespace espalier::command
