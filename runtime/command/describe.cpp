#include "cost_summary.hpp"
#include "numbers.hpp"
#include "space_commands.hpp"
#include "space_source.hpp"
#include "table.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace espalier::command {

namespace {

using compiler::decision;
using nlohmann::ordered_json;

std::string_view kind(dsl::tensor_type const& type) {
  static constexpr std::string_view names[] = {"image", "sequence", "tokens", "vector", "ids"};
  return names[static_cast<std::size_t>(type.kind)];
}

std::string shape(dsl::tensor_type const& type) {
  if (type.kind == dsl::tensor_kind::vector)
    return fmt::format("vector of {}", type.channels);
  if (type.kind == dsl::tensor_kind::image)
    return fmt::format("image of {} x {} x {}", type.channels, type.height, type.width);
  return fmt::format("{} of {}, at {} positions", kind(type), type.channels, type.positions());
}

// Decisions that differ only in numbers: normal/node*/edge*, and for subsets in how many options they keep some of.
struct decision_family {
  std::string pattern;
  decision const* first = nullptr;
  int size = 0;
  std::size_t fewest_options = 0;
  std::size_t most_options = 0;

  [[nodiscard]] bool holds(std::string const& other_pattern, decision const& d) const {
    bool const is_choice = d.type == decision::kind::choice;
    return pattern == other_pattern && first->type == d.type && first->least == d.least && first->most == d.most &&
           (!is_choice || first->options == d.options);
  }

  [[nodiscard]] std::string name() const { return size == 1 ? first->path : pattern; }

  [[nodiscard]] std::string options() const {
    if (first->type == decision::kind::choice)
      return fmt::format("one of {}: {}", first->options.size(), fmt::join(first->options, ", "));
    auto const range = fewest_options == most_options ? fmt::format("{}", most_options)
                                                      : fmt::format("{} to {}", fewest_options, most_options);
    return first->least == first->most ? fmt::format("{} of {}", first->most, range)
                                       : fmt::format("{} to {} of {}", first->least, first->most, range);
  }
};

std::string pattern_of(std::string const& path) {
  auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string pattern;
  for (auto const c : path)
    if (!is_digit(c))
      pattern += c;
    else if (!pattern.ends_with('*'))
      pattern += '*';
  return pattern;
}

std::vector<decision_family> families_of(compiler::decision_space const& space) {
  std::vector<decision_family> families;
  for (auto const& d : space.decisions()) {
    auto const pattern = pattern_of(d.path);
    auto found = std::ranges::find_if(families, [&](auto const& family) { return family.holds(pattern, d); });
    if (found == families.end())
      found = families.insert(found, {pattern, &d, 0, d.options.size(), d.options.size()});
    ++found->size;
    found->fewest_options = std::min(found->fewest_options, d.options.size());
    found->most_options = std::max(found->most_options, d.options.size());
  }
  return families;
}

cell count_if_known(std::optional<long long> n) {
  return n ? count_cell(*n) : text_cell("depends");
}

table cost_table(compiler::compiled_space const& space) {
  table costs{
      {{"cost", "cost", column::kind::text}, {"minimum", "minimum"}, {"median", "median"}, {"maximum", "maximum"}}};
  auto const add = [&](std::string name, auto key) {
    auto const summary = summarize(space, key);
    costs.add({text_cell(std::move(name)), count_if_known(summary.minimum), count_cell(summary.median),
               count_if_known(summary.maximum)});
  };
  add("params", &compiler::operation_cost::params);
  add("macs", &compiler::operation_cost::macs);
  return costs;
}

void print_text(compiler::compiled_space const& space, dsl::tensor_type const& output) {
  fmt::print("{}\n\n", space.structured.name);
  fmt::print("  input          {}\n", shape(space.structured.input()));
  fmt::print("  output         {}\n", shape(output));
  fmt::print("  decisions      {}\n", grouped(static_cast<long long>(space.decisions.size())));
  fmt::print("  architectures  {}\n", grouped(space.decisions.count()));
  fmt::print("  fingerprint    {}\n\n", space.fingerprint);
  using enum column::kind;
  table decisions{{{"decisions", "decisions", text}, {"number", "number"}, {"options", "options", text}}};
  for (auto const& family : families_of(space.decisions))
    decisions.add({text_cell(family.name()), count_cell(family.size), text_cell(family.options())});
  if (space.decisions.size() > 0) {
    decisions.print(false);
    fmt::print("\n");
  }
  cost_table(space).print(false);
}

ordered_json to_json(dsl::tensor_type const& type) {
  return {{"kind", kind(type)}, {"channels", type.channels}, {"height", type.height}, {"width", type.width}};
}

ordered_json to_json(compiler::decision_space const& space, decision const& d) {
  ordered_json json{
      {"path", d.path}, {"type", d.type == decision::kind::choice ? "choice" : "subset"}, {"options", d.options}};
  if (d.type == decision::kind::subset)
    json["least"] = d.least, json["most"] = d.most;
  if (d.parent < 0)
    return json;
  auto const& parent = space[static_cast<std::size_t>(d.parent)];
  auto options = ordered_json::array();
  for (std::size_t o = 0; o < parent.options.size(); ++o)
    if (d.hangs_on(o))
      options.push_back(parent.options[o]);
  json["where"] = {{"path", parent.path}, {"options", std::move(options)}};
  return json;
}

void print_json(compiler::compiled_space const& space, dsl::tensor_type const& output) {
  auto decisions = ordered_json::array();
  for (auto const& d : space.decisions.decisions())
    decisions.push_back(to_json(space.decisions, d));
  ordered_json const json{{"space", space.structured.name},
                          {"fingerprint", space.fingerprint},
                          {"input", to_json(space.structured.input())},
                          {"output", to_json(output)},
                          {"architectures", digits(space.decisions.count())},
                          {"costs", ordered_json::parse(cost_table(space).json())},
                          {"decisions", decisions}};
  fmt::print("{}\n", json.dump(2));
}

} // namespace

void describe(describe_arguments const& arguments) {
  compiler::compiled_space const space{load_graph(arguments.space)};
  auto const output = space.expanded.body.type_of(space.expanded.body.yields.front());
  arguments.json ? print_json(space, output) : print_text(space, output);
}

} // namespace espalier::command
