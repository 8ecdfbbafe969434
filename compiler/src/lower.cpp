#include <espalier/compiler/lower.hpp>

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
    region r;
    r.arguments = {{argument, {}}};
    name_source names;
    flow values{argument, argument};
    append(i, r, names, values);
    r.yields = {values.now};
    return r;
  }

private:
  void append(std::size_t i, region& into, name_source& names, flow& values) {
    auto const& node = space_.nodes[i];
    if (node.declaration->form == structure::sequence) {
      space_.for_each_child(i, [&](std::size_t child) { append(child, into, names, values); });
      return;
    }
    operation op{node.declaration, std::string{node.name.view()}, {values.now}, node.attributes, {}, {}};
    switch (op.form()) {
    case structure::block:
      op.regions.push_back(sequence_region(i));
      break;
    case structure::choice:
      space_.for_each_child(i, [&](std::size_t child) { op.regions.push_back(candidate_region(child)); });
      break;
    case structure::cell:
      op.operands = {values.before, values.now};
      op.regions.push_back(is_choice(i + 1) ? region_of(i + 1, "x") : candidate_region(i + 1));
      break;
    case structure::repeat:
      return append_repeat(i, std::move(op), into, names, values);
    default:
      break;
    }
    auto const name = names.fresh(op);
    op.results = {{name, {}}};
    values.before = op.form() == structure::cell ? values.now : name;
    values.now = name;
    into.operations.push_back(std::move(op));
  }

  void append_repeat(std::size_t i, operation op, region& into, name_source& names, flow& values) {
    auto const name = names.fresh(op);
    region body;
    name_source inner_names;
    if (holds_cell(i + 1)) {
      op.operands = {values.before, values.now};
      body.arguments = {{"before", {}}, {"now", {}}};
      flow inner{"before", "now"};
      append(i + 1, body, inner_names, inner);
      body.yields = {inner.before, inner.now};
      op.results = {{name + "_before", {}}, {name, {}}};
      values = {name + "_before", name};
    } else {
      body.arguments = {{"x", {}}};
      flow inner{"x", "x"};
      append(i + 1, body, inner_names, inner);
      body.yields = {inner.now};
      op.results = {{name, {}}};
      values = {name, name};
    }
    op.regions.push_back(std::move(body));
    into.operations.push_back(std::move(op));
  }

  region sequence_region(std::size_t i) {
    region r;
    r.arguments = {{"x", {}}};
    name_source names;
    flow values{"x", "x"};
    space_.for_each_child(i, [&](std::size_t child) { append(child, r, names, values); });
    r.yields = {values.now};
    return r;
  }

  // A candidate is one leaf or block: anything else becomes a block.
  region candidate_region(std::size_t i) {
    auto r = region_of(i, "x");
    auto const form = r.operations.empty() ? structure::sequence : r.operations.front().form();
    if (r.operations.size() == 1 && (form == structure::leaf || form == structure::block))
      return r;
    operation whole{&declaration_of<dsl::operations::block>, "", {"x"}, {}, {std::move(r)}, {{"block0", {}}}};
    region wrapped;
    wrapped.arguments = {{"x", {}}};
    wrapped.operations.push_back(std::move(whole));
    wrapped.yields = {"block0"};
    return wrapped;
  }

  [[nodiscard]] bool is_choice(std::size_t i) const { return space_.nodes[i].declaration->form == structure::choice; }

  [[nodiscard]] bool holds_cell(std::size_t i) const {
    auto const form = space_.nodes[i].declaration->form;
    if (form == structure::cell)
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
  graph g{std::string{space.name}, lowering{space}.region_of(0, "input")};
  g.body.arguments.front().type = space.input;
  return g;
}

} // namespace espalier::compiler
