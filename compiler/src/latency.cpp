#include <espalier/compiler/latency.hpp>

#include "cost_terms.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/operation_shapes.hpp>
#include <espalier/compiler/specialize.hpp>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using nlohmann::json;

[[noreturn]] void refuse(std::string const& origin, std::string const& what) {
  throw user_error(fmt::format("{}: {}; measure the table with `espalier latency SPACE -o {}`", origin, what, origin));
}

timing timing_from(json const& entry, std::string const& key, std::string const& origin) {
  timing t;
  auto const number = [&](char const* name) {
    auto const found = entry.is_object() ? entry.find(name) : entry.end();
    if (!entry.is_object() || found == entry.end() || !found->is_number())
      refuse(origin, fmt::format("\"{}\" has no number \"{}\"", key, name));
    return found->get<double>();
  };
  t = {number("ms"), number("least"), number("greatest"), static_cast<int>(number("runs"))};
  if (!(t.least >= 0 && t.least <= t.median && t.median <= t.greatest))
    refuse(origin, fmt::format("\"{}\" has the least {}, the median {} and the greatest {} ms, which is no order", key,
                               t.least, t.median, t.greatest));
  return t;
}

} // namespace

double latency_table::median_of(operation const& leaf, tensor_type const& input) const {
  auto const key = operation_key(leaf, input);
  auto const found = entries.find(key);
  if (found == entries.end())
    throw user_error(
        fmt::format("the latency table of {} has no entry for {}; measure it for this space", device, key));
  return found->second.median;
}

latency_table latency_table_from(json const& document, std::string const& origin) {
  latency_table table;
  auto const member = [&](char const* name, auto is) -> json const& {
    auto const found = document.is_object() ? document.find(name) : document.end();
    if (!document.is_object() || found == document.end() || !((*found).*is)())
      refuse(origin, fmt::format("\"{}\" is missing or of another type", name));
    return *found;
  };
  table.device = member("device", &json::is_string).get<std::string>();
  table.threads = member("threads", &json::is_number_integer).get<int>();
  for (auto const& [key, entry] : member("operations", &json::is_object).items())
    table.entries.emplace(key, timing_from(entry, key, origin));
  return table;
}

nlohmann::ordered_json to_json(latency_table const& table) {
  auto operations = nlohmann::ordered_json::object();
  for (auto const& [key, t] : table.entries)
    operations[key] = {{"ms", t.median}, {"least", t.least}, {"greatest", t.greatest}, {"runs", t.runs}};
  return {{"device", table.device}, {"threads", table.threads}, {"operations", std::move(operations)}};
}

double latency_of(graph const& network, latency_table const& table) {
  return measured<double>(network.body, [&](operation const& op, tensor_type const& in) {
    return op.form() == structure::leaf ? table.median_of(op, in) : 0;
  });
}

cost_sum<double> sum_of_latencies(graph const& expanded, decision_space const& space, latency_table const& table) {
  try {
    auto made = measured_terms<double>(
        expanded, space, [&](operation const& leaf, tensor_type const& in) { return table.median_of(leaf, in); });
    return {space, std::move(made.terms), std::move(made.derived)};
  } catch (not_additive const&) {
    return {space, [expanded, &space, table](architecture const& a) {
              return latency_of(specialize(expanded, space, a), table);
            }};
  }
}

} // namespace espalier::compiler
