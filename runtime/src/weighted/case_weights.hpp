#pragma once

#include <espalier/compiler/decisions.hpp>
#include <espalier/compiler/relaxation_plan.hpp>
#include <espalier/runtime/network.hpp>

#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace espalier::runtime {

/// The options of the tensors of a relaxation.
at::TensorOptions options_of(relaxation const& r);

/// The weights of cases that decisions distinguish: of a case the sum over its combinations of options, of a
/// combination the product. Where constraints exclude some, the others' divided by their sum.
class case_weights {
public:
  case_weights() = default;
  case_weights(compiler::decided_cases const& cases, std::size_t count, compiler::decision_space const& space,
               std::vector<compiler::derived_variable> const& derived);

  /// [cases]
  [[nodiscard]] at::Tensor of(relaxation const& r) const;
  /// The same cases have the same key.
  [[nodiscard]] std::string const& key() const { return key_; }

private:
  // What is read of a relaxation: the weights of a decision's states, or of an option's absence and presence.
  struct read {
    std::vector<std::pair<int, std::int64_t>> any_of; // decisions and weights, of which one is enough
    int decision = -1;
    at::Tensor candidates;
    std::int64_t options = 0;
    bool may_be_absent = false;
  };
  [[nodiscard]] static at::Tensor states(read const& what, relaxation const& r);

  std::vector<read> reads_;
  at::Tensor combinations_; // those that are allowed
  at::Tensor cases_;        // of each of them
  std::int64_t count_ = 1;
  bool excludes_ = false;
  std::string key_;
};

} // namespace espalier::runtime
