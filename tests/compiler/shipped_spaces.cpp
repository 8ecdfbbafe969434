#include <espalier/compiler/declared_facts.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/names.hpp>
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

TEST_CASE("every shipped space is valid, and its text says the same") {
  std::set<std::string> names;
  for (auto const& [space, what] : spaces::all()) {
    auto const name = spelled(space.name);
    CAPTURE(name);
    CHECK(names.insert(name).second);
    CHECK_FALSE(what.empty());
    auto const declared = lower(space);
    for (auto const& fault : verify(declared))
      FAIL_CHECK(fault.where << ": " << fault.message);
    auto const text = print(declared);
    auto const read = parse(text, name);
    CHECK(read == declared);
    CHECK(print(read) == text);
    CHECK(verify(read).empty());
    auto const facts = facts_of(read);
    CHECK(facts.architectures == dsl::count_architectures(space));
    CHECK(facts.decisions == dsl::count_decisions(space));
    auto const expanded = expand(declared);
    decision_space const decisions{expanded};
    cost_model const costs{expanded, decisions};
    CHECK(decisions.count() == facts.architectures);
    CHECK(static_cast<long long>(decisions.size()) == facts.decisions);
    CHECK(costs.is_sum() == decisions.chains().empty());
    random_generator random{5};
    for (int n = 0; n < 5; ++n) {
      auto const a = sample(decisions, random);
      CHECK(costs.of(a) == cost_of(specialize(expanded, decisions, a)));
    }
    auto const check = [&](auto find, auto key, std::optional<long long> const& declared) {
      auto const found = costs.of((costs.*find)(key)).*key;
      CHECK(found == declared.value_or(found));
    };
    check(&cost_model::smallest, &operation_cost::params, facts.params.least);
    check(&cost_model::largest, &operation_cost::params, facts.params.greatest);
    check(&cost_model::smallest, &operation_cost::macs, facts.macs.least);
    check(&cost_model::largest, &operation_cost::macs, facts.macs.greatest);
  }
}

TEST_CASE("a space as text breaks the rules of one in C++, at the same place") {
  auto const of = [](std::string const& body) {
    auto const g = parse("espalier 1\nspace \"s\" (%input: image[8, 32, 32]) {\n" + body + "\n}\n");
    std::vector<std::string> faults;
    for (auto const& fault : verify(g))
      faults.push_back(fault.where + ": " + fault.rule);
    return faults;
  };
  using list = std::vector<std::string>;
  CHECK(of("%a = conv %input {kernel = one_of(3, 5), channels = range \"w\" (16, 64, 8)}\nyield %a") == list{});
  CHECK(of("%a = conv %input {kernel = one_of(3, 4)}\nyield %a") == list{"%a: even-kernel"});
  CHECK(of("%a = conv %input {channels = range(16, 63, 8)}\nyield %a") == list{"%a: range-misses-end"});
  CHECK(of("%a = conv %input {channels = one_of \"w\" (16, 24)}\nwhere {condition = equal(remainder(one_of \"w\" (16, "
           "24), "
           "5), 0)}\nyield %a") == list{"where: constraint-never-holds"});
  CHECK(
      of("%a = repeat %input {count = range(1, 3, 1)} (%x) {\n%b = max_pool %x {stride = 2}\nyield %b\n}\nyield %a") ==
      list{"%a/%b: depth-changes-size"});
  CHECK(
      of("%a = branches %input (%x) {\n%b = skip_connect %x\nyield %b\n} or (%x) {\n%c = conv %x {channels = 9}\nyield "
         "%c\n}\nyield %a") == list{"%a/%c: branches-disagree"});
  CHECK(of("%a = conv %input\nbudget {of = 1, millions = 0, rest = 5}\nyield %a") ==
        list{"budget: budget-below-minimum"});
}

TEST_CASE("a number that cannot be read is refused with line and column") {
  auto const message_of = [](std::string const& number) {
    try {
      parse("espalier 1\nspace \"s\" (%input: image[8, 32, 32]) {\n%a = conv %input {kernel = " + number +
                "}\nyield %a\n}\n",
            "a.ir");
    } catch (espalier::user_error const& error) {
      return std::string{error.what()};
    }
    return std::string{};
  };
  using Catch::Matchers::StartsWith;
  CHECK_THAT(message_of("one_off(3, 5)"),
             StartsWith("a.ir:3:28: there is no number 'one_off' (did you mean 'one_of'?)"));
  CHECK_THAT(message_of("sum(3)"), StartsWith("a.ir:3:33: sum has 2 operands, here are 1"));
  CHECK_THAT(message_of("one_of(3, sum(1, 2))"), StartsWith("a.ir:3:38: expected a number, found 'sum'"));
  CHECK_THAT(message_of("range(3, 5)"), StartsWith("a.ir:3:38: expected ','"));
  CHECK_THAT(message_of("range(3, 5, 1"), StartsWith("a.ir:3:41: expected ','"));
}
