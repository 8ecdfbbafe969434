#include "cost_walk.hpp"

#include <espalier/dsl/analysis/cell_wirings.hpp>
#include <espalier/dsl/operations/convolution.hpp>

#include <array>
#include <bit>

namespace espalier::compiler {

using dsl::operation_cost;
using dsl::tensor_kind;
using dsl::tensor_type;

namespace {

int halved(int side, int by) {
  return (side + by - 1) / by;
}

using cell_numbers = dsl::detail::cell_shape;

cell_numbers cell_numbers_of(dsl::node const& cell) {
  return cell_numbers{dsl::quantities_of(cell.attributes)};
}

/// What the edges of a cell read at one place, from the first input, the second, and from nodes; what all give.
struct cell_shapes {
  std::array<tensor_type, 3> from;
  std::array<int, 3> stride{};
  tensor_type gives;
  std::array<operation_cost, 2> preprocessing; ///< Of each input, where it is read.

  cell_shapes(cell_numbers const& c, placement const& p) {
    tensor_type in = p.input.now;
    in.kind = tensor_kind::image;
    in.channels = p.channels;
    bool const enlarges = c.stride == -2;
    tensor_type skip = in; // the first input, where the cell enlarges
    if (enlarges)
      skip.height = p.input.before.height, skip.width = p.input.before.width;
    if (c.inputs == 2) {
      preprocessing[0] = preprocess(p.input.before.channels, skip);
      preprocessing[1] = preprocess(p.input.now.channels, in);
    }
    gives = skip;
    int const by = enlarges ? 1 : c.stride;
    gives.height = halved(gives.height, by);
    gives.width = halved(gives.width, by);
    from = {skip, in, gives};
    stride = {by, by, 1};
  }

  static operation_cost preprocess(int channels, tensor_type const& to) {
    long long const weights = 1LL * channels * to.channels;
    return {weights + 2LL * to.channels, weights * to.height * to.width};
  }
};

/// How many ways there are to wire a cell's nodes, by what the cost depends on: which inputs and which nodes are read,
/// and how many edges leave the first input, the second, and nodes. What the cell's output does not reach costs
/// nothing.
class wiring_kinds {
public:
  struct kind {
    std::uint64_t nodes_read = 0; ///< Only where it matters: a bit each, in the end how many.
    unsigned inputs_read = 0;     ///< A bit each.
    int dead_nodes = 0;
    std::array<int, 3> edges{};
    std::array<int, 3> dead_edges{};
    auto operator<=>(kind const&) const = default;
  };
  using counts = std::map<kind, dsl::cardinality>;

  /// `like` says for each source which of the three its edges cost the same as.
  wiring_kinds(cell_numbers const& c, std::array<std::size_t, 3> const& like) : c_(c), like_(like) {
    counts_[{{}, c.has_open_inputs() ? 0U : 3U}] = 1;
    for (int n = c.nodes - 1; n >= 0; --n)
      add_node(n);
    counts alike;
    for (auto const& [k, count] : counts_) {
      auto counted = k;
      counted.nodes_read = static_cast<std::uint64_t>(std::popcount(k.nodes_read));
      alike[counted] += count;
    }
    counts_ = std::move(alike);
  }
  [[nodiscard]] counts const& all() const { return counts_; }

private:
  [[nodiscard]] bool is_dead(kind const& k, int node) const {
    return c_.output == 2 && node + 1 < c_.nodes && (k.nodes_read >> static_cast<unsigned>(node) & 1U) == 0;
  }

  // Source 0 and, of two inputs, 1 are inputs; then come the nodes.
  [[nodiscard]] kind reading(kind k, int node, int source) const {
    bool const is_node = source >= c_.inputs;
    auto const like = like_[is_node ? 2 : static_cast<std::size_t>(source)];
    if (is_dead(k, node)) {
      ++k.dead_edges[like];
      return k;
    }
    ++k.edges[like];
    if (!is_node)
      k.inputs_read |= 1U << static_cast<unsigned>(source);
    else if (c_.output != 0)
      k.nodes_read |= 1ULL << static_cast<unsigned>(source - c_.inputs);
    return k;
  }

  // From the last node on: what reads a node is known before it.
  void add_node(int n) {
    int const sources = c_.inputs + n;
    counts made;
    if (c_.picks > 0) {
      made = counts_;
      for (int p = 0; p < c_.picks; ++p) {
        counts next;
        for (auto const& [k, count] : made)
          for (int s = 0; s < sources; ++s)
            next[reading(k, n, s)] += count;
        made = std::move(next);
      }
    } else {
      std::size_t const kept = static_cast<std::size_t>(c_.keeps_all() ? sources : c_.keep);
      std::vector<counts> taken(kept + 1); // by how many of the sources so far
      taken[0] = counts_;
      for (int s = 0; s < sources; ++s)
        for (std::size_t t = kept; t-- > 0;)
          for (auto const& [k, count] : taken[t])
            taken[t + 1][reading(k, n, s)] += count;
      made = std::move(taken[kept]);
    }
    counts_.clear();
    for (auto const& [k, count] : made) {
      auto with_node = k;
      with_node.dead_nodes += is_dead(k, n) ? 1 : 0;
      counts_[with_node] += count;
    }
  }

  cell_numbers c_;
  std::array<std::size_t, 3> like_;
  counts counts_;
};

std::array<std::size_t, 3> edges_of(dsl::space_view space, std::size_t cell) {
  std::vector<std::size_t> given;
  space.for_each_child(cell, [&](std::size_t edge) { given.push_back(edge); });
  if (given.size() == 1)
    return {given[0], given[0], given[0]};
  if (given.size() == 2)
    return {given[0], given[0], given[1]};
  return {given[0], given[1], given[2]};
}

} // namespace

cost_distribution cost_walk::edge_costs(std::size_t edge, std::vector<lane> const& from, shared_values const& decided,
                                        bool none_stays) {
  context in;
  in.is_edge = !none_stays;
  auto const table = walk(edge, {from, decided}, in);
  if (table.empty())
    refuse(edge, "has no option left");
  auto costs = table.rows().front().costs;
  for (std::size_t r = 1; r < table.rows().size(); ++r)
    costs.add(table.rows()[r].costs, limits_);
  return costs;
}

void cost_walk::survey_cell(placement const& here, situation& s) {
  auto const cell = id_of(space_[here.at].name);
  auto const counter = places_id(space_[here.at].name);
  auto const* const seen = find(s.decided, counter);
  auto const n = seen == nullptr ? 0 : static_cast<std::size_t>(seen->value);
  std::erase_if(s.decided, [&](shared_value const& v) { return v.id == counter; });
  insert(s.decided, {counter, static_cast<long long>(n) + 1, forever});
  auto& known = placements_.of[cell];
  if (n == known.size())
    known.push_back(here);
  else
    placements_.vary = placements_.vary || !(known[n] == here);
}

// Every place counts here, at the first one: the edges are the same everywhere, and so are the ways to wire them.
cost_table cost_walk::first_visit(std::size_t i, situation const& s, std::vector<placement> const& places) {
  auto const c = cell_numbers_of(space_[i]);
  auto const edges = edges_of(space_, i);
  std::array<std::vector<lane>, 3> from;
  cost_distribution combination;
  operation_cost projection;
  for (auto const& p : places) {
    cell_shapes const shapes{cell_numbers_of(space_[p.at]), p};
    for (std::size_t k = 0; k < 3; ++k)
      from[k].push_back({shapes.from[k], shapes.from[k], p.input.block_input, shapes.stride[k]});
    long long const weights = 1LL * c.picks * p.channels * p.channels;
    projection += {weights + 2LL * p.channels, weights * shapes.gives.height * shapes.gives.width};
  }
  if (c.combines)
    combination.add(costing(projection), limits_);
  std::array<std::size_t, 3> like{0, 1, 2};
  for (std::size_t k = 1; k < 3; ++k)
    for (std::size_t earlier = k; earlier-- > 0;)
      if (edges[k] == edges[earlier] && from[k] == from[earlier])
        like[k] = like[earlier];
  std::array<cost_distribution, 3> costs;
  for (std::size_t k = 0; k < 3; ++k)
    if (like[k] == k && !(k == 1 && c.inputs == 1))
      costs[k] = edge_costs(edges[k], from[k], s.decided, c.keep == 0 || c.picks > 0);
  cost_table table{limits_};
  auto const* const given = find(s.decided, loose_ends_id(space_[i].name));
  long long wiring = 0;
  auto const& name = space_[i].name;
  wiring_kinds const wirings{c, like};
  for (auto const& [kind, count] : wirings.all()) {
    auto after = s;
    auto const loose = c.nodes - static_cast<int>(kind.nodes_read);
    if (c.has_open_ends() && given == nullptr)
      insert(after.decided, {loose_ends_id(name), loose, end_of(space_, i)});
    else if (c.has_open_ends() && given->value != loose)
      continue;
    if (!is_survey_) {
      if (c.has_open_inputs())
        insert(after.decided, {inputs_read_id(name), kind.inputs_read,
                               names_.is_shared(name) ? names_.until(name) : end_of(space_, i)});
      // Kept apart, so that their costs need not be told together.
      insert(after.decided, {wiring_id(name), ++wiring, forever});
    }
    auto whole = combination.power(c.nodes - kind.dead_nodes);
    whole *= dsl::power(combination.total(), kind.dead_nodes);
    for (std::size_t k = 0; k < 3; ++k) {
      whole *= costs[k].power(kind.edges[k]);
      whole *= dsl::power(costs[k].total(), kind.dead_edges[k]);
    }
    table.add(after, whole *= count);
  }
  return table;
}

cost_table cost_walk::walk_cell(std::size_t i, situation const& s) {
  auto const c = cell_numbers_of(space_[i]);
  auto const& name = space_[i].name;
  bool const is_shared = names_.is_shared(name);
  auto decisions = decisions_of(i);
  for (auto const d : named_within(i))
    decisions.push_back(d);
  cost_table after{limits_};
  for (auto decided : decide(decisions, s, {})) {
    auto const& in = s.lanes.front();
    auto const numbers = numbers_of(i, decided, {}, in);
    placement const here{i, in, c.inputs == 1 ? in.now.channels : static_cast<int>(numbers[0].low)};
    if (is_shared && is_survey_) {
      survey_cell(here, decided);
      placements_.vary =
          placements_.vary || (c.has_open_ends() && find(decided.decided, loose_ends_id(name)) == nullptr);
    }
    cost_table table{limits_, decided};
    if (find(decided.decided, id_of(name)) == nullptr) {
      table = first_visit(i, decided, is_shared && !is_survey_ ? placements_.of[id_of(name)] : std::vector{here});
      for (auto& row : table.rows())
        insert(row.after.decided, {id_of(name), 1, is_shared ? names_.until(name) : 0});
    }
    cell_shapes const shapes{c, here};
    for (auto& row : table.rows()) {
      auto gives = shapes.gives;
      auto const* const loose = find(row.after.decided, loose_ends_id(name));
      int const parts = c.output == 0                       ? c.nodes
                        : c.output == 1 && loose != nullptr ? static_cast<int>(loose->value)
                                                            : 1;
      gives.channels *= parts;
      auto& l = row.after.lanes.front();
      l.before = l.now;
      l.now = gives;
      auto const* const read = find(row.after.decided, inputs_read_id(name));
      for (std::size_t n = 0; n < 2; ++n)
        if (read == nullptr || (read->value >> n & 1) != 0)
          row.costs *= costing(shapes.preprocessing[n]);
      after.add(row.after, row.costs);
    }
  }
  return after;
}

} // namespace espalier::compiler
