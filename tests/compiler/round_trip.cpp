#include "random_graph.hpp"

#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/compiler/verify.hpp>
#include <espalier/dsl/operation_table.hpp>
#include <spaces/all.hpp>

#include "catch.hpp"

using namespace espalier::compiler;

namespace {

bool returns(graph const& g) {
  auto const text = print(g);
  auto const again = parse(text);
  return again == g && print(again) == text;
}

} // namespace

TEST_CASE("ten thousand random graphs come back from their text, and none stops the verifier") {
  random_graphs graphs{1};
  for (int i = 0; i < 10'000; ++i) {
    auto const g = graphs.next();
    if (!returns(g))
      FAIL_CHECK(print(g));
    verify(g);
  }
  for (auto const* declaration : espalier::dsl::operation_table)
    if (declaration->form != structure::sequence) {
      CAPTURE(declaration->name);
      CHECK(graphs.seen().contains(declaration->name));
    }
}

TEST_CASE("every shipped space comes back from its text, at every level that it has") {
  random_generator random{1};
  for (auto const& shipped : spaces::all()) {
    auto const structured = lower(shipped.space);
    CAPTURE(structured.name);
    CHECK(returns(structured));
    auto const expanded = expand(structured);
    CHECK(returns(expanded));
    decision_space const decisions{expanded};
    CHECK(returns(specialize(expanded, decisions, sample(decisions, random))));
  }
}
