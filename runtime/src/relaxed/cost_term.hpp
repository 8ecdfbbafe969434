#pragma once

#include "../search_context.hpp"

#include <espalier/runtime/network.hpp>

#include <memory>

namespace espalier::runtime {

/// How an expected cost E joins the loss of the architecture parameters.
enum class cost_form : std::uint8_t {
  linear, ///< loss + weight (E / target - 1) (ProxylessNAS, equation 8)
  power,  ///< loss * weight * log(E)^0.6 (FBNet, equation 2), a latency in microseconds
};

/// The expected cost of the architectures that architecture parameters mean, as a term of their loss.
class cost_term {
public:
  /// What the options ask for; without a target where one is needed, or where the space's cost is no sum of terms, a
  /// `user_error`. `weight` is the strategy's.
  cost_term(search_context const& context, search_cost const& asked, cost_form form, double weight);

  /// The expected cost, a scalar with its gradient by the probabilities. Edges that no parameter weighs are kept
  /// equally likely.
  [[nodiscard]] at::Tensor expected(relaxation const& probabilities) const;
  /// The loss with the term.
  [[nodiscard]] at::Tensor added_to(at::Tensor const& loss, relaxation const& probabilities) const;

private:
  compiler::compiled_space const& space_;
  search_cost::quantity what_;
  std::unique_ptr<compiler::cost_sum<double> const> latencies_;
  cost_form form_;
  double weight_;
  double target_;
};

} // namespace espalier::runtime
