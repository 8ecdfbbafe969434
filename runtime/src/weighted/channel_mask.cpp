#include "channel_mask.hpp"

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

bool are_same(shared_mask const& a, shared_mask const& b) {
  return a == b || (a && b && !a->key.empty() && a->key == b->key);
}

namespace {

std::int64_t channel_dimension(at::Tensor const& x) {
  return x.dim() == 4 ? 1 : x.dim() - 1;
}

} // namespace

at::Tensor masked(at::Tensor const& x, at::Tensor const& mask) {
  return x * (x.dim() == 4 ? mask.view({-1, 1, 1}) : mask);
}

channel_part::channel_part(compiler::index_ranges const& ranges, int channels)
    : channels_(channels), is_whole_(ranges == compiler::index_ranges{{0, channels}}) {
  if (ranges.size() == 1) {
    only_ = ranges.front();
    return;
  }
  std::vector<std::int64_t> all;
  for (auto const& range : ranges)
    for (int i = 0; i < range.count; ++i)
      all.push_back(range.first + i);
  index_ = torch::tensor(all, torch::kInt64);
}

at::Tensor channel_part::of(at::Tensor const& x) const {
  if (is_whole_)
    return x;
  auto const dimension = channel_dimension(x);
  return index_.defined() ? x.index_select(dimension, index_.to(x.device()))
                          : x.narrow(dimension, only_.first, only_.count);
}

at::Tensor channel_part::placed(at::Tensor const& part) const {
  if (is_whole_)
    return part;
  auto const dimension = channel_dimension(part);
  if (!index_.defined()) {
    std::vector<std::int64_t> around(static_cast<std::size_t>(2 * (part.dim() - dimension)));
    around[around.size() - 2] = only_.first;
    around.back() = channels_ - only_.first - only_.count;
    return torch::constant_pad_nd(part, around);
  }
  auto sizes = part.sizes().vec();
  sizes[static_cast<std::size_t>(dimension)] = channels_;
  return part.new_zeros(sizes).index_copy(dimension, index_.to(part.device()), part);
}

at::Tensor channel_part::indicator() const {
  auto made = torch::zeros({channels_});
  if (index_.defined())
    return made.index_fill_(0, index_, 1);
  made.narrow(0, only_.first, only_.count).fill_(1);
  return made;
}

shared_mask mask_of(compiler::by_decisions<compiler::index_ranges> const& made, int channels, case_weights weights) {
  std::vector<at::Tensor> rows;
  std::string key;
  bool is_whole = true;
  for (auto const& ranges : made.values) {
    channel_part const part{ranges, channels};
    is_whole = is_whole && part.is_whole();
    rows.push_back(part.indicator());
    for (auto const& range : ranges)
      key += fmt::format("{}+{} ", range.first, range.count);
    key += "| ";
  }
  if (is_whole)
    return nullptr;
  key += weights.key();
  auto of = [weights = std::move(weights), table = torch::stack(rows)](relaxation const& r) {
    auto const each = weights.of(r);
    return torch::matmul(each, table.to(each.options().requires_grad(false)));
  };
  return std::make_shared<channel_mask>(channel_mask{std::move(of), std::move(key)});
}

} // namespace espalier::runtime
