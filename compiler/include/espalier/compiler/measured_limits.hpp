#pragma once

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/latency.hpp>
#include <espalier/compiler/sample.hpp>

namespace espalier::compiler {

/// At most so many bytes of `inference_memory`. The space must outlive it.
measured_limit memory_limit(compiled_space const& space, long long bytes);

/// At most so many milliseconds of `sum_of_latencies`. The space must outlive it. An operation of the space that the
/// table lacks is a `user_error`.
measured_limit latency_limit(compiled_space const& space, latency_table const& table, double milliseconds);

} // namespace espalier::compiler
