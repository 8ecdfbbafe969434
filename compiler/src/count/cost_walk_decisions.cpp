#include "cost_walk.hpp"

#include <espalier/dsl/check.hpp>

#include <fmt/format.h>

namespace espalier::compiler {

using dsl::structure;
using dsl::detail::mixed;

void cost_walk::forget(situation& s, std::size_t ended) {
  std::erase_if(s.decided, [&](shared_value const& v) { return v.until <= ended; });
}

std::vector<std::size_t> cost_walk::decisions_of(std::size_t i) const {
  std::vector<std::size_t> decisions;
  space_.for_each_number(i, [&](std::size_t, std::size_t number) {
    dsl::detail::constraint_groups::for_each_decision(space_, number, [&](std::size_t d) { decisions.push_back(d); });
  });
  return decisions;
}

std::vector<std::size_t> cost_walk::named_within(std::size_t i) const {
  std::vector<std::size_t> decisions;
  for (std::size_t k = space_.first_child(i); k < space_.end(i); ++k) {
    if (space_[k].name.empty())
      continue;
    if (space_.is_decided_number(k))
      decisions.push_back(k);
    else if (space_.is_named_decision(k))
      refuse(k, fmt::format("is one decision for all edges or nodes of a {}", space_[i].declaration->name));
  }
  return decisions;
}

std::uint64_t cost_walk::decision_id(std::size_t decision, context const& in) const {
  auto const& name = space_[decision].name;
  if (!name.empty())
    return id_of(name);
  return in.owner != 0 ? mixed(mixed(in.owner, decision - in.owner_at), in.round) : mixed(0x2545f491, decision);
}

bool cost_walk::constraints_hold(std::size_t decision, situation const& s) const {
  for (std::size_t i = 0; i < space_.nodes.size(); ++i) {
    if (space_.form(i) != structure::constraint)
      continue;
    dsl::detail::number_evaluator evaluate{space_};
    bool reads_it = false;
    dsl::detail::constraint_groups::for_each_decision(space_, i + 1, [&](std::size_t d) {
      reads_it = reads_it || space_[d].name == space_[decision].name;
      auto const* const v = find(s.decided, id_of(space_[d].name));
      if (v != nullptr && evaluate.given.find(evaluate.id_of(d)) == nullptr)
        evaluate.given.push(evaluate.id_of(d), v->value);
    });
    if (reads_it && evaluate(i + 1, dsl::trend::neutral).is(0))
      return false;
  }
  return true;
}

std::vector<situation> cost_walk::decide(std::vector<std::size_t> const& decisions, situation const& s,
                                         context const& in) {
  std::vector<situation> made{s};
  dsl::detail::number_evaluator const number{space_};
  for (auto const d : decisions) {
    auto const id = decision_id(d, in);
    auto const& name = space_[d].name;
    if (find(made.empty() ? s.decided : made.front().decided, id) != nullptr)
      continue;
    auto const until = !name.empty() ? names_.until(name) : in.owner_until;
    std::vector<situation> next;
    for (auto const& before : made)
      for (long long o = 0; o < number.options(d); ++o) {
        auto after = before;
        insert(after.decided, {id, number.option(d, o), until});
        if (name.empty() || constraints_hold(d, after))
          next.push_back(std::move(after));
      }
    made = std::move(next);
  }
  return made;
}

dsl::attribute_quantities cost_walk::numbers_of(std::size_t i, situation const& s, context const& in,
                                                lane const& l) const {
  dsl::detail::number_evaluator evaluate{space_};
  evaluate.input_channels = l.block_input.channels;
  evaluate.input_size = l.block_input.height;
  for (auto const d : decisions_of(i))
    if (auto const* const v = find(s.decided, decision_id(d, in)); v != nullptr)
      if (auto const id = evaluate.id_of(d); evaluate.given.find(id) == nullptr)
        evaluate.given.push(id, v->value);
  return evaluate.numbers(i);
}

} // namespace espalier::compiler
