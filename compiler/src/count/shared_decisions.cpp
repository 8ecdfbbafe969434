#include "shared_decisions.hpp"

#include <algorithm>

namespace espalier::compiler {

using dsl::structure;

namespace {

bool repeats(structure form) {
  switch (form) {
  case structure::repeat:
  case structure::cell:
  case structure::graph_cell:
  case structure::recurrent_cell:
  case structure::skip_chain:
  case structure::wiring:
  case structure::layer_chain:
    return true;
  default:
    return false;
  }
}

} // namespace

name_uses::name_uses(dsl::space_view space) : space_(space) {
  for (std::size_t i = 1; i < space.nodes.size(); ++i) {
    if (!space.is_named_decision(i) || within_constraint(i))
      continue;
    auto const repetition = outermost_repetition(i);
    auto const until = end_of(space, repetition);
    auto const known = std::find_if(uses_.begin(), uses_.end(), [&](use const& u) { return u.name == space[i].name; });
    if (known == uses_.end()) {
      uses_.push_back({space[i].name, until, repetition != i});
    } else {
      known->until = std::max(known->until, until);
      known->is_shared = true;
    }
  }
  extend_by_constraints();
}

void name_uses::extend_by_constraints() {
  auto const before = uses_;
  for (std::size_t i = 1; i < space_.nodes.size(); ++i) {
    if (space_.form(i) != structure::constraint)
      continue;
    auto const reads = [&](use const& u) {
      for (std::size_t k = i; k < space_.end(i); ++k)
        if (space_[k].name == u.name)
          return true;
      return false;
    };
    std::size_t last = 0;
    for (auto const& u : before)
      last = reads(u) ? std::max(last, u.until) : last;
    for (auto& u : uses_)
      if (reads(u))
        u.until = std::max(u.until, last), u.is_shared = true;
  }
}

name_uses::use const* name_uses::find(dsl::label const& name) const {
  auto const found = std::find_if(uses_.begin(), uses_.end(), [&](use const& u) { return u.name == name; });
  return found == uses_.end() ? nullptr : &*found;
}

std::size_t name_uses::until(dsl::label const& name) const {
  auto const* const u = find(name);
  return u == nullptr ? 0 : u->until;
}

bool name_uses::is_shared(dsl::label const& name) const {
  auto const* const u = find(name);
  return u != nullptr && u->is_shared;
}

// A number that decides how often a body is repeated is not part of the body.
std::size_t name_uses::outermost_repetition(std::size_t i) const {
  for (std::size_t k = 1; k < i; ++k)
    if (i < space_.end(k) && i >= space_.first_child(k) && repeats(space_.form(k)))
      return k;
  return i;
}

bool name_uses::always_exists(std::size_t i) const {
  for (std::size_t k = 1; k < i; ++k) {
    if (i >= space_.end(k) || i < space_.first_child(k))
      continue;
    auto const form = space_.form(k);
    bool const is_decided_repeat = form == structure::repeat && space_[k].decided != 0;
    if (form == structure::choice || form == structure::any_of || form == structure::layer || is_decided_repeat)
      return false;
  }
  return true;
}

bool name_uses::within_constraint(std::size_t i) const {
  for (std::size_t k = 1; k < i; ++k)
    if (space_.form(k) == structure::constraint && i < space_.end(k))
      return true;
  return false;
}

} // namespace espalier::compiler
