#include "flat_text.hpp"

#include <espalier/compiler/lower.hpp>
#include <espalier/dsl/operation_table.hpp>

#include <algorithm>
#include <deque>
#include <sstream>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

// The rest of a line behind a space; it may be empty.
bool read_name(std::istream& in, std::string& name) {
  if (in.get() != ' ')
    return false;
  std::getline(in, name);
  return true;
}

bool read_node(std::istringstream line, dsl::node& node, std::deque<std::string>& names) {
  std::string operation;
  line >> operation >> node.size >> node.decided;
  for (int& number : node.attributes)
    line >> number;
  auto const is_named = [&](operation_declaration const* d) { return d->name == operation; };
  auto const* const found = std::ranges::find_if(dsl::operation_table, is_named);
  std::string name;
  if (found == dsl::operation_table.end() || !read_name(line, name))
    return false;
  node.declaration = *found;
  if (!name.empty())
    node.name = dsl::label{std::string_view{names.emplace_back(name)}};
  return true;
}

} // namespace

std::string flat_printer_source(std::string const& header, std::string const& name) {
  return fmt::format(R"(#include "{}"
#include <espalier/dsl.hpp>
#include <cstdio>

static void put(std::string_view text) {{ std::printf("%.*s", static_cast<int>(text.size()), text.data()); }}
static void put(long long number) {{ std::printf("%lld", number); }}
static void print_line(espalier::dsl::label const& name) {{
  put(" ");
  name.spell([](auto piece) {{ put(piece); }});
  put("\n");
}}

int main() {{
  static constexpr auto space = (::{}).view();
  std::printf("%d %d %d %d", static_cast<int>(space.input.kind), space.input.channels, space.input.height, space.input.width);
  print_line(space.name);
  for (auto const& node : space.nodes) {{
    put(node.declaration->name);
    std::printf(" %u %u", node.size, node.decided);
    for (int const number : node.attributes) std::printf(" %d", number);
    print_line(node.name);
  }}
}}
)",
                     header, name);
}

std::optional<graph> read_flat(std::string const& text) {
  std::istringstream in{text};
  int kind = 0;
  tensor_type input;
  std::string name;
  if (!(in >> kind >> input.channels >> input.height >> input.width) || !read_name(in, name))
    return {};
  input.kind = static_cast<dsl::tensor_kind>(kind);
  std::vector<dsl::node> nodes;
  std::deque<std::string> names; // what the labels point to
  for (std::string line; std::getline(in, line);)
    if (!read_node(std::istringstream{line}, nodes.emplace_back(), names))
      return {};
  if (nodes.empty() || nodes.front().size != nodes.size())
    return {};
  return lower({dsl::label{std::string_view{name}}, input, nodes});
}

} // namespace espalier::compiler
