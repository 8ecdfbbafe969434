#include "channel_order.hpp"

#include "../held_regions.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

#include <torch/torch.h>

namespace espalier::runtime {

using at::Tensor;
using compiler::operation;
using compiler::region;

namespace {

bool mixes_channels(operation const& op) {
  return op.is("conv") && op.attribute("groups") == 1;
}

// What computes each channel from the same channel, without weights.
bool is_plain(operation const& op) {
  static constexpr std::array<std::string_view, 9> names{"relu",    "relu6", "swish",    "hard_swish", "gelu",
                                                         "sigmoid", "tanh",  "max_pool", "avg_pool"};
  return std::ranges::find(names, op.declaration->name) != names.end();
}

// The operations between two convolutions over all channels, both included.
using channel_chain = std::vector<operation const*>;

std::optional<channel_chain> chain_from(operation const& conv, region const& in) {
  channel_chain chain{&conv};
  while (true) {
    auto const& value = chain.back()->name();
    std::vector<operation const*> readers;
    for (auto const& op : in.operations)
      if (std::ranges::find(op.operands, value) != op.operands.end())
        readers.push_back(&op);
    if (readers.size() != 1 || in.yields.front() == value)
      return {};
    auto const& reader = *readers.front();
    chain.push_back(&reader);
    if (mixes_channels(reader))
      return chain;
    if (!reader.is("conv") && !reader.is("batch_norm") && !reader.is("squeeze_excite") && !is_plain(reader))
      return {};
  }
}

class sorter {
public:
  explicit sorter(network& supernet) {
    for (auto const& item : supernet.named_parameters())
      tensors_.emplace(item.key(), item.value());
    for (auto const& item : supernet.named_buffers())
      tensors_.emplace(item.key(), item.value());
  }

  void sort(region const& in, std::string const& path) {
    for (auto const& op : in.operations) {
      if (mixes_channels(op) && op.is_decided(op.declaration->channels))
        if (auto const chain = chain_from(op, in))
          sort(*chain, path);
      if (!op.regions.empty())
        visit_held_regions(op, path + op.name(),
                           [this](region const& held, std::string const& module) { sort(held, module + "."); });
    }
  }

private:
  void sort(channel_chain const& chain, std::string const& path) {
    auto const importance = tensors_.at(path + chain.back()->name() + ".weight").abs().sum({0, 2, 3});
    auto const order = std::get<1>(importance.sort(/*stable=*/true, 0, /*descending=*/true));
    for (auto const* const op : chain) {
      auto const name = path + op->name() + ".";
      if (op == chain.back()) {
        arrange(name + "weight", 1, order);
      } else if (op->is("squeeze_excite")) {
        arrange(name + "reduce.weight", 1, order);
        arrange(name + "expand.weight", 0, order);
        arrange(name + "expand.bias", 0, order);
      } else {
        for (auto const* const tensor : {"weight", "bias", "running_mean", "running_var"})
          arrange(name + tensor, 0, order);
      }
    }
  }

  void arrange(std::string const& name, std::int64_t dimension, Tensor const& order) {
    if (auto const found = tensors_.find(name); found != tensors_.end())
      found->second.copy_(found->second.index_select(dimension, order));
  }

  std::map<std::string, Tensor> tensors_;
};

} // namespace

void sort_inner_channels(compiler::graph const& expanded, network& supernet) {
  torch::NoGradGuard const no_gradient;
  sorter{supernet}.sort(expanded.body, "");
}

} // namespace espalier::runtime
