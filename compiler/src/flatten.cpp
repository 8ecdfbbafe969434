#include "flatten.hpp"

#include <espalier/dsl/operations/structure.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using dsl::declaration_of;

// Operations that hold what they hold one after another; others hold parts side by side, a region each.
bool holds_in_line(structure form) {
  return form == structure::block || form == structure::stem;
}

class flattening {
public:
  explicit flattening(flat_space& into) : into_(into) {}

  void sequence(std::vector<operation> const& operations, std::string const& place) {
    auto const at = open({&declaration_of<dsl::operations::sequence>}, place);
    in_line(operations, place);
    close(at);
  }

private:
  void in_line(std::vector<operation> const& operations, std::string const& place) {
    for (auto const& op : operations)
      visit(op, place);
  }

  void visit(operation const& op, std::string const& outer) {
    auto const own = op.results.empty() ? std::string{op.declaration->name} : "%" + op.name();
    auto const place = outer.empty() ? own : outer + "/" + own;
    bool const is_sequence = op.form() == structure::block && op.label.empty(); // blocks of the language have names
    dsl::node head{is_sequence ? &declaration_of<dsl::operations::sequence> : op.declaration, 1, 0, op.attributes,
                   label_of(op.label)};
    for (auto const& number : op.decided)
      head.decided |= 1U << number.attribute;
    auto const at = open(head, place);
    for (auto const& number : op.decided)
      visit(number.value, place);
    for (auto const& held : op.regions)
      if (holds_in_line(op.form()))
        in_line(held.operations, place);
      else
        part(held, place);
    close(at);
  }

  // One operation, behind the statements of its region; else a sequence.
  void part(region const& held, std::string const& place) {
    auto const is_said = [](operation const& op) { return op.form() == structure::reference; };
    auto const count =
        held.operations.size() - static_cast<std::size_t>(std::ranges::count_if(held.operations, is_said));
    if (count == 1)
      return in_line(held.operations, place);
    std::vector<operation> rest;
    for (auto const& op : held.operations)
      if (is_said(op))
        visit(op, place);
      else
        rest.push_back(op);
    sequence(rest, place);
  }

  void visit(decided_number const& n, std::string const& place) {
    auto const at = open({n.declaration, 1, 0, n.attributes, label_of(n.label)}, place);
    for (auto const& operand : n.operands)
      visit(operand, place);
    close(at);
  }

  dsl::label label_of(std::string const& name) {
    return name.empty() ? dsl::label{} : dsl::label{std::string_view{into_.names.emplace_back(name)}};
  }

  std::size_t open(dsl::node const& head, std::string const& place) {
    into_.nodes.push_back(head);
    into_.places.push_back(place);
    return into_.nodes.size() - 1;
  }
  void close(std::size_t at) { into_.nodes[at].size = static_cast<std::uint32_t>(into_.nodes.size() - at); }

  flat_space& into_;
};

// The first operation that does not read the one before it (a cell: also the cell before that), or whose type is known.
operation const* out_of_line(region const& r) {
  auto before = r.arguments.empty() ? std::string{} : r.arguments.front().name;
  auto now = r.arguments.empty() ? std::string{} : r.arguments.back().name;
  for (auto const& op : r.operations) {
    auto const form = op.form();
    if (is_statement(form))
      continue;
    bool const reads_two =
        form == structure::cell || form == structure::bridge || (form == structure::repeat && op.operands.size() == 2);
    bool const is_beside = form == structure::stem && op.attribute("beside") == 1;
    auto const wanted = reads_two ? std::vector{before, now} : std::vector{is_beside ? before : now};
    if (is_join(form) || op.operands != wanted || op.results.empty() || op.type().channels > 0)
      return &op;
    for (auto const& held : op.regions)
      if (auto const* found = out_of_line(held))
        return found;
    if (form == structure::repeat)
      before = op.results.front().name;
    else
      before = form == structure::cell || form == structure::stem ? now : op.name();
    now = op.results.back().name;
  }
  bool const yields_last = r.yields == std::vector{now} || r.yields == std::vector{before, now};
  return yields_last || r.operations.empty() ? nullptr : &r.operations.back();
}

} // namespace

operation const* out_of_line(graph const& g) {
  return out_of_line(g.body);
}

bool is_declaration(graph const& g) {
  return out_of_line(g) == nullptr;
}

flat_space flatten(graph const& declaration) {
  flat_space flat;
  flat.input = declaration.input();
  flat.name = dsl::label{std::string_view{flat.names.emplace_back(declaration.name)}};
  flattening{flat}.sequence(declaration.body.operations, "");
  return flat;
}

} // namespace espalier::compiler
