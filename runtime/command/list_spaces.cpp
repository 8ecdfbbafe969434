#include "numbers.hpp"
#include "shipped_spaces.hpp"
#include "space_commands.hpp"
#include "table.hpp"

#include <espalier/compiler/names.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/dsl/count.hpp>

#include <fmt/format.h>

namespace espalier::command {

void list_spaces(list_spaces_arguments const& arguments) {
  using enum column::kind;
  table spaces{
      {{"space", "space", text}, {"input", "input"}, {"architectures", "architectures"}, {"what", "what", text}}};
  for (auto const& [space, what] : shipped_spaces()) {
    auto const count = dsl::count_architectures(space);
    spaces.add({text_cell(compiler::spelled(space.name)),
                text_cell(compiler::print(space.input)),
                {digits(count), grouped(count)},
                text_cell(what)});
  }
  spaces.print(arguments.json);
}

} // namespace espalier::command
