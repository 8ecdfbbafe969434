#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/declared_facts.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/names.hpp>
#include <espalier/compiler/operation_shapes.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/compiler/verify.hpp>
#include <espalier/dsl/count.hpp>
#include <spaces/all.hpp>

#include "catch.hpp"

#include <set>

using namespace espalier::compiler;
namespace dsl = espalier::dsl;

namespace {

void check_sound(graph const& g) {
  for (auto const& fault : verify(g))
    FAIL_CHECK(fault.where << ": " << fault.message);
  auto const text = print(g);
  CHECK(parse(text, g.name) == g);
}

void check_listed(region const& in, std::set<std::string> const& keys) {
  for (auto const& op : in.operations) {
    if (op.form() == structure::leaf)
      if (auto const key = operation_key(op, in.type_of(op.operands.front())); !keys.contains(key))
        FAIL_CHECK("not listed: " << key);
    for (auto const& held : op.regions)
      check_listed(held, keys);
  }
}

} // namespace

TEST_CASE("every shipped space expands into a supernet whose decisions are those that it declares") {
  for (auto const& [space, what] : spaces::all()) {
    auto const declared = lower(space);
    CAPTURE(declared.name);
    auto const expanded = expand(declared);
    check_sound(expanded);
    decision_space const decisions{expanded};
    CHECK(static_cast<long long>(decisions.size()) == dsl::count_decisions(space));
    CHECK(decisions.count() == dsl::count_architectures(space));
  }
}

TEST_CASE("an architecture of every shipped space is a sound network within the declared costs") {
  for (auto const& [space, what] : spaces::all()) {
    auto const declared = lower(space);
    CAPTURE(declared.name);
    auto const facts = facts_of(declared);
    auto const expanded = expand(declared);
    decision_space const decisions{expanded};
    random_generator random{7};
    for (int n = 0; n < 5; ++n) {
      auto const a = sample(decisions, random);
      CAPTURE(summary(decisions, a));
      auto const network = specialize(expanded, decisions, a);
      check_sound(network);
      auto const cost = cost_of(network);
      CAPTURE(cost.params, cost.macs);
      CHECK(cost.params >= facts.params.least.value_or(0));
      CHECK(cost.params <= facts.params.greatest.value_or(cost.params));
      CHECK(cost.macs >= facts.macs.least.value_or(0));
      CHECK(cost.macs <= facts.macs.greatest.value_or(cost.macs));
    }
  }
}

TEST_CASE("the operations of every architecture are among those that its space can contain") {
  for (auto const& [space, what] : spaces::all()) {
    auto const declared = lower(space);
    CAPTURE(declared.name);
    auto const expanded = expand(declared);
    std::set<std::string> keys;
    for (auto const& shape : operation_shapes(expanded))
      CHECK(keys.insert(shape.key()).second);
    decision_space const decisions{expanded};
    random_generator random{11};
    for (int n = 0; n < 5; ++n)
      check_listed(specialize(expanded, decisions, sample(decisions, random)).body, keys);
  }
}
