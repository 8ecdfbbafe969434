#include <espalier/compiler/decisions.hpp>

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/text.hpp>

#include <algorithm>
#include <numeric>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

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
  for (std::size_t i = 0; i < decisions_.size(); ++i)
    if (decisions_[i].parent >= 0)
      decisions_[static_cast<std::size_t>(decisions_[i].parent)].children.push_back(static_cast<int>(i));
  count_all();
  std::string text;
  for (auto const& d : decisions_)
    text += fmt::format("{} {} {} {} {} {}\n", d.path, d.least, d.most, fmt::join(d.options, ","), d.parent,
                        d.parent_options);
  fingerprint_ = compiler::fingerprint(text);
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

void decision_space::count_all() {
  below_.resize(decisions_.size());
  counts_.resize(decisions_.size());
  count_ = 1;
  for (std::size_t i = decisions_.size(); i-- > 0;) {
    auto const& d = decisions_[i];
    below_[i].assign(d.options.size(), 1);
    for (int const child : d.children) {
      auto const c = static_cast<std::size_t>(child);
      for (std::size_t o = 0; o < d.options.size(); ++o)
        if (decisions_[c].hangs_on(o))
          below_[i][o] *= counts_[c];
    }
    if (d.type == decision::kind::choice) {
      counts_[i] = std::accumulate(below_[i].begin(), below_[i].end(), cardinality{});
    } else { // elementary symmetric polynomial: the sum over all subsets of so many options of the product of their
             // counts
      std::vector<cardinality> sums(static_cast<std::size_t>(d.most) + 1);
      sums[0] = 1;
      for (auto const& option : below_[i])
        for (std::size_t k = sums.size() - 1; k > 0; --k)
          sums[k] += sums[k - 1] * option;
      counts_[i] = std::accumulate(sums.begin() + d.least, sums.end(), cardinality{});
    }
    if (d.parent < 0)
      count_ *= counts_[i];
  }
}

} // namespace espalier::compiler
