#pragma once

#include "search_context.hpp"
#include "strategy/strategy.hpp"

#include <filesystem>
#include <functional>

#include <nlohmann/json.hpp>

namespace espalier::runtime {

/// What an earlier run left in a file of trials; none where there is no file.
nlohmann::json recorded_trials(std::filesystem::path const& file);

/// What such a file holds of one architecture.
nlohmann::json trial_of(compiler::compiled_space const& space, compiler::architecture const& a, double score,
                        double seconds);

/// Lets a strategy propose and an evaluator score `count` architectures. Each result is written to `trials.json` at
/// once; what an earlier run left there is replayed: the strategy proposes it again and is told the recorded score.
search_result run_trials(search_context const& context, strategy& proposer,
                         std::function<double(compiler::architecture const&)> const& evaluate, std::int64_t count);

} // namespace espalier::runtime
