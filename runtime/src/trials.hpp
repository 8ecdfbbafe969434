#pragma once

#include "search_context.hpp"
#include "strategy/strategy.hpp"

#include <functional>

namespace espalier::runtime {

/// Lets a strategy propose and an evaluator score `count` architectures. Each result is written to `trials.json` at
/// once; what an earlier run left there is replayed: the strategy proposes it again and is told the recorded score.
search_result run_trials(search_context const& context, strategy& proposer,
                         std::function<double(compiler::architecture const&)> const& evaluate, std::int64_t count);

} // namespace espalier::runtime
