#include "case_weights.hpp"

#include <espalier/compiler/error.hpp>

#include <torch/torch.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::runtime {

at::TensorOptions options_of(relaxation const& r) {
  for (auto const& w : r.weights)
    if (w.defined())
      return w.options().requires_grad(false);
  return torch::kFloat32;
}

case_weights::case_weights(compiler::decided_cases const& cases, std::size_t count,
                           compiler::decision_space const& space,
                           std::vector<compiler::derived_variable> const& derived)
    : count_(static_cast<std::int64_t>(count)) {
  for (auto const& variable : cases.reads) {
    auto const i = static_cast<std::size_t>(variable.decision);
    read made;
    if (i >= space.size()) {
      if (derived[i - space.size()].is_class())
        throw internal_error("the class of a value has no weight");
      for (auto const& option : derived[i - space.size()].any_of)
        made.any_of.emplace_back(option.decision, weight_of_option(space[static_cast<std::size_t>(option.decision)],
                                                                   static_cast<std::size_t>(option.option)));
    } else if (variable.option >= 0) {
      made.any_of.emplace_back(variable.decision,
                               weight_of_option(space[i], static_cast<std::size_t>(variable.option)));
    } else {
      made.decision = variable.decision;
      made.options = static_cast<std::int64_t>(space[i].options.size());
      made.may_be_absent = space[i].parent >= 0;
      if (!space[i].candidates.empty()) {
        std::vector<std::int64_t> const candidates(space[i].candidates.begin(), space[i].candidates.end());
        made.candidates = torch::tensor(candidates);
      }
    }
    key_ += fmt::format("{}:{} ", variable.decision, variable.option);
    reads_.push_back(std::move(made));
  }
  std::vector<std::int64_t> allowed;
  std::vector<std::int64_t> of_allowed;
  for (std::size_t n = 0; n < cases.cases.size(); ++n)
    if (cases.cases[n] >= 0)
      allowed.push_back(static_cast<std::int64_t>(n)), of_allowed.push_back(cases.cases[n]);
  excludes_ = allowed.size() < cases.cases.size();
  combinations_ = torch::tensor(allowed);
  cases_ = torch::tensor(of_allowed);
  key_ += fmt::format("{}", fmt::join(cases.cases, " "));
}

at::Tensor case_weights::states(read const& what, relaxation const& r) {
  if (what.decision < 0) {
    auto absent = torch::ones({1}, options_of(r));
    for (auto const& [decision, weight] : what.any_of)
      if (auto const& w = r.weights[static_cast<std::size_t>(decision)]; w.defined())
        absent = absent * (1 - w.narrow(0, weight, 1));
      else
        absent = torch::zeros_like(absent);
    return torch::cat({absent, 1 - absent});
  }
  auto w = r.weights[static_cast<std::size_t>(what.decision)];
  if (!w.defined())
    w = torch::ones({what.options}, options_of(r));
  else if (what.candidates.defined())
    w = w.index_select(0, what.candidates.to(w.device()));
  return what.may_be_absent ? torch::cat({w, w.new_zeros({1})}) : w;
}

at::Tensor case_weights::of(relaxation const& r) const {
  auto product = torch::ones({1}, options_of(r));
  for (auto const& what : reads_)
    product = (product.unsqueeze(1) * states(what, r).unsqueeze(0)).flatten();
  if (excludes_) {
    product = product.index_select(0, combinations_.to(product.device()));
    product = product / product.sum();
  }
  return product.new_zeros({count_}).index_add(0, cases_.to(product.device()), product);
}

} // namespace espalier::runtime
