#include "cost_walk.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/dsl/operations/edges.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace espalier::compiler {

using dsl::structure;
using dsl::detail::mixed;

void cost_table::add(situation const& after, cost_distribution const& costs) {
  limits_.look_at(rows_.size());
  auto const row = std::find_if(rows_.begin(), rows_.end(), [&](auto const& r) { return r.after == after; });
  if (row == rows_.end()) {
    rows_.push_back({after, costs});
    kept_ += costs.size();
    return;
  }
  kept_ -= row->costs.size();
  row->costs.add(costs, limits_);
  kept_ += row->costs.size();
  if (kept_ > most_kept)
    throw too_many_costs{};
}

situation situation::of_branch() const {
  auto branch = *this;
  for (auto& l : branch.lanes)
    l.before = l.now;
  return branch;
}

situation cost_walk::start(shared_values const& given) const {
  situation s{{{space_.input, space_.input, space_.input}}, {}};
  for (auto const& v : given)
    insert(s.decided, v);
  return s;
}

dsl::cardinality cost_walk::count(shared_values const& given, double all) {
  cost_table first{limits_, start(given)};
  std::size_t child = space_.first_child(0);
  while (child < space_.end(0)) {
    auto const next = advance(first, child, {});
    double architectures = 0;
    for (auto const& row : next.rows())
      architectures += row.costs.total().approximate();
    if (architectures * architectures > all)
      break;
    first = next;
    child = space_.next(child);
  }
  dsl::cardinality sum;
  for (auto const& row : first.rows()) {
    cost_table second{limits_, row.after};
    for (auto k = child; k < space_.end(0); k = space_.next(k))
      second = advance(second, k, {});
    for (auto& rest : second.rows())
      sum += (rest.costs *= row.costs).within(limits_);
  }
  return sum;
}

void cost_walk::refuse(std::size_t i, std::string const& why) const {
  auto const& n = space_[i];
  throw user_error(fmt::format("{}: architectures within a budget cannot be counted: '{}' {}", space_.name.stem(),
                               n.name.empty() ? n.declaration->name : n.name.stem(), why));
}

void cost_walk::require_alone(std::size_t i, situation const& s, context const& in) const {
  if (s.lanes.size() > 1 || in.owner != 0)
    refuse(i, "stands within a cell or a named choice that is used at several places");
}

cost_table cost_walk::walk(std::size_t i, situation const& s, context const& in) {
  bool remembers = space_.form(i) != structure::leaf;
  for (std::size_t k = i; is_survey_ && k < space_.end(i); ++k)
    remembers = remembers && space_.form(k) != structure::cell;
  auto& known = memory_[i];
  limits_.look_at(known.size());
  for (auto const& r : known)
    if (remembers && r.in == in && r.before == s)
      return r.after;
  auto made = walk_anew(i, s, in);
  cost_table after{limits_};
  for (auto& row : made.rows()) {
    forget(row.after, end_of(space_, i));
    after.add(row.after, row.costs);
  }
  if (remembers)
    memory_[i].push_back({s, in, after});
  return after;
}

cost_table cost_walk::walk_anew(std::size_t i, situation const& s, context const& in) {
  auto inner = in;
  inner.is_edge = false;
  switch (space_.form(i)) {
  case structure::sequence:
    return walk_children(i, s, inner);
  case structure::block:
  case structure::stem:
    return walk_block(i, s, inner);
  case structure::choice:
    return walk_choice(i, s, in);
  case structure::any_of:
  case structure::branches:
    return walk_branches(i, s, inner);
  case structure::repeat:
    return walk_repeat(i, s, inner);
  case structure::bridge:
    return walk_bridge(i, s, inner);
  case structure::leaf:
    return walk_leaf(i, s, inner);
  case structure::constraint:
  case structure::budget:
    return {limits_, s};
  default:
    break;
  }
  require_alone(i, s, in);
  switch (space_.form(i)) {
  case structure::cell:
    return walk_cell(i, s);
  case structure::skip_chain:
    return walk_skip_chain(i, s);
  case structure::recurrent_cell:
    return walk_recurrent_cell(i, s);
  case structure::wiring:
    return walk_wiring(i, s);
  case structure::layer_chain:
    return walk_layer_chain(i, s);
  case structure::graph_cell:
    refuse(i, "has costs that do not add up: a vertex' channels depend on all edges");
  default:
    throw internal_error(fmt::format("no cost of '{}'", space_[i].declaration->name));
  }
}

cost_table cost_walk::advance(cost_table const& table, std::size_t i, context const& in) {
  cost_table after{limits_};
  for (auto const& from : table.rows()) {
    auto const reached = walk(i, from.after, in);
    for (auto const& to : reached.rows()) {
      auto costs = from.costs;
      after.add(to.after, costs *= to.costs);
    }
  }
  return after;
}

cost_table cost_walk::walk_children(std::size_t i, situation const& s, context const& in) {
  cost_table table{limits_, s};
  space_.for_each_child(i, [&](std::size_t child) { table = advance(table, child, in); });
  return table;
}

cost_table cost_walk::walk_block(std::size_t i, situation const& s, context const& in) {
  bool const is_stem = space_.form(i) == structure::stem;
  bool const is_beside = is_stem && space_[i].attributes[0] == 1; // it reads what the stem before it read
  auto inside = s;
  for (auto& l : inside.lanes) {
    auto const reads = is_beside ? l.before : l.now;
    l = {reads, reads, reads, l.stride};
  }
  auto table = walk_children(i, inside, in);
  cost_table after{limits_};
  for (auto& row : table.rows()) {
    for (std::size_t k = 0; k < s.lanes.size(); ++k) {
      auto const& outside = s.lanes[k];
      auto& l = row.after.lanes[k];
      l.before = is_stem ? outside.now : l.now;
      l.block_input = outside.block_input;
    }
    after.add(row.after, row.costs);
  }
  return after;
}

cost_table cost_walk::walk_bridge(std::size_t i, situation const& s, context const& in) {
  std::size_t const body = space_.first_child(i);
  auto inside = walk(body, s, in);
  for (auto& row : inside.rows())
    for (std::size_t k = 0; k < s.lanes.size(); ++k)
      row.after.lanes[k].before = s.lanes[k].now;
  cost_table after{limits_};
  auto outside = advance(inside, space_.next(body), in);
  for (auto& row : outside.rows()) {
    for (auto& l : row.after.lanes)
      l.set(l.now);
    after.add(row.after, row.costs);
  }
  return after;
}

dsl::operation_cost cost_walk::run_leaf(std::size_t i, situation& s, context const& in) const {
  auto const& d = *space_[i].declaration;
  dsl::operation_cost whole;
  for (auto& l : s.lanes) {
    auto type = shape_of(l.now);
    auto const numbers = resolve(d, numbers_of(i, s, in, l), type, l.stride);
    auto const made = d.infer(numbers, type);
    if (made.problem)
      throw internal_error(fmt::format("{}: '{}' breaks a rule that the check of the space missed: {} ({})",
                                       space_.name.stem(), d.name, text_of(made.problem.broken).name,
                                       made.problem.got));
    type.kind = dsl::adapted(d.takes, type.kind);
    auto const cost = d.cost(numbers, type, made.type);
    whole += {cost.params.low, cost.macs.low};
    l.set(smallest(made.type));
  }
  return whole;
}

cost_table cost_walk::walk_leaf(std::size_t i, situation const& s, context const& in) {
  cost_table table{limits_};
  for (auto& decided : decide(decisions_of(i), s, in)) {
    auto const cost = run_leaf(i, decided, in);
    table.add(decided, costing(cost));
  }
  return table;
}

cost_table cost_walk::walk_choice(std::size_t i, situation const& s, context const& in) {
  auto inner = in;
  inner.is_edge = false;
  auto const& name = space_[i].name;
  bool const is_shared = !name.empty() && names_.is_shared(name);
  auto const until = is_shared ? names_.until(name) : in.owner_until;
  std::uint64_t id = 0;
  if (is_shared || in.owner != 0)
    id = is_shared ? id_of(name) : decision_id(i, in);
  if (is_shared && in.owner == 0)
    inner.owner = id_of(name), inner.owner_at = i, inner.owner_until = until;
  auto const* const known = find(s.decided, id);
  auto const reads = s.of_branch();
  auto const first = walk(space_.first_child(i), reads, inner); // all candidates give its kind
  cost_table table{limits_};
  long long option = 0;
  space_.for_each_child(i, [&](std::size_t candidate) {
    auto const o = option++;
    bool const is_weak = in.is_edge && space_.is(candidate, dsl::declaration_of<dsl::operations::none>);
    if (is_weak || (known != nullptr && known->value != o))
      return;
    auto decided = reads;
    if (id != 0 && known == nullptr)
      insert(decided.decided, {id, o, until});
    auto made = walk(candidate, decided, inner);
    for (auto& row : made.rows()) {
      auto const& like = first.empty() ? row.after : first.rows().front().after;
      for (std::size_t k = 0; k < s.lanes.size(); ++k) {
        auto& l = row.after.lanes[k];
        l.now.kind = like.lanes[k].now.kind;
        l.stride = like.lanes[k].stride;
        l.set(l.now);
      }
      table.add(row.after, row.costs);
    }
  });
  return table;
}

cost_table cost_walk::walk_branches(std::size_t i, situation const& s, context const& in) {
  bool const concatenates = space_.form(i) == structure::branches && space_[i].attributes[0] == 1;
  bool const is_subset = space_.form(i) == structure::any_of;
  if (is_subset && in.owner != 0)
    refuse(i, "stands within a named choice that is used at several places");
  int const least = is_subset ? space_[i].attributes[0] : space_.children(i);
  // By how many branches are taken, what they give together; in each the decisions made on the way.
  std::vector<cost_table> taken(1, cost_table{limits_, s});
  bool is_first = true;
  space_.for_each_child(i, [&](std::size_t branch) {
    std::vector<cost_table> next(taken.size() + 1, cost_table{limits_});
    for (std::size_t n = 0; n < taken.size(); ++n)
      for (auto const& from : taken[n].rows()) {
        auto read = s.of_branch();
        read.decided = from.after.decided;
        auto const gives = walk(branch, read, in);
        if (is_subset) {
          auto without = from.after;
          if (is_first && !gives.empty())
            without.lanes = gives.rows().front().after.lanes;
          next[n].add(without, from.costs);
        }
        for (auto const& to : gives.rows()) {
          auto joined = to.after;
          if (!is_first)
            joined.lanes = from.after.lanes;
          for (std::size_t k = 0; concatenates && !is_first && k < joined.lanes.size(); ++k)
            joined.lanes[k].now.channels += to.after.lanes[k].now.channels;
          for (auto& l : joined.lanes)
            l.set(l.now);
          auto costs = from.costs;
          next[n + 1].add(joined, costs *= to.costs);
        }
      }
    taken = std::move(next);
    is_first = false;
  });
  cost_table table{limits_};
  for (std::size_t n = static_cast<std::size_t>(least); n < taken.size(); ++n)
    for (auto& row : taken[n].rows()) {
      table.add(row.after, row.costs);
    }
  return table;
}

// Within a repeated body nothing uses up the stride of an edge.
cost_table cost_walk::walk_repeat(std::size_t i, situation const& s, context const& in) {
  std::size_t const body = space_.first_child(i);
  cost_table after{limits_};
  for (auto& decided : decide(decisions_of(i), s, in)) {
    auto const rounds = numbers_of(i, decided, in, s.lanes.front())[0].low;
    forget(decided, 0);
    cost_table table{limits_, decided};
    for (long long k = 0; k < rounds; ++k) {
      auto inner = in;
      if (in.owner != 0)
        inner.round = mixed(in.round, static_cast<std::uint64_t>(k) + 1);
      for (auto& row : table.rows())
        for (auto& l : row.after.lanes)
          l.stride = 1;
      table = advance(table, body, inner);
    }
    for (auto& row : table.rows()) {
      for (std::size_t k = 0; k < s.lanes.size(); ++k)
        row.after.lanes[k].stride = s.lanes[k].stride;
      after.add(row.after, row.costs);
    }
  }
  return after;
}

} // namespace espalier::compiler
