#include <espalier/compiler/isomorphism.hpp>

#include <espalier/compiler/error.hpp>
#include <espalier/dsl/operations/cells.hpp>
#include <espalier/dsl/operations/edges.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <numeric>
#include <string>
#include <unordered_set>

namespace espalier::compiler {
namespace {

using dsl::cardinality;
using dsl::space_view;
using dsl::structure;

constexpr long long most_cells = 10'000'000;
constexpr int most_inner_vertices = 6;

[[noreturn]] void refuse(space_view space, std::string const& why) {
  throw user_error(fmt::format("{}: isomorphic architectures cannot be counted: {}", space.name.stem(), why));
}

bool decides(space_view space, std::size_t i) {
  switch (space.form(i)) {
  case structure::choice:
  case structure::any_of:
  case structure::cell:
  case structure::graph_cell:
  case structure::recurrent_cell:
  case structure::skip_chain:
  case structure::layer_chain:
    return true;
  default:
    return space.is_decided_number(i);
  }
}

/// Where the one cell stands that decides everything.
std::size_t only_cell(space_view space, structure form, std::string_view called) {
  std::size_t found = 0;
  for (std::size_t i = 1; i < space.nodes.size(); ++i) {
    if (!decides(space, i))
      continue;
    bool const is_it = space.form(i) == form && (found == 0 || space[found].name == space[i].name);
    if (!is_it)
      refuse(space, fmt::format("besides one {} it has the decision '{}'; declare a space whose only decisions are the "
                                "cell's",
                                called, space[i].name.empty() ? space[i].declaration->name : space[i].name.stem()));
    found = found == 0 ? i : found;
    i = space.end(i) - 1;
  }
  if (found == 0)
    refuse(space, fmt::format("it has no {}", called));
  return found;
}

enum class role : std::uint8_t { operation, zero, skip };

/// A candidate that is nothing but `none()` or `skip_connect()` simplifies.
role role_of(space_view space, std::size_t i) {
  bool const wraps = space.form(i) == structure::block || space.form(i) == structure::sequence;
  if (wraps && space.children(i) == 1)
    return role_of(space, space.first_child(i));
  if (space.is(i, dsl::declaration_of<dsl::operations::none>))
    return role::zero;
  return space.is(i, dsl::declaration_of<dsl::operations::skip_connect>) ? role::skip : role::operation;
}

/// The candidates of the choice that every edge, or every vertex, of a cell makes.
std::vector<role> candidates_of(space_view space, std::size_t cell) {
  std::size_t const edge = space.first_child(cell);
  if (space.children(cell) != 1 || space.form(edge) != structure::choice)
    refuse(space, fmt::format("the cell '{}' does not choose one operation everywhere; give it one choice(...)",
                              space[cell].name.stem()));
  for (std::size_t i = edge + 1; i < space.end(edge); ++i)
    if (decides(space, i))
      refuse(space, fmt::format("a candidate of the cell '{}' has decisions of its own", space[cell].name.stem()));
  std::vector<role> roles;
  space.for_each_child(edge, [&](std::size_t candidate) { roles.push_back(role_of(space, candidate)); });
  return roles;
}

/// What node `n` reads along an edge: `source` is the text of the node the edge leaves.
std::string term_of(std::string const& source, std::size_t candidate, role of, simplification simplified) {
  if (simplified == simplification::skips_and_zeros && (of == role::zero || source == "#"))
    return "#";
  if (of == role::skip)
    return source;
  return '(' + source + ")@" + static_cast<char>('A' + candidate);
}

/// The text of the last node.
std::string text_of(std::vector<std::size_t> const& chosen, std::vector<role> const& roles, int nodes,
                    simplification simplified) {
  std::vector<std::string> texts{"0"};
  auto edge = chosen.begin();
  for (int n = 1; n <= nodes; ++n) {
    std::vector<std::string> terms;
    for (auto const& source : texts) {
      terms.push_back(term_of(source, *edge, roles[*edge], simplified));
      ++edge;
    }
    std::sort(terms.begin(), terms.end());
    texts.push_back(fmt::format("{}", fmt::join(terms, "+")));
  }
  return texts.back();
}

/// The DAGs of so many vertices between input and output, in which every vertex lies on a way from input to output; a
/// number has a bit for each edge a -> b with a < b.
class labelled_dags {
public:
  labelled_dags(int inner, int max_edges, int labels)
      : inner_(inner), vertices_(inner + 2), max_edges_(max_edges), labels_(labels) {
    std::vector<int> order(static_cast<std::size_t>(inner));
    std::iota(order.begin(), order.end(), 1);
    do
      permutations_.push_back(permutation_from(order));
    while (std::next_permutation(order.begin(), order.end()));
  }

  /// How many there are up to permutations: of each DAG the smallest number among its permutations stands for all,
  /// and its labellings are counted by the permutations that keep it (Burnside's lemma).
  [[nodiscard]] cardinality count() const {
    cardinality sum;
    for (std::uint32_t edges = 0; edges < 1U << (edge(0, vertices_)); ++edges)
      if (std::popcount(edges) <= max_edges_ && is_full(edges))
        sum += labellings(edges);
    return sum;
  }

private:
  static constexpr std::uint32_t backwards = 0;

  struct permutation {
    std::vector<std::uint32_t> image; // the bit of each edge's image; `backwards` where a > b
    unsigned long long fixed = 1;     // how many labellings it keeps
  };

  // Predecessors of b in front of those of b + 1.
  static int edge(int a, int b) { return b * (b - 1) / 2 + a; }

  [[nodiscard]] permutation permutation_from(std::vector<int> const& order) const {
    std::vector<int> to{0};
    to.insert(to.end(), order.begin(), order.end());
    to.push_back(vertices_ - 1);
    permutation made;
    for (int b = 1; b < vertices_; ++b)
      for (int a = 0; a < b; ++a) {
        int const from = to[static_cast<std::size_t>(a)];
        int const into = to[static_cast<std::size_t>(b)];
        made.image.push_back(from < into ? 1U << edge(from, into) : backwards);
      }
    std::vector<bool> seen(to.size());
    for (int v = 1; v <= inner_; ++v) {
      made.fixed *= seen[static_cast<std::size_t>(v)] ? 1U : static_cast<unsigned>(labels_);
      for (int w = v; !seen[static_cast<std::size_t>(w)]; w = to[static_cast<std::size_t>(w)])
        seen[static_cast<std::size_t>(w)] = true;
    }
    return made;
  }

  [[nodiscard]] std::uint32_t into(std::uint32_t edges, int b) const { return edges >> edge(0, b) & ((1U << b) - 1); }
  [[nodiscard]] bool is_full(std::uint32_t edges) const {
    std::uint32_t read = 1U << (vertices_ - 1);
    for (int b = vertices_ - 1; b > 0; --b) {
      if (into(edges, b) == 0 || (read >> b & 1U) == 0)
        return false;
      read |= into(edges, b);
    }
    return true; // going back from a vertex ends at the input: every other one has a predecessor
  }

  [[nodiscard]] cardinality labellings(std::uint32_t edges) const {
    unsigned long long fixed = 0;
    unsigned kept_by = 0;
    for (auto const& p : permutations_) {
      auto const image = image_of(edges, p);
      if (image == backwards)
        continue;
      if (image < edges)
        return 0;
      if (image == edges)
        fixed += p.fixed, ++kept_by;
    }
    return fixed / kept_by;
  }
  static std::uint32_t image_of(std::uint32_t edges, permutation const& p) {
    std::uint32_t image = 0;
    for (; edges != 0; edges &= edges - 1) {
      auto const bit = p.image[static_cast<std::size_t>(std::countr_zero(edges))];
      if (bit == backwards)
        return backwards;
      image |= bit;
    }
    return image;
  }

  int inner_;
  int vertices_;
  int max_edges_;
  int labels_;
  std::vector<permutation> permutations_;
};

} // namespace

cardinality count_unique_cells(space_view space, simplification simplified) {
  std::size_t const cell = only_cell(space, structure::cell, "cell");
  auto const& numbers = space[cell].attributes;
  auto const& names = *space[cell].declaration;
  auto const number = [&](std::string_view name) { return numbers[names.index_of(name)]; };
  if (number("keep") != 0 || number("picks") != 0 || number("inputs") != 1 || number("output") != 2)
    refuse(space, fmt::format("the cell '{}' must have inputs(1), keep_all and last_node", space[cell].name.stem()));
  auto const roles = candidates_of(space, cell);
  int const nodes = number("nodes");
  std::size_t const edges = static_cast<std::size_t>(nodes) * static_cast<std::size_t>(nodes + 1) / 2;
  auto const all = dsl::power(roles.size(), static_cast<int>(edges));
  if (all > cardinality{most_cells})
    refuse(space, fmt::format("it has more than {} cells, too many to compare", most_cells));
  std::unordered_set<std::string> different;
  std::vector<std::size_t> chosen(edges);
  for (;;) {
    different.insert(text_of(chosen, roles, nodes, simplified));
    std::size_t e = 0;
    while (e < edges && ++chosen[e] == roles.size())
      chosen[e++] = 0;
    if (e == edges)
      return different.size();
  }
}

std::vector<cardinality> count_unique_graphs(space_view space) {
  std::size_t const cell = only_cell(space, structure::graph_cell, "graph_cell");
  int const labels = static_cast<int>(candidates_of(space, cell).size());
  auto const& numbers = space[cell].attributes;
  auto const& names = *space[cell].declaration;
  int const nodes = numbers[names.index_of("nodes")];
  if (nodes > most_inner_vertices)
    refuse(space, fmt::format("the cell '{}' has {} vertices besides input and output, at most {} are possible",
                              space[cell].name.stem(), nodes, most_inner_vertices));
  std::vector<cardinality> counts(2);
  for (int inner = 0; inner <= nodes; ++inner)
    counts.push_back(labelled_dags(inner, numbers[names.index_of("max_edges")], labels).count());
  return counts;
}

} // namespace espalier::compiler
