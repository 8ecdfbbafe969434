#include <espalier/compiler/error.hpp>
#include <espalier/compiler/isomorphism.hpp>

#include <spaces/darts.hpp>
#include <spaces/nas_bench_101.hpp>
#include <spaces/nas_bench_201.hpp>

#include "catch.hpp"

using namespace espalier::dsl;
using Catch::Matchers::ContainsSubstring;
using espalier::user_error;
using espalier::compiler::count_unique_cells;
using espalier::compiler::count_unique_graphs;
using espalier::compiler::simplification;

TEST_CASE("NAS-Bench-201 has 12,751 different cells, and 6,466 when zeros vanish") {
  auto const space = spaces::nas_bench_201::cifar10.view();
  CHECK(count_architectures(space) == cardinality{15'625});
  CHECK(count_unique_cells(space, simplification::skips) == cardinality{12'751});
  CHECK(count_unique_cells(space, simplification::skips_and_zeros) == cardinality{6'466});
}

TEST_CASE("NAS-Bench-101 has 423,624 different graphs") {
  auto const counts = count_unique_graphs(spaces::nas_bench_101::cifar10.view());
  CHECK(counts == std::vector<cardinality>{0, 0, 1, 6, 84, 2'441, 62'010, 359'082});
  cardinality sum;
  for (auto const& n : counts)
    sum += n;
  CHECK(sum == cardinality{423'624});
}

TEST_CASE("small cells are told apart by hand") {
  static constexpr auto two_of_two =
      cell("cell", nodes(1), keep_all, inputs(1), last_node, choice(skip_connect(), conv(3)));
  static constexpr auto one = search_space("one", image(4, 8, 8), two_of_two());
  CHECK(count_unique_cells(one.view(), simplification::skips) == cardinality{2});

  // With x the input and f(x) its convolution: x + x, x + f(x), f(x) + f(x), x + f(f(x)), f(x) + f(f(x)).
  static constexpr auto two_nodes =
      cell("cell", nodes(2), keep_all, inputs(1), last_node, choice(skip_connect(), conv(3)));
  static constexpr auto two = search_space("two", image(4, 8, 8), two_nodes());
  CHECK(count_architectures(two.view()) == cardinality{8});
  CHECK(count_unique_cells(two.view(), simplification::skips) == cardinality{5});

  // One inner vertex: its operation, and whether an edge passes it. Two: side by side, three pairs of operations, or in
  // a row, four and two more edges; in either case with or without an edge past both.
  static constexpr auto pair = graph_cell("cell", nodes(2), max_edges(6), choice(conv(1), conv(3)));
  static constexpr auto graphs = search_space("graphs", image(4, 8, 8), pair(4));
  CHECK(count_unique_graphs(graphs.view()) == std::vector<cardinality>{0, 0, 1, 4, 2 * 3 + 2 * 4 * 4});
}

TEST_CASE("spaces of another kind are refused") {
  CHECK_THROWS_AS(count_unique_cells(spaces::darts::cifar10.view(), simplification::skips), user_error);
  CHECK_THROWS_WITH(count_unique_cells(spaces::darts::cifar10.view(), simplification::skips),
                    ContainsSubstring("'reduction'"));
  CHECK_THROWS_WITH(count_unique_cells(spaces::nas_bench_101::cifar10.view(), simplification::skips),
                    ContainsSubstring("besides one cell"));
  CHECK_THROWS_WITH(count_unique_graphs(spaces::nas_bench_201::cifar10.view()),
                    ContainsSubstring("besides one graph_cell"));

  static constexpr auto concatenated = cell("cell", nodes(2), keep_all, inputs(1), choice(skip_connect(), conv(3)));
  static constexpr auto space = search_space("concatenated", image(4, 8, 8), concatenated());
  CHECK_THROWS_WITH(count_unique_cells(space.view(), simplification::skips), ContainsSubstring("last_node"));
}
