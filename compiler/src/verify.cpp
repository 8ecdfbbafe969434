#include <espalier/compiler/verify.hpp>

#include "flatten.hpp"
#include "verify_faults.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/fault_text.hpp>
#include <espalier/dsl/check.hpp>

#include <fmt/format.h>

namespace espalier::compiler {

void fault_list::report(dsl::fault const& problem) {
  report(problem, where());
}

void fault_list::report(dsl::fault const& problem, std::string const& where) {
  add({std::string{dsl::text_of(problem.broken).name}, where, sentence(problem)});
}

void fault_list::report(std::string_view rule, std::string const& sentence, std::string const& remedy) {
  add({std::string{rule}, where(), fmt::format("{}; {} [{}]", sentence, remedy, rule)});
}

void fault_list::add(verification_fault fault) {
  if (known_.emplace(fault.rule, fault.where, fault.message).second)
    faults_.push_back(std::move(fault));
}

std::string fault_list::where() const {
  return fmt::format("{}", fmt::join(path_, "/"));
}

inside::inside(fault_list& faults, operation const& op)
    : inside(faults, op.results.empty() ? std::string{op.declaration->name} : "%" + op.name()) {}

inside::inside(fault_list& faults, std::string part) : faults_(faults) {
  faults_.path_.push_back(std::move(part));
}

namespace {

// A space as it is declared goes through the language's own checker, once its form is sound.
void check_declaration(graph const& g, fault_list& faults) {
  if (!faults.is_empty())
    return;
  auto const flat = flatten(g);
  auto const found = dsl::check_all(flat.view()).findings;
  for (int i = 0; i < found.count; ++i)
    faults.report(found.items[i].problem, flat.places[found.items[i].where]);
}

} // namespace

std::vector<verification_fault> verify(graph const& g) {
  fault_list faults;
  check_structure(g, faults);
  check_names(g, faults);
  auto const* const odd = out_of_line(g);
  if (odd == nullptr) {
    check_declaration(g, faults);
    return std::move(faults).take();
  }
  check_types(g, faults);
  if (faults.is_empty() && !g.is_expanded()) {
    inside const here{faults, *odd};
    faults.report("not-declared", "it reads another value than the one before it, but the space is not expanded",
                  "let every operation read the one before it, and a cell the two cells before it");
  }
  return std::move(faults).take();
}

void require_valid(graph const& g) {
  auto const faults = verify(g);
  if (faults.empty())
    return;
  auto message = fmt::format("\"{}\" has {} fault{}:", g.name, faults.size(), faults.size() == 1 ? "" : "s");
  for (auto const& fault : faults)
    message += fmt::format("\n  {}: {}", fault.where.empty() ? "whole graph" : fault.where, fault.message);
  throw user_error(message);
}

} // namespace espalier::compiler
