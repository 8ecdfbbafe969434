#include "collect_decisions.hpp"

#include "chain_layers.hpp"
#include "decided_number.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <ranges>
#include <set>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

// A decision exists where its parent takes one of some options; everywhere without a parent.
struct condition {
  int parent = -1;
  std::uint64_t options = 0;

  bool operator==(condition const&) const = default;
};

// Whether anything is decided in an operation.
bool decides(operation const& op) {
  if (is_statement(op.form()))
    return false;
  if (op.form() == structure::choice || op.form() == structure::select || op.form() == structure::graph_cell ||
      op.form() == structure::chain)
    return true;
  return !op.decided.empty() ||
         std::ranges::any_of(op.regions, [](region const& r) { return std::ranges::any_of(r.operations, decides); });
}

// Reads a graph region by region. A value is needed where one of its readers is; a reader that decides what it reads
// is added before what it reads.
class collection {
public:
  void visit(region const& in, condition const& where) { region_visit{*this, in, where}.visit_all(); }
  std::vector<decision> take() && { return std::move(decisions_); }

private:
  class region_visit {
  public:
    region_visit(collection& whole, region const& in, condition const& where) : whole_(whole), in_(in), where_(where) {
      for (auto const& op : in.operations)
        for (std::size_t i = 0; i < op.operands.size(); ++i)
          readers_[op.operands[i]].push_back({&op, i});
    }

    void visit_all() {
      for (auto const& op : in_.operations)
        if (decides(op))
          visit(op);
    }

  private:
    struct reader {
      operation const* op;
      std::size_t operand;
    };

    void visit(operation const& op) {
      auto const needed = condition_of(op.name());
      if (op.form() == structure::choice)
        return visit_choice(op, needed);
      if (op.form() == structure::chain)
        return visit_chain(op, needed);
      if (op.form() == structure::select || op.form() == structure::pick)
        own_decision(op, needed);
      else
        for (auto const& number : op.decided)
          whole_.add_numbers(number.value, needed);
      if (op.form() == structure::graph_cell)
        whole_.add(edges_of(op), needed);
      for (auto const& held : op.regions)
        whole_.visit(held, needed);
    }

    void visit_choice(operation const& op, condition const& needed) {
      decision d;
      d.path = op.label;
      auto const names = candidate_names(op);
      for (std::size_t c = 0; c < op.regions.size(); ++c) {
        if (op.attribute("weak_none") == 1 && op.regions[c].operations.front().is("none"))
          continue;
        d.options.push_back(names[c]);
        d.candidates.push_back(static_cast<int>(c));
      }
      auto const candidates = d.candidates;
      auto const own = whole_.add(std::move(d), needed);
      for (std::size_t o = 0; o < candidates.size(); ++o)
        whole_.visit(op.regions[static_cast<std::size_t>(candidates[o])], {own, std::uint64_t{1} << o});
    }

    // Each layer exists where one may follow the layer before it.
    void visit_chain(operation const& op, condition needed) {
      chain_layers const layers{op};
      for (std::size_t p = 0; p < layers.size(); ++p) {
        decision d;
        d.path = fmt::format("{}/{}", op.label, p);
        d.candidates = layers.options(p);
        std::uint64_t ends = 0;
        for (std::size_t o = 0; o < d.candidates.size(); ++o) {
          d.options.push_back(layers.name(d.candidates[o]));
          ends |= layers.leads_on(p, o) ? 0 : std::uint64_t{1} << (o & 63U);
        }
        auto const own = whole_.add(std::move(d), needed);
        auto const count = layers.options(p).size();
        for (std::size_t o = 1; o < count; ++o)
          whole_.visit(op.regions[static_cast<std::size_t>(layers.options(p)[o])], {own, std::uint64_t{1} << o});
        needed = {own, ~ends & (count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1)};
      }
    }

    // The edges of a graph cell, from each vertex to all later ones; vertex 0 is its input.
    static decision edges_of(operation const& op) {
      decision d;
      d.path = op.label + "/edges";
      d.type = decision::kind::subset;
      auto const vertices = op.attribute("nodes") + 2;
      for (int from = 0; from < vertices; ++from)
        for (int to = from + 1; to < vertices; ++to)
          d.options.push_back(fmt::format("{}-{}", from, to));
      d.least = 0;
      d.most = std::min(op.attribute("max_edges"), static_cast<int>(d.options.size()));
      return d;
    }

    // The decision that a select or pick takes, or -1 where it takes none.
    int own_decision(operation const& op, condition const& needed) {
      if (auto const known = made_.find(&op); known != made_.end())
        return known->second;
      int made = -1;
      if (op.form() == structure::pick) {
        std::vector<int> const parts = whole_.add_numbers(op.decided.front().value, needed);
        made = parts.size() == 1 ? parts.front() : -1;
      } else if (auto const operands = decided_operands(op);
                 static_cast<std::size_t>(op.attribute("least")) < operands.size()) {
        decision d;
        d.path = op.label;
        d.type = decision::kind::subset;
        d.least = op.attribute("least");
        d.most = op.attribute("most");
        d.options = option_names(in_, op);
        made = whole_.add(std::move(d), needed);
      }
      return made_[&op] = made;
    }

    // Where a value is needed.
    condition condition_of(std::string const& name) {
      if (auto const known = conditions_.find(name); known != conditions_.end())
        return known->second;
      bool const is_yielded = std::ranges::find(in_.yields, name) != in_.yields.end();
      std::optional<condition> whole;
      if (is_yielded || !readers_.contains(name))
        whole = where_;
      else
        for (auto const& r : std::views::reverse(readers_.at(name))) { // the last may be what always reads
          auto const one = condition_of(r);
          whole = whole ? whole_.either(*whole, one, where_) : one;
          if (*whole == where_)
            break;
        }
      return conditions_[name] = *whole;
    }

    condition condition_of(reader const& r) {
      auto const needed = condition_of(r.op->name());
      if (r.op->form() != structure::select && r.op->form() != structure::pick)
        return needed;
      auto const own = own_decision(*r.op, needed);
      if (own < 0)
        return needed;
      auto const options = options_that_read(r, whole_.decisions_[static_cast<std::size_t>(own)]);
      return options == 0 ? needed : whole_.hoisted({own, options});
    }

    // The options with which a select or pick reads an operand; 0 where it may always.
    [[nodiscard]] std::uint64_t options_that_read(reader const& r, decision const& own) const {
      if (r.op->form() == structure::select) {
        auto const first = r.op->operands.size() - own.options.size(); // of those that it decides on
        return r.operand < first ? 0 : std::uint64_t{1} << (r.operand - first);
      }
      std::uint64_t options = 0;
      for (std::size_t o = 0; o < own.numbers.size(); ++o) {
        auto const value = [&](decided_number const&) { return dsl::quantity{own.numbers[o]}; };
        if (quantity_of(r.op->decided.front().value, {}, value).is(static_cast<long long>(r.operand)))
          options |= std::uint64_t{1} << o;
      }
      return options;
    }

    collection& whole_;
    region const& in_;
    condition where_;
    std::map<std::string_view, std::vector<reader>> readers_;
    std::map<std::string, condition> conditions_;
    std::map<operation const*, int> made_;
  };

  // The decisions of a number.
  std::vector<int> add_numbers(decided_number const& n, condition const& where) {
    std::vector<int> made;
    for_each_decision(n, [&](decided_number const& number) {
      decision d;
      d.path = number.label;
      d.numbers = options_of(number);
      for (int const v : d.numbers)
        d.options.push_back(fmt::format("{}", v));
      made.push_back(add(std::move(d), where));
    });
    return made;
  }

  int add(decision d, condition const& where) {
    auto const known = index_.find(d.path);
    if (known == index_.end()) {
      if (d.options.size() > 64 && d.numbers.empty())
        throw user_error(fmt::format("{} has {} options, at most 64 are possible", d.path, d.options.size()));
      d.parent = where.parent;
      d.parent_options = where.options;
      index_.emplace(d.path, static_cast<int>(decisions_.size()));
      decisions_.push_back(std::move(d));
      return static_cast<int>(decisions_.size()) - 1;
    }
    auto& same = decisions_[static_cast<std::size_t>(known->second)];
    if (same.options != d.options || same.least != d.least || same.most != d.most)
      throw user_error(
          fmt::format("{} stands for two different decisions; give them different names [name-reused]", d.path));
    auto const merged = either({same.parent, same.parent_options}, where, {-2, 0});
    if (merged.parent == -2 || merged.parent >= known->second)
      throw user_error(
          fmt::format("{} exists under two different conditions; give its uses different names [name-reused]", d.path));
    same.parent = merged.parent;
    same.parent_options = merged.options;
    return known->second;
  }

  // Where one or the other holds; `otherwise` where no single decision says so.
  [[nodiscard]] condition either(condition const& a, condition const& b, condition const& otherwise) const {
    if (a == b || implies(b, a))
      return a;
    if (implies(a, b))
      return b;
    bool const is_one_choice =
        a.parent == b.parent && decisions_[static_cast<std::size_t>(a.parent)].type == decision::kind::choice;
    return is_one_choice ? hoisted({a.parent, a.options | b.options}) : otherwise;
  }

  // Whether wherever `a` holds, `b` does.
  [[nodiscard]] bool implies(condition a, condition const& b) const {
    if (b.parent < 0)
      return true;
    for (; a.parent >= 0; a = condition_of(a.parent))
      if (a.parent == b.parent && (a.options & ~b.options) == 0)
        return true;
    return false;
  }

  // What holds with every option of a decision holds wherever the decision exists.
  [[nodiscard]] condition hoisted(condition c) const {
    while (c.parent >= 0) {
      auto const& parent = decisions_[static_cast<std::size_t>(c.parent)];
      auto const count = parent.options.size();
      auto const all = count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
      bool const is_certain = parent.type == decision::kind::choice && c.options == all;
      if (!is_certain)
        break;
      c = condition_of(c.parent);
    }
    return c;
  }

  [[nodiscard]] condition condition_of(int i) const {
    auto const& d = decisions_[static_cast<std::size_t>(i)];
    return {d.parent, d.parent_options};
  }

  std::vector<decision> decisions_;
  std::map<std::string, int, std::less<>> index_;
};

// Reads every constraint of a graph.
class constraint_reader {
public:
  explicit constraint_reader(std::vector<decision> const& decisions) : decisions_(decisions) {}

  void visit(region const& in, number_scope const& scope) {
    for (auto const& op : in.operations) {
      if (op.form() == structure::constraint && !op.decided.empty())
        add(op.decided.front().value, scope);
      for (auto const& held : op.regions) {
        bool const enters = op.form() == structure::block && !op.label.empty();
        visit(held, enters ? number_scope::of(dsl::shape_of(held.arguments.front().type)) : scope);
      }
    }
  }

  std::vector<constraint_group> take() && { return std::move(groups_); }

private:
  void add(decided_number const& condition, number_scope const& scope) {
    constraint_group group;
    for_each_decision(condition, [&](decided_number const& n) {
      auto const found = std::ranges::find(decisions_, n.label, &decision::path);
      auto const i = static_cast<int>(found - decisions_.begin());
      if (found != decisions_.end() && std::ranges::find(group.decisions, i) == group.decisions.end())
        group.decisions.push_back(i);
    });
    if (group.decisions.empty())
      return;
    require_siblings(group);
    std::vector<std::uint32_t> values(group.decisions.size());
    do
      if (holds(condition, scope, group.decisions, values))
        group.allowed.push_back(values);
    while (advance(group.decisions, values));
    groups_.push_back(std::move(group));
  }

  void require_siblings(constraint_group const& group) const {
    auto const& first = at(group.decisions.front());
    for (int const i : group.decisions)
      if (at(i).parent != first.parent || at(i).parent_options != first.parent_options)
        throw user_error(fmt::format("a constraint couples {} and {}, which do not exist together; couple decisions of "
                                     "the same candidate",
                                     first.path, at(i).path));
  }

  [[nodiscard]] bool holds(decided_number const& condition, number_scope const& scope,
                           std::vector<int> const& decisions, std::vector<std::uint32_t> const& values) const {
    auto const value_of = [&](decided_number const& n) {
      for (std::size_t k = 0; k < decisions.size(); ++k)
        if (at(decisions[k]).path == n.label)
          return dsl::quantity{at(decisions[k]).numbers[values[k]]};
      throw internal_error(fmt::format("{} is no decision of this space", n.label));
    };
    return quantity_of(condition, scope, value_of).is(1);
  }

  // The next combination of values.
  [[nodiscard]] bool advance(std::vector<int> const& decisions, std::vector<std::uint32_t>& values) const {
    for (std::size_t k = values.size(); k-- > 0; values[k] = 0)
      if (++values[k] < at(decisions[k]).options.size())
        return true;
    return false;
  }

  [[nodiscard]] decision const& at(int i) const { return decisions_[static_cast<std::size_t>(i)]; }

  std::vector<decision> const& decisions_;
  std::vector<constraint_group> groups_;
};

} // namespace

std::vector<constraint_group> collect_constraints(graph const& expanded, std::vector<decision> const& decisions) {
  constraint_reader reader{decisions};
  reader.visit(expanded.body, number_scope::of(dsl::shape_of(expanded.input())));
  return std::move(reader).take();
}

std::vector<std::string> decided_operands(operation const& select) {
  auto const first = select.operands.begin() + select.attribute("otherwise");
  return {first, select.operands.end()};
}

std::vector<std::string> option_names(region const& in, operation const& select) {
  auto const operands = decided_operands(select);
  std::vector<std::string> names;
  for (auto const& operand : operands) {
    auto const* definition = in.definition_of(operand);
    bool const reads_one = definition != nullptr && definition->operands.size() == 1;
    names.push_back(reads_one ? definition->operands.front() : operand);
    definition = in.definition_of(names.back());
    if (reads_one && definition != nullptr && definition->is("chunk")) // a part is called as what it is part of
      names.back() = definition->operands.front();
  }
  auto const different = std::set<std::string>(names.begin(), names.end());
  return different.size() == names.size() ? names : operands;
}

std::vector<decision> collect_decisions(graph const& expanded) {
  collection whole;
  whole.visit(expanded.body, {});
  return std::move(whole).take();
}

} // namespace espalier::compiler
