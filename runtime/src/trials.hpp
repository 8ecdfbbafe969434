#pragma once

#include "search_context.hpp"
#include "strategy/strategy.hpp"

#include <cstdint>
#include <functional>

namespace espalier::runtime {

/// Lets a strategy propose and an evaluator score `count` architectures, or as many as there are, in the study of the
/// context's folder, and goes on with what it finds there (`run_study`). Where every trial failed, a `user_error`.
search_result run_trials(search_context const& context, strategy& proposer,
                         std::function<double(compiler::architecture const&)> const& evaluate, std::int64_t count);

} // namespace espalier::runtime
