#include "verify_faults.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <set>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

constexpr double max_operations = 1e6;

struct attribute_range {
  std::string_view attribute;
  int lowest;
  int highest;
};

// Where a rule of the language says what is least.
constexpr int ruled = std::numeric_limits<int>::min();

constexpr std::array attribute_ranges{
    attribute_range{"kernel", ruled, 255},       attribute_range{"channels", ruled, max_size},
    attribute_range{"stride", ruled, 255},       attribute_range{"groups", ruled, max_size},
    attribute_range{"dilation", ruled, 255},     attribute_range{"search_only", 0, 1},
    attribute_range{"count", ruled, max_rounds},
};

// How many operations a region becomes when repeats are unrolled and cells expanded.
double expanded_size(region const& r) {
  double size = 0;
  for (auto const& op : r.operations) {
    double held = 0;
    for (auto const& inner : op.regions)
      held += expanded_size(inner);
    if (op.form() == structure::repeat)
      held *= std::max(1, op.attribute("count"));
    if (op.form() == structure::cell) {
      double const nodes = std::max(1, op.attribute("nodes"));
      held = nodes * (nodes + 3) / 2 * held + nodes;
    }
    size += 1 + held;
  }
  return size;
}

// Unrolled, a repeat is several operations.
bool is_one_operation(region const& r) {
  if (r.operations.size() != 1 || r.operations.front().results.size() != 1)
    return false;
  auto const& only = r.operations.front();
  return only.form() != structure::repeat && r.yields == std::vector{only.name()};
}

// Behind statements one operation; what ends a chain may be none.
bool is_layer(region const& r, bool is_end) {
  region rest{r.arguments, {}, r.yields};
  for (auto const& op : r.operations)
    if (!is_statement(op.form()))
      rest.operations.push_back(op);
  if (rest.operations.empty())
    return is_end && r.arguments.size() == 1 && r.yields == std::vector{r.arguments.front().name};
  return is_one_operation(rest);
}

class structure_check {
public:
  explicit structure_check(fault_list& faults) : faults_(faults) {}

  void visit(region const& r, std::size_t arguments, std::size_t yields) {
    check_count("argument", r.arguments.size(), arguments, arguments);
    std::set<std::string_view> defined;
    for (auto const& argument : r.arguments)
      define(argument, defined);
    for (auto const& op : r.operations) {
      {
        inside const here{faults_, op};
        check_uses(r, op.operands, defined);
        check_counts(op);
        check_attributes(op);
      }
      for (auto const& result : op.results)
        define(result, defined);
    }
    inside const here{faults_, "yield"};
    check_uses(r, r.yields, defined);
    if (r.yields.empty())
      faults_.report("missing-yield", "a region yields nothing", "end it with 'yield %value'");
    else
      check_count("yield", r.yields.size(), yields, yields);
  }

private:
  void define(value const& v, std::set<std::string_view>& defined) {
    inside const here{faults_, v};
    if (!defined.insert(v.name).second)
      faults_.report("duplicate-value-name", fmt::format("two values of one region are called %{}", v.name),
                     "rename one of them");
    auto const is_letter = [](unsigned char c) { return c < 0x80 && (std::isalnum(c) != 0 || c == '_'); };
    if (v.name.empty() || !std::ranges::all_of(v.name, is_letter))
      faults_.report("malformed-name", fmt::format("a value is called '%{}'", v.name), "use letters, digits and '_'");
  }

  void check_uses(region const& r, std::vector<std::string> const& names, std::set<std::string_view> const& defined) {
    for (auto const& name : names) {
      if (defined.contains(name))
        continue;
      if (r.definition_of(name) != nullptr)
        faults_.report("use-before-definition", fmt::format("%{} is read before it is defined", name),
                       "move its definition up, or read an earlier value");
      else
        faults_.report("unknown-value", fmt::format("there is no %{} in this region", name),
                       "read an argument of the region or the result of an operation in it");
    }
  }

  // How many operands, regions and results an operation of this form has, and what its regions take and give.
  void check_counts(operation const& op) {
    auto const form = op.form();
    bool const is_said = is_statement(form);
    bool const is_open = is_join(form) || form == structure::block || form == structure::choice;
    std::size_t const least = is_said                                                ? 0
                              : form == structure::cell || form == structure::bridge ? 2
                              : form == structure::highway                           ? 3
                                                                                     : 1;
    std::size_t const most = form == structure::highway  ? 3
                             : form == structure::select ? max_nodes + 1
                             : is_open                   ? op.operands.size()
                             : form == structure::repeat ? 2
                                                         : least;
    check_count("operand", op.operands.size(), least, most);
    std::size_t const results = is_said ? 0 : form == structure::repeat ? op.operands.size() : 1;
    check_count("result", op.results.size(), results, results);
    auto const [fewest, greatest] = regions_of(form);
    check_count("region", op.regions.size(), fewest, greatest);
    for (auto const& held : op.regions) {
      visit(held,
            form == structure::cell         ? 1
            : form == structure::recurrence ? 2
                                            : op.operands.size(),
            std::max<std::size_t>(results, 1));
      check_statements(form, held);
      if (holds_candidates(form) && !is_one_operation(held))
        faults_.report("not-one-operation",
                       fmt::format("a {} is one leaf, block or (on an edge) choice, and yields it",
                                   form == structure::cell ? "cell's edge" : "candidate"),
                       "put what it holds into a block");
      if (form == structure::chain && !is_layer(held, &held == &op.regions.front()))
        faults_.report("not-one-operation", "a region of a chain is one operation, and yields it",
                       "put what it holds into a block");
    }
  }

  void check_statements(structure form, region const& held) {
    for (auto const& op : held.operations)
      if ((op.is("transition") || op.is("layer_position")) && form != structure::chain)
        faults_.report("not-declared", fmt::format("a {} stands outside of an expanded chain", op.declaration->name),
                       "remove it");
  }

  static std::pair<std::size_t, std::size_t> regions_of(structure form) {
    constexpr std::size_t any = 1'000'000;
    switch (form) {
    case structure::leaf:
    case structure::select:
    case structure::pick:
    case structure::add:
    case structure::concat:
    case structure::average:
    case structure::weighted_sum:
    case structure::highway:
    case structure::constraint:
    case structure::budget:
    case structure::reference:
      return {0, 0};
    case structure::choice:
    case structure::any_of:
    case structure::branches:
    case structure::layer_chain:
      return {0, any};
    case structure::chain: // its end and its layers
      return {1, any};
    case structure::graph_cell: // expanded, one for each vertex
      return {1, max_nodes};
    case structure::cell:
      return {1, 3};
    case structure::recurrent_cell:
    case structure::bridge:
      return {2, 2};
    default:
      return {1, 1};
    }
  }

  static bool holds_candidates(structure form) {
    return form == structure::choice || form == structure::cell || form == structure::any_of ||
           form == structure::branches || form == structure::graph_cell || form == structure::recurrent_cell ||
           form == structure::layer_chain;
  }

  void check_count(std::string_view what, std::size_t got, std::size_t least, std::size_t most) {
    if (got >= least && got <= most)
      return;
    auto const wanted = got < least ? least : most;
    faults_.report(
        fmt::format("wrong-{}-count", what),
        fmt::format("{} {}{} where {} {} needed", got, what, got == 1 ? "" : "s", wanted, wanted == 1 ? "is" : "are"),
        fmt::format("{} {}s", got < least ? "add" : "remove", what));
  }

  void check_attributes(operation const& op) {
    for (auto const& range : attribute_ranges) {
      auto const i = op.declaration->index_of(range.attribute);
      if (i == dsl::max_attributes || (op.attributes[i] >= range.lowest && op.attributes[i] <= range.highest))
        continue;
      bool const is_low = op.attributes[i] < range.lowest;
      faults_.report("attribute-out-of-range",
                     fmt::format("{} is {}, {} {} is possible", range.attribute, op.attributes[i],
                                 is_low ? "at least" : "at most", is_low ? range.lowest : range.highest),
                     "choose a number in between");
    }
    // A subset of a node's predecessors is a bit set of 32; other DAGs have the language's own limit.
    if (op.form() == structure::cell && op.attribute("nodes") > max_nodes)
      faults_.report("attribute-out-of-range",
                     fmt::format("nodes is {}, at most {} is possible", op.attribute("nodes"), max_nodes),
                     "use fewer nodes");
  }

  fault_list& faults_;
};

void check_input(value const& input, fault_list& faults) {
  inside const here{faults, input};
  auto const [smallest, largest] = std::minmax({input.type.channels, input.type.height, input.type.width});
  if (smallest < 1)
    faults.report({dsl::rule::size_not_positive, smallest, 1});
  if (largest > max_size)
    faults.report("attribute-out-of-range", fmt::format("a size is {}, at most {} is possible", largest, max_size),
                  "use a smaller input");
}

} // namespace

void check_structure(graph const& g, fault_list& faults) {
  structure_check{faults}.visit(g.body, 1, 1);
  if (!g.body.arguments.empty())
    check_input(g.body.arguments.front(), faults);
  if (auto const size = expanded_size(g.body); size > max_operations)
    faults.report(
        "too-many-operations",
        fmt::format("unrolled, the space has {:.0f} operations, at most {:.0f} are possible", size, max_operations),
        "repeat less or use fewer nodes");
}

} // namespace espalier::compiler
