#include "architecture_source.hpp"
#include "numbers.hpp"
#include "space_commands.hpp"
#include "space_source.hpp"

#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/encodings/registry.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/runtime/atomic_file.hpp>

#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace espalier::command {

namespace {

// JSON; or, where a file does not begin as a list, an object or a quoted text does, its text itself.
nlohmann::json read_encoding(std::string const& file) {
  auto const text = runtime::read_file(file);
  constexpr std::string_view blank = " \t\r\n";
  auto const first = text.find_first_not_of(blank);
  if (first == std::string::npos)
    throw user_error(fmt::format("{} is empty; it should hold an encoding", file));
  if (std::string_view{"{[\""}.find(text[first]) != std::string_view::npos)
    return compiler::parse_json(text, file);
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

// An architecture is decisions, whatever the skeleton around them: says so where the encoding's own is another.
void tell_apart(std::string const& name, compiler::operation_cost const& in_space,
                compiler::operation_cost const& published) {
  if (in_space == published)
    return;
  fmt::print(stderr,
             "note: in {} it has {} parameters and {} multiply-adds, in the encoding's own network {} and {}; "
             "`espalier import --network` prints the latter\n",
             name, grouped(in_space.params), grouped(in_space.macs), grouped(published.params),
             grouped(published.macs));
}

std::string text_of(import_arguments const& arguments, compiler::encodings::published_encoding const& format,
                    nlohmann::json const& encoding) {
  auto const network = format.network(encoding); // refuses what is no encoding at all
  if (arguments.network)
    return compiler::print(network);
  if (format.decisions == nullptr)
    throw user_error(fmt::format("no space holds '{}' architectures: {}; --network prints the network itself",
                                 format.name, format.why_none));
  auto const space = load_space(arguments.space.empty() ? std::string{format.space} : arguments.space);
  auto const made =
      compiler::encodings::architecture_of(space.decisions, format.decisions(encoding), space.structured.name);
  tell_apart(space.structured.name, space.costs.of(made), compiler::cost_of(network));
  return architecture_text(space, made);
}

} // namespace

void import_encoding(import_arguments const& arguments) {
  auto const& format = compiler::encodings::encoding_named(arguments.format);
  auto const encoding = read_encoding(arguments.file);
  try {
    auto const text = text_of(arguments, format, encoding);
    if (arguments.output.empty())
      return fmt::print("{}", text);
    runtime::write_atomically(arguments.output, text);
  } catch (user_error const& fault) {
    throw user_error(fmt::format("{}: {}", arguments.file, fault.what()));
  }
}

} // namespace espalier::command
