#pragma once

#include <espalier/compiler/graph.hpp>

namespace espalier::compiler {

/// The network as it is written down. Gone are identities, zeros in sums, values that nothing reads, and arguments that
/// a block does not use; a block of one operation without weights is that operation.
graph simplify(graph const& network, bool (*has_weights)(operation const&, region const& in));

} // namespace espalier::compiler
