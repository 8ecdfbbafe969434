#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/latency.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/operation_shapes.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <spaces/all.hpp>

#include "catch.hpp"

#include <functional>

using namespace espalier::compiler;

namespace {

// Every operation takes a time of its own.
latency_table made_up(graph const& expanded) {
  latency_table table{"cpu", 1, {}};
  for (auto const& shape : operation_shapes(expanded)) {
    auto const ms = 1e-3 * static_cast<double>(std::hash<std::string>{}(shape.key()) % 1000);
    table.entries.emplace(shape.key(), timing{ms, ms, ms, 1});
  }
  return table;
}

} // namespace

TEST_CASE("the latency of an architecture is the sum of its operations', in every shipped space") {
  for (auto const& [space, what] : spaces::all()) {
    auto const declared = lower(space);
    CAPTURE(declared.name);
    auto const expanded = expand(declared);
    decision_space const decisions{expanded};
    auto const table = made_up(expanded);
    auto const sum = sum_of_latencies(expanded, decisions, table);
    random_generator random{17};
    for (int n = 0; n < 3; ++n) {
      auto const a = sample(decisions, random);
      auto const alone = latency_of(specialize(expanded, decisions, a), table);
      CHECK(alone > 0);
      CHECK(sum.of(a) == Approx(alone).epsilon(1e-9));
    }
  }
}

TEST_CASE("a latency table comes back from its JSON, and lacks nothing silently") {
  auto const expanded = expand(lower(spaces::all().front().space));
  decision_space const decisions{expanded};
  auto table = made_up(expanded);
  auto const read = latency_table_from(nlohmann::json::parse(to_json(table).dump()), "table.json");
  CHECK(read.entries == table.entries);
  CHECK(read.device == "cpu");
  std::erase_if(table.entries, [](auto const& entry) { return entry.first.starts_with("linear"); });
  CHECK_THROWS_WITH(sum_of_latencies(expanded, decisions, table),
                    Catch::Matchers::ContainsSubstring("has no entry for linear"));
  CHECK_THROWS_WITH(latency_table_from(nlohmann::json::parse(R"({"device": "cpu", "threads": "1"})"), "t.json"),
                    Catch::Matchers::ContainsSubstring(R"(t.json: "threads" is missing or of another type)"));
}
