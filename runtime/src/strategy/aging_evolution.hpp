#pragma once

#include "strategy.hpp"

#include <espalier/compiler/sample.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace espalier::runtime {

/// Aging evolution (Real et al., AAAI 2019, algorithm 1): the best of a random tournament, drawn with replacement as in
/// the released notebook, has a child by one mutation; the oldest of the population dies. Until the population is full,
/// proposals are random.
class aging_evolution final : public strategy {
public:
  /// Defaults of the paper.
  struct parameters {
    std::size_t population = 100;
    std::size_t tournament = 25;
    double identity = 0.05; ///< Probability of a child like its parent, where there are inputs to decide.
  };

  /// `inputs` says of each decision whether it is about what is read. Where some are and others are not, as in cells,
  /// the paper's mutations are drawn: identity, and as likely as each other a hidden state or an operation. Elsewhere
  /// every decision is as likely to change, and the child always differs.
  aging_evolution(compiler::decision_space const& space, compiler::constraint limit, std::uint64_t seed,
                  parameters numbers, std::vector<bool> inputs = {});

  compiler::architecture propose() override;
  void observe(compiler::architecture const& a, double score) override;
  /// No: repeats would make a population of copies of its best, which has hardly any new children.
  [[nodiscard]] bool counts_repeats() const override { return false; }
  [[nodiscard]] compiler::architecture const* parent() const override { return parent_; }

private:
  [[nodiscard]] compiler::architecture const& winner();
  [[nodiscard]] compiler::architecture child_of(compiler::architecture const& parent);

  compiler::decision_space const& space_;
  compiler::constraint limit_;
  compiler::random_generator random_;
  parameters numbers_;
  std::vector<bool> inputs_; // empty where every decision is as likely to change
  std::vector<compiler::architecture> population_;
  std::vector<double> scores_;
  std::size_t oldest_ = 0;                         // in a full population
  compiler::architecture const* parent_ = nullptr; // of the last proposal
};

} // namespace espalier::runtime
