#include "cost_term.hpp"

#include "../strategy/derive.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

namespace {

using compiler::decision;

// The probability of each option of a decision; `none` of a cell's edge is no option and costs nothing.
at::Tensor option_probabilities(compiler::decision_space const& space, std::size_t i, at::Tensor const& weights) {
  auto const& d = space[i];
  auto const count = static_cast<std::int64_t>(d.options.size());
  if (d.type == decision::kind::subset) {
    auto const keeps = static_cast<double>(std::min<std::int64_t>(d.most, count));
    if (!weights.defined())
      return torch::full({count}, keeps / static_cast<double>(count), torch::kFloat64);
    bool const are_shares = is_weighed_by_choices(space, d); // of the edges kept; otherwise gates
    return (are_shares ? weights * keeps : weights).clamp_max(1).to(torch::kFloat64);
  }
  if (d.candidates.empty())
    return weights.to(torch::kFloat64);
  auto const candidates = torch::tensor(std::vector<std::int64_t>(d.candidates.begin(), d.candidates.end()));
  return weights.index_select(0, candidates).to(torch::kFloat64);
}

std::vector<double> values_of(at::Tensor const& t) {
  auto const flat = t.detach().contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

} // namespace

cost_term::cost_term(search_context const& context, search_cost const& asked, cost_form form, double weight)
    : space_(context.space), what_(asked.what), form_(form), weight_(asked.weight > 0 ? asked.weight : weight),
      target_(asked.target) {
  if (form == cost_form::linear && !(target_ > 0))
    throw user_error("an expected cost is weighed against a target: give --cost-target");
  if (form == cost_form::power && target_ > 0)
    throw user_error("this strategy's cost term is a power of the cost, without a target: leave --cost-target out, "
                     "and set its share with --cost-weight");
  if (what_ == search_cost::quantity::latency)
    latencies_ = std::make_unique<compiler::cost_sum<double> const>(
        compiler::sum_of_latencies(space_.expanded, space_.decisions, asked.latencies.value()));
  if (latencies_ ? !latencies_->is_sum() : !space_.costs.is_sum())
    throw user_error(fmt::format("'{}' has costs that are no sum over decisions, so that they have no expectation to "
                                 "lower; search it with a limit (--max-macs, --max-params) and a sampling strategy",
                                 space_.structured.name));
}

at::Tensor cost_term::expected(relaxation const& probabilities) const {
  std::vector<at::Tensor> weights;
  std::vector<std::vector<double>> numbers;
  for (std::size_t i = 0; i < space_.decisions.size(); ++i) {
    weights.push_back(option_probabilities(space_.decisions, i, probabilities.weights[i]));
    numbers.push_back(values_of(weights.back()));
  }
  auto const which =
      what_ == search_cost::quantity::macs ? &compiler::operation_cost::macs : &compiler::operation_cost::params;
  auto const cost = latencies_ ? latencies_->expected(numbers, {}) : space_.costs.expected(numbers, which);
  auto result = torch::tensor(cost.value, torch::kFloat64);
  for (std::size_t i = 0; i < weights.size(); ++i)
    result = result + ((weights[i] - weights[i].detach()) * torch::tensor(cost.gradient[i], torch::kFloat64)).sum();
  return result;
}

at::Tensor cost_term::added_to(at::Tensor const& loss, relaxation const& probabilities) const {
  auto const cost = expected(probabilities);
  if (form_ == cost_form::linear)
    return loss + weight_ * (cost / target_ - 1).to(loss.scalar_type());
  auto const units = latencies_ ? cost * 1000 : cost;
  return loss * (weight_ * units.clamp_min(1).log().pow(0.6)).to(loss.scalar_type());
}

} // namespace espalier::runtime
