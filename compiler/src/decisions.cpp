#include <espalier/compiler/decisions.hpp>

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

// The choices of a region whose result a `select` reads: their decisions hang on the select's, and `none` is no option
// for them.
std::set<std::string> selected_edges(region const& r) {
  std::set<std::string> edges;
  for (auto const& op : r.operations)
    if (op.form() == structure::select)
      edges.insert(op.operands.begin(), op.operands.end());
  return edges;
}

// What a subset's option is called: the predecessor that the edge reads.
std::string predecessor(region const& r, std::string const& edge) {
  auto const* definition = r.definition_of(edge);
  return definition != nullptr && !definition->operands.empty() ? definition->operands.front() : edge;
}

} // namespace

decision_space::decision_space(graph const& expanded) {
  collect(expanded.body, -1, 0);
  finish();
}

int decision_space::find(std::string_view path) const {
  auto const found = std::ranges::find(decisions_, path, &decision::path);
  return found == decisions_.end() ? -1 : static_cast<int>(found - decisions_.begin());
}

void decision_space::collect(region const& in, int parent, std::uint64_t parent_options) {
  auto const edges = selected_edges(in);
  auto const add = [&](decision d, int hangs_on, std::uint64_t options) {
    if (auto const known = find(d.path); known >= 0) {
      auto const& same = decisions_[static_cast<std::size_t>(known)];
      if (same.options != d.options || same.least != d.least || same.most != d.most)
        throw user_error(
            fmt::format("{} stands for two different decisions; give them different names [name-reused]", d.path));
      if (same.parent != hangs_on || same.parent_options != options)
        throw user_error(fmt::format(
            "{} exists under two different conditions; give its uses different names [name-reused]", d.path));
      return known;
    }
    d.parent = hangs_on;
    d.parent_options = options;
    decisions_.push_back(std::move(d));
    return static_cast<int>(decisions_.size()) - 1;
  };
  auto const collect_choice = [&](operation const& op, int hangs_on, std::uint64_t options) {
    decision d;
    d.path = op.label;
    auto const names = candidate_names(op);
    for (std::size_t c = 0; c < op.regions.size(); ++c) {
      if (edges.contains(op.name()) && op.regions[c].operations.front().is("none"))
        continue;
      d.options.push_back(names[c]);
      d.candidates.push_back(static_cast<int>(c));
    }
    auto const candidates = d.candidates;
    auto const own = add(std::move(d), hangs_on, options);
    for (std::size_t o = 0; o < candidates.size(); ++o)
      collect(op.regions[static_cast<std::size_t>(candidates[o])], own, std::uint64_t{1} << o);
  };
  for (auto const& op : in.operations) {
    if (op.form() == structure::block)
      collect(op.regions.front(), parent, parent_options);
    if (op.form() == structure::choice && !edges.contains(op.name()))
      collect_choice(op, parent, parent_options);
    if (op.form() != structure::select)
      continue;
    auto own = parent;
    auto const least = op.attribute("least");
    bool const is_decision = static_cast<std::size_t>(least) < op.operands.size();
    if (is_decision) {
      decision d;
      d.path = op.label;
      d.type = decision::kind::subset;
      d.least = least;
      d.most = op.attribute("most");
      for (auto const& operand : op.operands)
        d.options.push_back(predecessor(in, operand));
      own = add(std::move(d), parent, parent_options);
    }
    for (std::size_t e = 0; e < op.operands.size(); ++e) {
      auto const* edge = in.definition_of(op.operands[e]);
      if (edge == nullptr)
        continue;
      auto const options = is_decision ? std::uint64_t{1} << e : parent_options;
      if (edge->form() == structure::choice)
        collect_choice(*edge, own, options);
      if (edge->form() == structure::block)
        collect(edge->regions.front(), own, options);
    }
  }
}

} // namespace espalier::compiler
