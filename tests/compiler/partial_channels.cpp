#include "catch.hpp"

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/passes/partial_channels.hpp>
#include <espalier/compiler/verify.hpp>
#include <espalier/compiler/weights.hpp>
#include <spaces/darts.hpp>
#include <spaces/fashion.hpp>
#include <spaces/nas_bench_201.hpp>

namespace {

using namespace espalier::compiler;

// Trainable numbers of every operation, those of normalizations aside.
long long weights_of(region const& in) {
  long long count = 0;
  for (auto const& op : in.operations) {
    for (auto const& held : op.regions)
      count += weights_of(held);
    if (op.form() != structure::leaf || op.is("batch_norm"))
      continue;
    for (auto const& tensor : held_tensors(op, {in.type_of(op.operands.front())}, tensor_holder::supernet)) {
      long long size = 1;
      for (auto const& dimension : tensor.dimensions)
        size *= dimension.size;
      count += tensor.is_statistic ? 0 : size;
    }
  }
  return count;
}

} // namespace

TEST_CASE("the supernet on a quarter of the channels has the published number of parameters") {
  compiled_space const space{lower(spaces::darts::search.view())};
  auto const partial = partial_channels(space.expanded, 4);
  CHECK(verify(partial).empty());
  // 299,578 in the released code, whose stem is the one normalization that learns scale and shift: 2 * 48 numbers more.
  CHECK(weights_of(partial.body) + 2 * 48 == 299'578);
  CHECK(weights_of(space.expanded.body) + 2 * 48 == 1'930'618);
}

TEST_CASE("a space on partial channels has the same decisions, and on one part it is the same") {
  for (auto declared :
       {spaces::darts::search.view(), spaces::fashion::cells.view(), spaces::nas_bench_201::cifar10.view()}) {
    compiled_space const space{lower(declared)};
    for (int const parts : {2, 4, 8}) {
      auto const partial = partial_channels(space.expanded, parts);
      CHECK(verify(partial).empty());
      CHECK(decision_space{partial}.fingerprint() == space.decisions.fingerprint());
    }
    CHECK(partial_channels(space.expanded, 1) == space.expanded);
  }
}
