#include <espalier/compiler/measured_limits.hpp>

#include <espalier/compiler/activation_memory.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/operation_shapes.hpp>
#include <espalier/compiler/specialize.hpp>

#include <memory>

namespace espalier::compiler {

namespace {

std::optional<double> smallest(cost_sum<double> const& times) try {
  return times.is_sum() ? std::optional{times.of(times.smallest({}))} : std::nullopt;
} catch (user_error const&) { // it couples too many decisions
  return {};
}

} // namespace

measured_limit memory_limit(compiled_space const& space, long long bytes) {
  return {"memory", "bytes",
          [&space](architecture const& a) {
            return static_cast<double>(inference_memory(specialize(space.expanded, space.decisions, a)));
          },
          static_cast<double>(bytes)};
}

measured_limit latency_limit(compiled_space const& space, latency_table const& table, double milliseconds) {
  for (auto const& shape : operation_shapes(space.expanded)) // now, rather than when an architecture has it
    static_cast<void>(table.median_of(shape.leaf, shape.input));
  auto const times = std::make_shared<cost_sum<double> const>(sum_of_latencies(space.expanded, space.decisions, table));
  return {"latency", "ms", [times](architecture const& a) { return times->of(a); }, milliseconds, smallest(*times)};
}

} // namespace espalier::compiler
