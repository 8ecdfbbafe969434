#include <espalier/compiler/graph.hpp>

#include "candidate_name.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/fault_text.hpp>
#include <espalier/compiler/names.hpp>
#include <espalier/dsl/message.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::compiler {

bool region::operator==(region const&) const = default;
bool decided_number::operator==(decided_number const&) const = default;

operation const* region::definition_of(std::string_view name) const {
  for (auto const& op : operations)
    for (auto const& result : op.results)
      if (result.name == name)
        return &op;
  return nullptr;
}

tensor_type region::type_of(std::string_view name) const {
  for (auto const& argument : arguments)
    if (argument.name == name)
      return argument.type;
  for (auto const& op : operations)
    for (auto const& result : op.results)
      if (result.name == name)
        return result.type;
  throw internal_error(fmt::format("no value %{} in this region", name));
}

int operation::attribute(std::string_view attribute_name) const {
  auto const i = declaration->index_of(attribute_name);
  if (i == dsl::max_attributes)
    throw internal_error(fmt::format("{} has no {}", declaration->name, attribute_name));
  return attributes[i];
}

void operation::set_attribute(std::string_view attribute_name, int value) {
  auto const i = declaration->index_of(attribute_name);
  if (i == dsl::max_attributes)
    throw internal_error(fmt::format("{} has no {}", declaration->name, attribute_name));
  attributes[i] = value;
}

bool operation::is_decided(std::size_t attribute) const {
  return std::ranges::find(decided, attribute, &decided_attribute::attribute) != decided.end();
}

namespace {

template <class Predicate>
bool holds(region const& r, Predicate matches) {
  return std::ranges::any_of(r.operations, [&](operation const& op) {
    return matches(op) || std::ranges::any_of(op.regions, [&](region const& inner) { return holds(inner, matches); });
  });
}

} // namespace

bool graph::is_expanded() const {
  auto const is_typed = [](operation const& op) { return !op.results.empty() && op.type().channels > 0; };
  bool const has_types = std::ranges::any_of(body.operations, is_typed);
  return !holds(body, [&](operation const& op) {
    auto const form = op.form();
    bool const is_final = form == structure::leaf || form == structure::block || form == structure::choice ||
                          form == structure::recurrence || form == structure::graph_cell || form == structure::chain ||
                          is_join(form) || is_statement(form);
    return !is_final || ((!op.decided.empty() || is_statement(form)) && !has_types);
  });
}

std::string candidate_name(operation const& candidate) {
  if (!candidate.label.empty())
    return candidate.label;
  std::string name{candidate.declaration->name};
  auto const number = [&](std::string_view attribute) {
    auto const i = candidate.declaration->index_of(attribute);
    return i < dsl::max_attributes ? candidate.attributes[i] : 0;
  };
  if (auto const kernel = number("kernel"); kernel > 0)
    name += fmt::format("_{0}x{0}", kernel);
  if (auto const dilation = number("dilation"); dilation > 1)
    name += fmt::format("_dilation{}", dilation);
  return name;
}

namespace {

bool is_called(operation const& candidate, std::string const& name) {
  if (!candidate.label.empty())
    return candidate.label == name;
  return name.starts_with(candidate.declaration->name) && candidate_name(candidate) == name;
}

} // namespace

std::string candidate_name(operation const& choice, std::size_t candidate) {
  auto name = candidate_name(choice.regions[candidate].operations.front());
  auto const earlier =
      std::ranges::count_if(choice.regions.begin(), choice.regions.begin() + static_cast<std::ptrdiff_t>(candidate),
                            [&](region const& other) { return is_called(other.operations.front(), name); });
  if (earlier > 0)
    name += fmt::format("_{}", earlier + 1);
  return name;
}

std::vector<std::string> candidate_names(operation const& choice) {
  std::vector<std::string> names;
  for (std::size_t c = 0; c < choice.regions.size(); ++c)
    names.push_back(candidate_name(choice, c));
  return names;
}

std::string spelled(dsl::label const& name) {
  std::string text;
  name.spell([&](auto piece) { text += fmt::format("{}", piece); });
  return text;
}

std::string name_source::fresh(operation const& op) {
  std::string base = op.label.empty() ? std::string{op.declaration->name} : op.label;
  for (char& c : base)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0)
      c = '_';
  auto const number = next_[base]++;
  bool const ends_in_digit = std::isdigit(static_cast<unsigned char>(base.back())) != 0;
  return fmt::format("{}{}{}", base, ends_in_digit ? "_" : "", number);
}

std::string sentence(dsl::fault const& problem) {
  std::string text;
  dsl::detail::writer{[&](char c) { text += c; }}.write_fault(problem);
  return text;
}

} // namespace espalier::compiler
