#include <espalier/compiler/relaxation_plan.hpp>

#include "decided_context.hpp"
#include "leaf_forms.hpp"
#include "needed_values.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

struct refused {
  std::string path;
  std::string why;
};

// The type of a value in an architecture, and which of the widest one's channels it has.
struct extent {
  tensor_type type;
  index_ranges used;
  bool operator==(extent const&) const = default;
};

// Nothing where they depend on too many decisions.
using extents = std::optional<decided_value<extent>>;

extent whole(tensor_type const& type) {
  return {type, {{0, type.channels}}};
}

bool are_equal(extents const& a, extents const& b) {
  return a && b && a->reads == b->reads && a->values == b->values;
}

class planning {
public:
  planning(decision_space const& space) : context_(space), space_(space) {}

  extents visit(region const& in, std::string const& path, std::vector<extents> const& arguments,
                block_scope const& scope) {
    return region_visit{*this, in, path, arguments, scope}.visit_all();
  }

  relaxation_plan take() && {
    plan_.derived = std::move(context_.derived);
    return std::move(plan_);
  }

private:
  class region_visit {
  public:
    region_visit(planning& all, region const& in, std::string const& path, std::vector<extents> const& arguments,
                 block_scope const& scope)
        : all_(all), algebra_(all.context_.algebra), in_(in), path_(path), scope_(scope) {
      for (std::size_t i = 0; i < in.arguments.size(); ++i)
        values_[in.arguments[i].name] = arguments[i];
    }

    extents visit_all() {
      for (auto const& op : in_.operations)
        if (!is_statement(op.form()))
          values_[op.name()] = visit(op, op.name());
      return values_.at(in_.yields.front());
    }

  private:
    extents visit(operation const& op, std::string const& name) {
      switch (op.form()) {
      case structure::leaf:
        return visit_leaf(op, name);
      case structure::block: {
        auto const arguments = extents_of(op.operands);
        auto const inside = op.label.empty() ? scope_ : scope_of(arguments.front(), in_.type_of(op.operands.front()));
        return all_.visit(op.regions.front(), path_ + name + ".", arguments, inside);
      }
      case structure::choice:
        return visit_choice(op, name);
      case structure::recurrence:
        return visit_recurrence(op, name);
      case structure::graph_cell:
        throw refused{path_ + name, "decides edges on which the widths of all its vertices depend: a weighted sum of "
                                    "graphs has no widths"};
      case structure::chain:
        throw refused{path_ + name, "decides layers on which the sizes and widths of all layers behind them depend: a "
                                    "weighted sum of chains has no sizes"};
      default:
        return visit_join(op, name);
      }
    }

    [[nodiscard]] std::vector<extents> extents_of(std::vector<std::string> const& names) const {
      std::vector<extents> found;
      for (auto const& name : names)
        found.push_back(values_.at(name));
      return found;
    }

    [[nodiscard]] block_scope scope_of(extents const& in, tensor_type const& widest) const {
      if (!in)
        return {std::nullopt, widest};
      return {algebra_.mapped(*in, [](extent const& e) { return e.type; }), widest};
    }

    // In every architecture, also where they make no difference.
    [[nodiscard]] decided_value<attribute_values> numbers(operation const& op, std::string const& name) const {
      auto all = decided_algebra::constant(op.attributes);
      try {
        for (auto const& decided : op.decided)
          all = algebra_.combined(all, all_.context_.number(decided.value, scope_.types ? &*scope_.types : nullptr),
                                  [&](attribute_values values, int v) {
                                    values[decided.attribute] = v;
                                    return values;
                                  });
      } catch (not_additive const&) {
        throw refused{path_ + name, "computes a number from the width of a value that too many decisions determine"};
      }
      return all;
    }

    extents visit_leaf(operation const& op, std::string const& name) {
      auto const wide = in_.type_of(op.operands.front());
      auto const all_numbers = numbers(op, name);
      leaf_forms const forms{op, wide, scope_.widest};
      auto const bound = [&](decided_value<extent> const& in) {
        return algebra_.combined(all_numbers, in, [&](attribute_values const& values, extent const& e) {
          return forms.narrowed(values, e.type, e.used);
        });
      };
      auto in = values_.at(op.operands.front());
      std::optional<decided_value<narrow_leaf>> leaves;
      if (in)
        leaves = unless_too_many([&] { return bound(*in); });
      bool const is_known = leaves.has_value();
      if (!is_known)
        leaves = bound(decided_algebra::constant(whole(wide)));
      relaxed_operation made;
      made.leaves = all_.listed(*leaves, [](narrow_leaf const& leaf) { return leaf.out.channels > 0; });
      if (auto const why = forms.refusal(made.leaves.values); !why.empty())
        throw refused{path_ + name, why};
      made.form = forms.form_of(made.leaves.values, is_known);
      if (!is_known && made.form == relaxed_form::mixed)
        throw refused{path_ + name, "reads a value whose width too many decisions determine, and mixes its channels"};
      if (made.form == relaxed_form::channelwise || made.form == relaxed_form::linear)
        made.windows = all_.listed(
            algebra_.mapped(*leaves, [&](narrow_leaf const& leaf) { return forms.windows_of(leaf); }), any_value);
      bool const is_made_known = is_known || made.form == relaxed_form::linear;
      auto out = algebra_.mapped(*leaves, [](narrow_leaf const& leaf) { return extent{leaf.out, leaf.made}; });
      return give(name, std::move(made), is_made_known ? extents{std::move(out)} : std::nullopt);
    }

    extents visit_choice(operation const& op, std::string const& name) {
      auto const arguments = extents_of(op.operands);
      auto const i = all_.context_.decision_at(op.label);
      auto const& candidates = all_.context_[i].candidates;
      auto const names = candidate_names(op);
      std::vector<extents> results;
      for (std::size_t c = 0; c < op.regions.size(); ++c) {
        region_visit inside{all_, op.regions[c], path_, arguments, scope_};
        results.push_back(inside.visit(op.regions[c].operations.front(), fmt::format("{}_{}", name, names[c])));
      }
      std::vector<extents> options;
      std::vector<needs> taken;
      for (std::size_t o = 0; o < candidates.size(); ++o) {
        options.push_back(results[static_cast<std::size_t>(candidates[o])]);
        taken.push_back(algebra_.of_choice(i, [&](std::size_t option) -> char { return option == o; }));
      }
      return give(name, {}, either(options, taken));
    }

    // What is taken, of several of which one is.
    [[nodiscard]] extents either(std::vector<extents> const& all, std::vector<needs> const& taken) const {
      if (std::ranges::all_of(all, [&](extents const& one) { return are_equal(one, all.front()); }))
        return all.front();
      auto made = all.front();
      for (std::size_t i = 1; i < all.size() && made; ++i) {
        if (!all[i])
          return std::nullopt;
        made = unless_too_many([&] {
          auto const pair = algebra_.combined(*all[i], taken[i], [](auto const& e, char t) { return std::pair{e, t}; });
          return algebra_.combined(
              *made, pair, [](extent const& before, auto const& now) { return now.second != 0 ? now.first : before; });
        });
      }
      return made;
    }

    extents visit_recurrence(operation const& op, std::string const& name) {
      auto const in = values_.at(op.operands.front());
      auto const widths = algebra_.mapped(numbers(op, name), [](attribute_values const& n) { return n[0]; });
      extents features;
      if (in)
        features = algebra_.mapped(*in, [](extent e) {
          e.type = {dsl::tensor_kind::vector, e.type.channels, 1, 1};
          return e;
        });
      auto const state = algebra_.mapped(widths, [](int width) {
        return whole({dsl::tensor_kind::vector, width, 1, 1});
      });
      all_.visit(op.regions.front(), path_ + name + ".", {features, state}, scope_);
      auto type = op.type();
      return give(name, {}, algebra_.mapped(widths, [&](int width) {
        type.channels = width;
        return whole(type);
      }));
    }

    extents visit_join(operation const& op, std::string const& name) {
      auto const operands = extents_of(op.operands);
      relaxed_operation made;
      bool const concatenates =
          op.form() == structure::concat || (op.form() == structure::select && op.attribute("join") == 1);
      bool const decides = op.form() == structure::select || op.form() == structure::pick;
      if (takes_unread(op) && !needed_)
        needed_.emplace(all_.context_, in_, decided_algebra::constant(char{1}));
      std::vector<needs> read;
      for (std::size_t i = 0; i < operands.size() && (decides || takes_unread(op)); ++i) {
        read.push_back(decides ? where_read(all_.context_, op, i) : needed_->unread(op.operands[i]));
        made.reads.push_back(all_.listed(read.back(), any_value));
      }
      if (!concatenates)
        return give(name, std::move(made), decides ? either(operands, read) : operands.front());
      return give(name, std::move(made), read.empty() ? side_by_side(op, operands) : std::nullopt);
    }

    [[nodiscard]] extents side_by_side(operation const& op, std::vector<extents> const& operands) const {
      extents made = decided_algebra::constant(extent{op.type(), {}});
      made->values.front().type.channels = 0;
      int offset = 0;
      for (std::size_t i = 0; i < operands.size() && made; ++i) {
        if (!operands[i])
          return std::nullopt;
        made = unless_too_many([&] {
          return algebra_.combined(*made, *operands[i], [&](extent all, extent const& next) {
            for (auto range : next.used) {
              range.first += offset;
              bool const joins = !all.used.empty() && all.used.back().first + all.used.back().count == range.first;
              joins ? void(all.used.back().count += range.count) : all.used.push_back(range);
            }
            all.type.channels += next.type.channels;
            return all;
          });
        });
        offset += in_.type_of(op.operands[i]).channels;
      }
      return made;
    }

    template <class Compute>
    [[nodiscard]] static auto unless_too_many(Compute compute) -> std::optional<decltype(compute())> {
      constexpr std::size_t most_cases = 4096;
      try {
        auto made = compute();
        return made.values.size() <= most_cases ? std::optional{std::move(made)} : std::nullopt;
      } catch (too_many_combinations const&) {
        return std::nullopt;
      }
    }

    extents give(std::string const& name, relaxed_operation made, extents out) {
      if (out)
        made.made = all_.listed(algebra_.mapped(*out, [](extent const& e) { return e.used; }), any_value);
      all_.plan_.operations[path_ + name] = std::move(made);
      return out;
    }

    planning& all_;
    decided_algebra const& algebra_;
    region const& in_;
    std::string path_;
    block_scope scope_;
    std::optional<needed_values> needed_;
    std::map<std::string, extents> values_;
  };

  static constexpr auto any_value = [](auto const&) { return true; };

  // Whether constraints allow a combination.
  [[nodiscard]] auto allowed(decided_cases const& table) const {
    struct coupled {
      std::vector<std::size_t> at; // among what the table reads
      std::set<std::vector<std::uint32_t>> values;
    };
    std::vector<coupled> all;
    for (auto const& group : space_.groups()) {
      coupled one;
      std::vector<std::size_t> members;
      for (std::size_t k = 0; k < group.decisions.size(); ++k)
        if (auto const found = std::ranges::find(table.reads, cost_variable{group.decisions[k]});
            found != table.reads.end())
          one.at.push_back(static_cast<std::size_t>(found - table.reads.begin())), members.push_back(k);
      for (auto const& values : group.allowed) {
        std::vector<std::uint32_t> part;
        for (auto const k : members)
          part.push_back(values[k]);
        one.values.insert(std::move(part));
      }
      if (!members.empty())
        all.push_back(std::move(one));
    }
    return [this, all = std::move(all), &table](std::size_t combination) {
      std::vector<std::uint32_t> digits(table.states.size());
      for (std::size_t k = digits.size(); k-- > 0; combination /= table.states[k])
        digits[k] = static_cast<std::uint32_t>(combination % table.states[k]);
      return std::ranges::all_of(all, [&](coupled const& one) {
        std::vector<std::uint32_t> part;
        bool exists = true;
        for (auto const at : one.at) {
          part.push_back(digits[at]);
          exists = exists && digits[at] < context_[table.reads[at].decision].options.size();
        }
        return !exists || one.values.contains(part);
      });
    };
  }

  // As a table of cases: each value once. Those that are none, or that a constraint excludes, have no case.
  template <class T, class IsValue>
  by_decisions<T> listed(decided_value<T> const& v, IsValue is_value) const {
    by_decisions<T> made{{v.reads, {}, {}}, {}};
    for (auto const& read : v.reads)
      made.states.push_back(states_of(space_, context_.derived, read));
    auto const is_allowed = allowed(made);
    for (std::size_t n = 0; n < v.values.size(); ++n) {
      bool const has_case = is_value(v.values[n]) && is_allowed(n);
      auto const found = std::ranges::find(made.values, v.values[n]);
      made.cases.push_back(has_case ? static_cast<int>(found - made.values.begin()) : -1);
      if (has_case && found == made.values.end())
        made.values.push_back(v.values[n]);
    }
    return made;
  }

  decided_context context_;
  decision_space const& space_;
  relaxation_plan plan_;
};

} // namespace

relaxation_plan plan_relaxation(graph const& expanded, decision_space const& space) {
  auto const in = whole(expanded.input());
  planning plan{space};
  std::string refusal;
  try {
    plan.visit(expanded.body, "", {decided_algebra::constant(in)}, {decided_algebra::constant(in.type), in.type});
  } catch (refused const& r) {
    refusal = fmt::format("{}: {} {}; search the space by sampling", expanded.name, r.path, r.why);
  } catch (too_many_combinations const&) {
    refusal =
        fmt::format("{}: numbers depend on too many decisions at once; search the space by sampling", expanded.name);
  }
  auto made = std::move(plan).take();
  made.refusal = std::move(refusal);
  return made;
}

} // namespace espalier::compiler
