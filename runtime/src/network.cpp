#include <espalier/runtime/network.hpp>

#include "operations.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

using compiler::architecture;
using compiler::decision_space;
using compiler::graph;
using compiler::operation;
using compiler::region;
using compiler::structure;

namespace {

struct compiled_region;

// One operation, its values as slots of its region: arguments first, then one slot an operation.
struct step {
  structure form = structure::leaf;
  bool is_none = false;
  std::vector<std::size_t> operands;
  int decision = -1;
  std::vector<int> candidates; // of a choice: the region of each option
  std::function<at::Tensor(at::Tensor const&)> apply;
  std::vector<compiled_region> regions;
  std::vector<std::shared_ptr<torch::nn::Module>> modules; // that hold parameters: the leaf's own
};

struct compiled_region {
  std::size_t arguments = 0;
  std::vector<step> steps;
  std::size_t yields = 0;
};

// An empty module that only names what it holds.
struct scope : torch::nn::Module {};

class builder {
public:
  builder(decision_space const& space, network::affine norms) : space_(space), norms_(norms) {}

  compiled_region build(region const& in, torch::nn::Module& owner) {
    compiled_region out{in.arguments.size(), {}, 0};
    std::map<std::string, std::size_t> slots;
    for (auto const& argument : in.arguments)
      slots.emplace(argument.name, slots.size());
    for (auto const& op : in.operations) {
      out.steps.push_back(build(op, in, owner, op.name()));
      for (auto const& operand : op.operands)
        out.steps.back().operands.push_back(slots.at(operand));
      slots.emplace(op.name(), slots.size());
    }
    out.yields = slots.at(in.yields.front());
    return out;
  }

private:
  step build(operation const& op, region const& in, torch::nn::Module& owner, std::string const& name) {
    step made;
    made.form = op.form();
    switch (op.form()) {
    case structure::leaf: {
      auto kernel = make_kernel(op, in.type_of(op.operands.front()), norms_);
      made.is_none = op.is("none");
      made.apply = std::move(kernel.apply);
      if (kernel.module)
        made.modules = {owner.register_module(name, kernel.module)};
      break;
    }
    case structure::block: {
      auto inner = std::make_shared<scope>();
      made.regions.push_back(build(op.regions.front(), *inner));
      owner.register_module(name, inner);
      break;
    }
    case structure::choice:
      build_candidates(op, owner, name, made);
      break;
    case structure::select:
      made.decision = space_.find(op.label);
      break;
    default:
      break;
    }
    return made;
  }

  // Every candidate is a module of the owner itself, called `<choice>_<candidate>`.
  void build_candidates(operation const& op, torch::nn::Module& owner, std::string const& name, step& made) {
    made.decision = space_.find(op.label);
    if (made.decision < 0)
      throw internal_error(fmt::format("no decision {}", op.label));
    made.candidates = space_[static_cast<std::size_t>(made.decision)].candidates;
    auto const names = compiler::candidate_names(op);
    for (std::size_t c = 0; c < op.regions.size(); ++c) {
      auto const& candidate = op.regions[c].operations.front();
      auto const inner_name = fmt::format("{}_{}", name, names[c]);
      compiled_region wrapped{1, {}, 1};
      wrapped.steps.push_back(build(candidate, op.regions[c], owner, inner_name));
      wrapped.steps.back().operands = {0};
      made.regions.push_back(std::move(wrapped));
    }
  }

  decision_space const& space_;
  network::affine norms_;
};

// Computes the value of a region under a selection. Only what the yielded value reads is computed.
class evaluation {
public:
  explicit evaluation(architecture const* path, relaxation const* weights) : path_(path), weights_(weights) {}

  at::Tensor run(compiled_region const& r, std::vector<at::Tensor> values) const {
    values.resize(r.arguments + r.steps.size());
    return value(r, r.yields, values);
  }

private:
  at::Tensor const& value(compiled_region const& r, std::size_t slot, std::vector<at::Tensor>& values) const {
    if (!values[slot].defined())
      values[slot] = compute(r, r.steps[slot - r.arguments], values);
    return values[slot];
  }

  at::Tensor compute(compiled_region const& r, step const& s, std::vector<at::Tensor>& values) const {
    switch (s.form) {
    case structure::leaf:
      return s.apply(value(r, s.operands.front(), values));
    case structure::block: {
      std::vector<at::Tensor> arguments;
      for (auto const operand : s.operands)
        arguments.push_back(value(r, operand, values));
      return run(s.regions.front(), std::move(arguments));
    }
    case structure::choice:
      return choose(s, value(r, s.operands.front(), values));
    case structure::select:
      return select(r, s, values);
    case structure::concat: {
      std::vector<at::Tensor> parts;
      for (auto const operand : s.operands)
        parts.push_back(value(r, operand, values));
      return torch::cat(parts, 1);
    }
    default: {
      at::Tensor sum;
      for (auto const operand : s.operands)
        accumulate(sum, value(r, operand, values));
      return sum;
    }
    }
  }

  static void accumulate(at::Tensor& sum, at::Tensor const& term) { sum = sum.defined() ? sum + term : term; }

  at::Tensor choose(step const& s, at::Tensor const& x) const {
    if (path_ != nullptr) {
      auto const option = path_->values[static_cast<std::size_t>(s.decision)];
      return run(s.regions[static_cast<std::size_t>(s.candidates[option])], {x});
    }
    auto const& weights = weights_->weights[static_cast<std::size_t>(s.decision)];
    auto const each = weights.unbind();
    at::Tensor sum;
    for (std::size_t c = 0; c < s.regions.size(); ++c)
      if (!s.regions[c].steps.front().is_none)
        accumulate(sum, run(s.regions[c], {x}) * each[c]);
    return sum.defined() ? sum : run(s.regions.front(), {x});
  }

  at::Tensor select(compiled_region const& r, step const& s, std::vector<at::Tensor>& values) const {
    at::Tensor sum;
    auto const decision = static_cast<std::size_t>(s.decision);
    for (std::size_t i = 0; i < s.operands.size(); ++i) {
      if (s.decision < 0)
        accumulate(sum, value(r, s.operands[i], values)); // every edge stays
      else if (path_ != nullptr) {
        if ((path_->values[decision] >> i & 1U) != 0)
          accumulate(sum, value(r, s.operands[i], values));
      } else {
        auto const& gates = weights_->weights[decision];
        auto const& edge = value(r, s.operands[i], values);
        accumulate(sum, gates.defined() ? edge * gates[static_cast<std::int64_t>(i)] : edge);
      }
    }
    return sum;
  }

  architecture const* path_;
  relaxation const* weights_;
};

// The parameters on a path, by the same walk as a forward pass.
void collect_parameters(compiled_region const& r, architecture const& path, std::vector<at::Tensor>& into) {
  std::set<std::size_t> dropped;
  for (auto const& s : r.steps)
    if (s.form == structure::select && s.decision >= 0)
      for (std::size_t i = 0; i < s.operands.size(); ++i)
        if ((path.values[static_cast<std::size_t>(s.decision)] >> i & 1U) == 0)
          dropped.insert(s.operands[i]);
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    if (dropped.contains(i + r.arguments))
      continue;
    auto const& s = r.steps[i];
    for (auto const& module : s.modules)
      for (auto const& p : module->parameters())
        into.push_back(p);
    if (s.form == structure::block)
      collect_parameters(s.regions.front(), path, into);
    if (s.form == structure::choice)
      collect_parameters(
          s.regions[static_cast<std::size_t>(s.candidates[path.values[static_cast<std::size_t>(s.decision)]])], path,
          into);
  }
}

} // namespace

struct network::body {
  compiled_region root;
};

network::network(graph const& expanded, decision_space const& space, affine norms) : body_(std::make_unique<body>()) {
  body_->root = builder{space, norms}.build(expanded.body, *this);
}

network::~network() = default;

namespace {

// Operations keep the layout of their input, and depthwise convolutions are three times as fast in channels-last on
// CPUs. LibTorch takes an image of one channel for channels-last only when its strides say so.
at::Tensor channels_last(at::Tensor const& x) {
  if (x.dim() != 4 || x.size(1) > 1)
    return x.dim() == 4 ? x.contiguous(at::MemoryFormat::ChannelsLast) : x;
  return x.contiguous().as_strided(x.sizes(), {x.size(2) * x.size(3), 1, x.size(3), 1});
}

} // namespace

at::Tensor network::forward(at::Tensor const& x) {
  return evaluation{nullptr, nullptr}.run(body_->root, {channels_last(x)});
}

at::Tensor network::forward(at::Tensor const& x, architecture const& path) {
  return evaluation{&path, nullptr}.run(body_->root, {channels_last(x)});
}

at::Tensor network::forward(at::Tensor const& x, relaxation const& weights) {
  return evaluation{nullptr, &weights}.run(body_->root, {channels_last(x)});
}

std::vector<at::Tensor> network::parameters_of(architecture const& path) {
  std::vector<at::Tensor> found;
  collect_parameters(body_->root, path, found);
  return found;
}

namespace {

// The number of regions of each choice, by its path.
void count_candidates(region const& in, std::map<std::string, std::int64_t>& counts) {
  for (auto const& op : in.operations) {
    if (op.form() == structure::choice)
      counts[op.label] = static_cast<std::int64_t>(op.regions.size());
    for (auto const& inner : op.regions)
      count_candidates(inner, counts);
  }
}

} // namespace

std::vector<std::int64_t> candidate_counts(graph const& expanded, decision_space const& space) {
  std::map<std::string, std::int64_t> by_path;
  count_candidates(expanded.body, by_path);
  std::vector<std::int64_t> counts;
  for (auto const& d : space.decisions())
    counts.push_back(d.type == compiler::decision::kind::choice ? by_path.at(d.path) : 0);
  return counts;
}

relaxation one_hot(graph const& expanded, decision_space const& space, architecture const& a) {
  auto const counts = candidate_counts(expanded, space);
  relaxation r;
  for (std::size_t i = 0; i < space.size(); ++i) {
    auto const& d = space[i];
    if (d.type == compiler::decision::kind::choice) {
      r.weights.push_back(torch::zeros({counts[i]}));
      r.weights.back()[d.candidates[a.values[i]]] = 1.0;
      continue;
    }
    r.weights.push_back(torch::zeros({static_cast<std::int64_t>(d.options.size())}));
    for (std::size_t o = 0; o < d.options.size(); ++o)
      if ((a.values[i] >> o & 1U) != 0)
        r.weights.back()[static_cast<std::int64_t>(o)] = 1.0;
  }
  return r;
}

void copy_weights(network const& from, network& to) {
  torch::NoGradGuard no_gradient;
  auto const parameters = from.named_parameters();
  auto const buffers = from.named_buffers();
  auto const copy = [](std::string const& name, at::Tensor const& source, at::Tensor target) {
    if (source.sizes() != target.sizes())
      throw user_error(fmt::format("weights: {} has shape {}, the network needs {}", name, c10::str(source.sizes()),
                                   c10::str(target.sizes())));
    target.copy_(source);
  };
  for (auto& item : to.named_parameters()) {
    if (auto const* source = parameters.find(item.key())) {
      copy(item.key(), *source, item.value());
      continue;
    }
    auto const parent = item.key().substr(0, item.key().rfind('.') + 1);
    if (buffers.find(parent + "running_mean") == nullptr)
      throw user_error(fmt::format("weights: {} is missing; they belong to another network", item.key()));
    item.value().fill_(item.key().ends_with("weight") ? 1.0 : 0.0); // a normalization without scale and shift
  }
  for (auto& item : to.named_buffers()) {
    auto const* source = buffers.find(item.key());
    if (source == nullptr)
      throw user_error(fmt::format("weights: {} is missing; they belong to another network", item.key()));
    copy(item.key(), *source, item.value());
  }
}

} // namespace espalier::runtime
