#pragma once

#include <espalier/dsl/cardinality.hpp>
#include <espalier/dsl/space_view.hpp>

#include <vector>

namespace espalier::compiler {

/// What two cells may differ in and still count as one.
enum class simplification {
  skips,          ///< A skip connection is the node it leaves.
  skips_and_zeros ///< Besides, what only zeros reach is a zero.
};

/// How many different networks a space of one cell holds in which every edge stays and the last node is read: each node
/// is the sorted text of its terms (`to_unique_str` of NAS-Bench-201; Dong & Yang 2020). Of that space 12,751, and
/// 6,466 with zeros. Throws `user_error` for other spaces, and beyond ten million cells.
dsl::cardinality count_unique_cells(dsl::space_view space, simplification simplified);

/// How many different graphs a space of one cell of labelled vertices holds, by the number of vertices on a way from
/// input to output, these two counted: the first number is of none (NAS-Bench-101; Ying et al. 2019, section 2.2).
/// Graphs that a permutation of vertices makes equal are one. Throws `user_error` for other spaces, and beyond eight
/// vertices.
std::vector<dsl::cardinality> count_unique_graphs(dsl::space_view space);

} // namespace espalier::compiler
