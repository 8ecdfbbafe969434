#include "space_commands.hpp"
#include "space_source.hpp"

#include <espalier/compiler/text.hpp>

#include <fmt/format.h>

namespace espalier::command {

void print_ir(ir_arguments const& arguments) {
  auto const space = load_space(arguments.space);
  fmt::print("{}", arguments.expanded ? compiler::print(space.expanded) : space.text);
}

} // namespace espalier::command
