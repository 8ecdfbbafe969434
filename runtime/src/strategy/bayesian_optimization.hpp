#pragma once

#include "generation.hpp"
#include "proposing.hpp"
#include "strategy.hpp"
#include "surrogate/acquisition.hpp"
#include "surrogate/encoding.hpp"
#include "surrogate/surrogate.hpp"

#include <espalier/compiler/sample.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace espalier::runtime {

/// Bayesian optimization: a surrogate learns the scores, and of many candidates those are proposed that the acquisition
/// values most. The first architectures are random. Whenever all proposals have been handed out, the surrogate learns
/// the scores that have come since. Candidates are mutations of the best architectures, as in BANANAS (White,
/// Neiswanger, Savani, AAAI 2021, section 4), and a random one where there is none. No architecture is proposed twice.
class bayesian_optimization final : public strategy {
public:
  /// Those of BANANAS: section 5, and the parents of its released code.
  struct parameters {
    std::size_t initial = 10;   ///< Scores before the surrogate is asked.
    std::size_t proposals = 10; ///< Of one fit.
    std::size_t candidates = 100;
    std::size_t parents = 5; ///< So many of the best architectures are mutated.
    acquisition rule = acquisition::expected_improvement;

    /// The population is what the surrogate begins with.
    static parameters of(proposer_setup const& setup, acquisition rule);
  };

  bayesian_optimization(proposer_setup const& setup, encoding encode, std::unique_ptr<surrogate> model,
                        parameters numbers)
      : space_(setup.space.decisions), limit_(setup.limit), random_(setup.seed), numbers_(numbers),
        encode_(std::move(encode)), model_(std::move(model)), best_(numbers.parents) {}

  compiler::architecture propose() override;
  void observe(compiler::architecture const& a, double score) override;
  [[nodiscard]] compiler::architecture const* parent() const override { return parent_ ? &*parent_ : nullptr; }

private:
  struct candidate {
    compiler::architecture a;
    std::optional<compiler::architecture> parent = {};
  };

  std::vector<candidate> mutations();
  candidate random_one();
  std::vector<candidate> most_valued(std::vector<candidate> found);

  compiler::decision_space const& space_;
  compiler::constraint limit_;
  compiler::random_generator random_;
  parameters numbers_;
  encoding encode_;
  std::unique_ptr<surrogate> model_;
  elite best_;
  std::vector<feature_set> known_; // of what was scored
  std::vector<double> scores_;
  std::set<compiler::architecture> proposed_;
  std::vector<candidate> next_; // the most valued last
  std::optional<compiler::architecture> parent_;
};

} // namespace espalier::runtime
