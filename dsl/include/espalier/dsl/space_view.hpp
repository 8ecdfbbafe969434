#pragma once

#include <espalier/dsl/numbers.hpp>

namespace espalier::dsl {

/// The operations of a space, which something else owns. A `std::span` that takes the compiler a tenth of the steps.
struct node_list {
  node const* first = nullptr;
  std::size_t count = 0;

  constexpr node_list() = default;
  template <std::size_t N>
  constexpr node_list(node const (&owned)[N]) : first(owned), count(N) {} // NOLINT(google-explicit-constructor)
  template <class Owner>
  requires requires(Owner const& o) { o.data() + o.size(); }
  constexpr node_list(Owner const& owner) // NOLINT(google-explicit-constructor)
      : first(owner.data()), count(owner.size()) {}

  [[nodiscard]] constexpr std::size_t size() const { return count; }
  [[nodiscard]] constexpr node const& operator[](std::size_t i) const { return first[i]; }
  [[nodiscard]] constexpr node const* begin() const { return first; }
  [[nodiscard]] constexpr node const* end() const { return first + count; }
};

/// A search space without its size in the type: what the checker, the counter and the compiler read.
struct space_view {
  label name;
  tensor_type input{};
  node_list nodes; ///< One sequence.

  [[nodiscard]] constexpr node const& operator[](std::size_t i) const { return nodes.first[i]; }
  [[nodiscard]] constexpr structure form(std::size_t i) const { return nodes.first[i].declaration->form; }
  [[nodiscard]] constexpr bool is(std::size_t i, operation_declaration const& d) const {
    return nodes.first[i].declaration == &d;
  }

  /// Calls `visit(attribute, index)` for each number that operation `parent` holds.
  template <class Visit>
  constexpr void for_each_number(std::size_t parent, Visit visit) const {
    std::size_t i = parent + 1;
    for (std::size_t a = 0; a < max_attributes; ++a)
      if ((nodes[parent].decided >> a & 1U) != 0) {
        visit(a, i);
        i += nodes[i].size;
      }
  }

  /// The first operation that `parent` holds, behind its numbers; `end(parent)` if there is none.
  [[nodiscard]] constexpr std::size_t first_child(std::size_t parent) const {
    std::size_t i = parent + 1;
    for (std::uint32_t bits = nodes.first[parent].decided; bits != 0; bits &= bits - 1)
      i += nodes.first[i].size;
    return i;
  }
  [[nodiscard]] constexpr std::size_t end(std::size_t parent) const { return parent + nodes.first[parent].size; }
  [[nodiscard]] constexpr std::size_t next(std::size_t child) const { return child + nodes.first[child].size; }

  /// Calls `visit(index)` for each operation that operation `parent` directly holds; for the parts of a formula too.
  template <class Visit>
  constexpr void for_each_child(std::size_t parent, Visit visit) const {
    std::size_t const last = end(parent);
    for (std::size_t i = first_child(parent); i < last; i += nodes.first[i].size)
      visit(i);
  }
  [[nodiscard]] constexpr int children(std::size_t parent) const {
    int count = 0;
    for_each_child(parent, [&](std::size_t) { ++count; });
    return count;
  }

  /// Whether a number is a decision itself: not a formula, a constant or the input's size.
  [[nodiscard]] constexpr bool is_decided_number(std::size_t i) const {
    return form(i) == structure::number && (nodes[i].declaration == &declaration_of<operations::one_of> ||
                                            nodes[i].declaration == &declaration_of<operations::range>);
  }
  /// Whether an operation or number is a decision that a name makes one wherever it stands.
  [[nodiscard]] constexpr bool is_named_decision(std::size_t i) const {
    if (nodes.first[i].name.length == 0)
      return false;
    switch (form(i)) {
    case structure::choice:
    case structure::cell:
    case structure::graph_cell:
    case structure::recurrent_cell:
    case structure::skip_chain:
      return true;
    default:
      return is_decided_number(i);
    }
  }

  /// Whether two operations are the same declaration: equal but for the channels and the stride of a cell.
  [[nodiscard]] constexpr bool same_declaration(std::size_t a, std::size_t b) const {
    if (nodes.first[a].declaration != nodes.first[b].declaration)
      return false;
    bool const are_cells = is_cell(form(a));
    std::size_t const first_a = are_cells ? first_child(a) : a;
    std::size_t const first_b = are_cells ? first_child(b) : b;
    if (end(a) - first_a != end(b) - first_b)
      return false;
    if (are_cells && !(nodes[a].name == nodes[b].name && same_numbers_but_those_of_the_place(a, b)))
      return false;
    for (std::size_t i = 0; i < end(a) - first_a; ++i)
      if (!(nodes.first[first_a + i] == nodes.first[first_b + i]))
        return false;
    return true;
  }

private:
  [[nodiscard]] static constexpr bool is_cell(structure form) {
    return form == structure::cell || form == structure::graph_cell || form == structure::recurrent_cell;
  }
  [[nodiscard]] constexpr bool same_numbers_but_those_of_the_place(std::size_t a, std::size_t b) const {
    for (std::size_t i = 1; i < max_attributes; ++i)
      if (i != nodes[a].declaration->stride && nodes[a].attributes[i] != nodes[b].attributes[i])
        return false;
    return true;
  }
};

} // namespace espalier::dsl
