#include <espalier/compiler/lower.hpp>
#include <espalier/dsl/operations/structure.hpp>

#include <espalier/compiler/names.hpp>

namespace espalier::compiler {

namespace {

using dsl::declaration_of;
using dsl::space_view;

// The two values that flow through a sequence: a cell reads the outputs of the two cells before it; behind any other
// operation both are that operation's output.
struct flow {
  std::string before;
  std::string now;
};

class lowering {
public:
  explicit lowering(space_view space) : space_(space) {}

  region region_of(std::size_t i, std::string const& argument) {
    return region_with({argument}, [&](auto& r, auto& names, auto& values) { append(i, r, names, values); });
  }

private:
  // A region with one argument, or with the two that a cell reads.
  template <class Append>
  region region_with(std::vector<std::string> const& arguments, Append append_all) {
    region r;
    for (auto const& argument : arguments)
      r.arguments.push_back({argument, {}});
    name_source names;
    flow values{arguments.front(), arguments.back()};
    append_all(r, names, values);
    r.yields = {values.now};
    return r;
  }

  void append(std::size_t i, region& into, name_source& names, flow& values) {
    auto const& node = space_[i];
    auto const form = space_.form(i);
    if (form == structure::sequence) {
      space_.for_each_child(i, [&](std::size_t child) { append(child, into, names, values); });
      return;
    }
    operation op{node.declaration, spelled(node.name), {values.now}, node.attributes, {}, {}, numbers_of(i)};
    if (is_statement(form)) {
      op.operands.clear();
      into.operations.push_back(std::move(op));
      return;
    }
    if (form == structure::repeat)
      return append_repeat(i, std::move(op), into, names, values);
    if (form == structure::cell || form == structure::bridge)
      op.operands = {values.before, values.now};
    if (form == structure::stem && op.attribute("beside") == 1)
      op.operands = {values.before}; // what the stem before it reads
    op.regions = regions_of(i);
    auto const name = names.fresh(op);
    op.results = {{name, {}}};
    values.before = form == structure::cell || form == structure::stem ? values.now : name;
    values.now = name;
    into.operations.push_back(std::move(op));
  }

  // What an operation other than a repeat holds, a region for each part.
  std::vector<region> regions_of(std::size_t i) {
    std::vector<region> regions;
    switch (space_.form(i)) {
    case structure::leaf:
      break;
    case structure::block:
    case structure::stem:
    case structure::layer:
    case structure::wiring:
    case structure::skip_chain:
      regions.push_back(region_with({"x"}, [&](auto& r, auto& names, auto& values) {
        space_.for_each_child(i, [&](std::size_t child) { append(child, r, names, values); });
      }));
      break;
    case structure::bridge:
      for (std::size_t part = space_.first_child(i); part < space_.end(i); part = space_.next(part))
        regions.push_back(region_with({"before", "now"},
                                      [&](auto& r, auto& names, auto& values) { append(part, r, names, values); }));
      break;
    default:
      space_.for_each_child(i, [&](std::size_t child) { regions.push_back(candidate_region(child)); });
    }
    return regions;
  }

  void append_repeat(std::size_t i, operation op, region& into, name_source& names, flow& values) {
    auto const name = names.fresh(op);
    std::size_t const body = space_.first_child(i);
    bool const carries_two = holds_cell(body);
    std::vector<std::string> const arguments =
        carries_two ? std::vector<std::string>{"before", "now"} : std::vector<std::string>{"x"};
    region inner;
    for (auto const& argument : arguments)
      inner.arguments.push_back({argument, {}});
    name_source inner_names;
    flow carried{arguments.front(), arguments.back()};
    append(body, inner, inner_names, carried);
    if (carries_two) {
      op.operands = {values.before, values.now};
      inner.yields = {carried.before, carried.now};
      op.results = {{name + "_before", {}}, {name, {}}};
      values.before = name + "_before", values.now = name;
    } else {
      inner.yields = {carried.now};
      op.results = {{name, {}}};
      values.before = values.now = name;
    }
    op.regions.push_back(std::move(inner));
    into.operations.push_back(std::move(op));
  }

  // A candidate is one operation with one result, no repeat: anything else becomes a block.
  region candidate_region(std::size_t i) {
    auto r = region_of(i, "x");
    bool const is_one = r.operations.size() == 1 && r.operations.front().form() != structure::repeat &&
                        r.operations.front().form() != structure::cell;
    if (is_one)
      return r;
    operation whole{&declaration_of<dsl::operations::block>, "", {"x"}, {}, {std::move(r)}, {{"block0", {}}}, {}};
    region wrapped;
    wrapped.arguments = {{"x", {}}};
    wrapped.operations.push_back(std::move(whole));
    wrapped.yields = {"block0"};
    return wrapped;
  }

  std::vector<decided_attribute> numbers_of(std::size_t i) {
    std::vector<decided_attribute> numbers;
    space_.for_each_number(i, [&](std::size_t attribute, std::size_t at) {
      numbers.push_back({attribute, number_of(at)});
    });
    return numbers;
  }
  decided_number number_of(std::size_t i) {
    auto const& node = space_[i];
    decided_number made{node.declaration, spelled(node.name), node.attributes, {}};
    space_.for_each_child(i, [&](std::size_t child) { made.operands.push_back(number_of(child)); });
    return made;
  }

  [[nodiscard]] bool holds_cell(std::size_t i) const {
    auto const form = space_.form(i);
    if (form == structure::cell || form == structure::stem || form == structure::bridge)
      return true;
    bool found = false;
    if (form == structure::sequence || form == structure::repeat)
      space_.for_each_child(i, [&](std::size_t child) { found = found || holds_cell(child); });
    return found;
  }

  space_view space_;
};

} // namespace

graph lower(dsl::space_view space) {
  graph g{spelled(space.name), lowering{space}.region_of(0, "input")};
  g.body.arguments.front().type = space.input;
  return g;
}

} // namespace espalier::compiler
