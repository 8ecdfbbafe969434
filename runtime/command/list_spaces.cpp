#include "numbers.hpp"
#include "shipped_spaces.hpp"
#include "space_commands.hpp"
#include "table.hpp"

#include <espalier/dsl/count.hpp>

#include <fmt/format.h>

namespace espalier::command {

void list_spaces(list_spaces_arguments const& arguments) {
  using enum column::kind;
  table spaces{
      {{"space", "space", text}, {"input", "input"}, {"architectures", "architectures"}, {"what", "what", text}}};
  for (auto const& [space, what] : shipped_spaces()) {
    auto const count = dsl::count_architectures(space);
    spaces.add({text_cell(std::string{space.name}),
                text_cell(fmt::format("{}x{}x{}", space.input.channels, space.input.height, space.input.width)),
                {digits(count), grouped(count)},
                text_cell(what)});
  }
  spaces.print(arguments.json);
}

} // namespace espalier::command
