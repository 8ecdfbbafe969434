#include "trials.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/runtime/atomic_file.hpp>

#include <chrono>

#include <fmt/format.h>

namespace espalier::runtime {

nlohmann::json recorded_trials(std::filesystem::path const& file) {
  if (!std::filesystem::exists(file))
    return nlohmann::json::array();
  return compiler::parse_json(read_file(file), file.string());
}

nlohmann::json trial_of(compiler::compiled_space const& space, compiler::architecture const& a, double score,
                        double seconds) {
  auto const cost = space.costs.of(a);
  return {{"fingerprint", compiler::fingerprint(space.decisions, a)},
          {"architecture", compiler::to_json(space.decisions, space.structured.name, a).at("decisions")},
          {"score", score},
          {"macs", cost.macs},
          {"params", cost.params},
          {"seconds", seconds}};
}

search_result run_trials(search_context const& context, strategy& proposer,
                         std::function<double(compiler::architecture const&)> const& evaluate, std::int64_t count) {
  auto const& space = context.space.decisions;
  auto const file = context.folder.file("trials.json");
  auto trials = recorded_trials(file);
  search_result result{.best = {}, .score = -1};
  context.report.begin("architectures", count, static_cast<std::int64_t>(trials.size()));
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    auto const a = proposer.propose();
    bool const is_recorded = i < trials.size();
    if (is_recorded && compiler::fingerprint(space, a) != trials[i].at("fingerprint").get<std::string>())
      throw user_error(fmt::format("{}: trial {} is not what this run would propose; remove the folder to start over",
                                   file.string(), i));
    auto const start = std::chrono::steady_clock::now();
    double const score = is_recorded ? trials[i].at("score").get<double>() : evaluate(a);
    if (!is_recorded) {
      std::chrono::duration<double> const taken = std::chrono::steady_clock::now() - start;
      trials.push_back(trial_of(context.space, a, score, taken.count()));
      write_atomically(file, trials.dump(1));
    }
    proposer.observe(a, score);
    result.seconds += trials[i].at("seconds").get<double>();
    if (score > result.score) {
      result.score = score;
      result.best = a;
    }
    if (!is_recorded)
      context.report.step(fmt::format("accuracy {:.3f}  best {:.3f}", score, result.score));
  }
  context.report.end(fmt::format("best validation accuracy {:.4f}, {:.1f} s", result.score, result.seconds));
  return result;
}

} // namespace espalier::runtime
