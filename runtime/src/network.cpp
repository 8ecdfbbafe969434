#include <espalier/runtime/network.hpp>

#include "mixed/memory_pool.hpp"
#include "program.hpp"
#include "sampled/sampled_path.hpp"
#include "weighted/relaxing.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/dsl/operation_table.hpp>

#include <algorithm>
#include <list>
#include <map>
#include <numeric>
#include <utility>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

using compiler::architecture;
using compiler::decision_space;
using compiler::graph;
using compiler::held_tensor;
using compiler::operation;
using compiler::region;
using compiler::structure;

namespace {

// An empty module that only names what it holds.
struct scope : torch::nn::Module {};

// Makes the modules of a graph, which only hold tensors, and the program that runs on them.
class builder {
public:
  builder(graph const& g, decision_space const& space, network::affine norms,
          std::shared_ptr<compiler::kernel_library const> kernels, network::windows smaller)
      : space_(space), norms_(norms), kernels_(std::move(kernels)), smaller_(smaller), relaxing_(g, space),
        block_input_(g.input()) {}

  program build(region const& whole, torch::nn::Module& owner) {
    auto [made, yielded] = build(whole, owner, "", {{}});
    relaxing::mask_yield(made, yielded);
    return made;
  }

  residents take_residents() && { return std::move(residents_); }
  /// Why the graph cannot be relaxed; empty where it can.
  [[nodiscard]] std::string const& refusal() const { return relaxing_.refusal(); }

private:
  using flows = std::vector<channel_flow>;

  std::pair<program, channel_flow> build(region const& in, torch::nn::Module& owner, std::string const& path,
                                         flows const& arguments) {
    program out{in.arguments.size(), {}, 0};
    std::map<std::string, std::size_t> slots;
    for (auto const& argument : in.arguments)
      slots.emplace(argument.name, slots.size());
    auto known = arguments; // by slot
    for (auto const& op : in.operations) {
      if (compiler::is_statement(op.form()))
        continue;
      std::vector<std::size_t> operands;
      flows read;
      for (auto const& operand : op.operands) {
        operands.push_back(slots.at(operand));
        read.push_back(known[operands.back()]);
      }
      auto [made, given] = build(op, in, owner, op.name(), path, read);
      made.operands = std::move(operands);
      out.steps.push_back(std::move(made));
      known.push_back(given);
      slots.emplace(op.name(), slots.size());
    }
    out.yields = slots.at(in.yields.front());
    if (kernels_ != nullptr)
      mix(in, path, slots, out);
    return {std::move(out), known[out.yields]};
  }

  std::pair<step, channel_flow> build(operation const& op, region const& in, torch::nn::Module& owner,
                                      std::string const& name, std::string const& path, flows const& operands) {
    step made;
    channel_flow given;
    made.form = op.form();
    auto const types = operand_types(op, in);
    auto& kept = residents_[path + name] = resident{without_regions(op), types, {}};
    if (op.form() == structure::block)
      kept.yields = op.regions.front().yields.front();
    if (op.form() == structure::leaf)
      kept.op = compiler::at_widest(std::move(kept.op), types.front(), block_input_);
    compiler::typed_operation const typed{kept.op, types};
    switch (op.form()) {
    case structure::graph_cell:
      build_graph_cell(op, typed.operands.front(), owner, name, path);
      break;
    case structure::chain:
      build_chain(op, owner, name, path);
      break;
    case structure::block:
    case structure::recurrence: {
      auto inner = std::make_shared<scope>();
      auto const outer = block_input_;
      if (op.form() == structure::block && !op.label.empty())
        block_input_ = types.front();
      auto arguments = operands;
      if (op.form() == structure::recurrence)
        arguments.push_back(relaxing_.unmasked(path + name, op.type().channels));
      auto [inside, yielded] = build(op.regions.front(), *inner, path + name + ".", arguments);
      made.inner.push_back(std::move(inside));
      given = op.form() == structure::recurrence ? arguments.back() : yielded;
      block_input_ = outer;
      made.features = op.type().channels;
      owner.register_module(name, inner);
      break;
    }
    case structure::choice:
      given = build_candidates(op, owner, name, path, made, operands);
      break;
    case structure::select:
      made.decision = space_.find(op.label);
      [[fallthrough]];
    case structure::pick:
    case structure::concat:
    case structure::add:
    case structure::average:
    case structure::highway:
      made.compute = make_kernel(typed);
      given = relaxing_.join(made, kept, path + name, operands);
      break;
    default:
      made.is_none = op.is("none");
      made.is_skip = op.is("skip_connect") && op.attribute("stride") == 1;
      made.compute = make_kernel(typed);
      kept.held = make_tensors(typed, owner, name);
      kept.compute = made.compute;
      kept.names = names_held(typed, path + name, kept.held.size());
      if (smaller_ == network::windows::transformed)
        kept.transforms = make_transforms(op, owner, name);
      made.held = kept.held;
      if (op.is("embedding"))
        embedding_ = made.held.front();
      if (op.is("tied_linear"))
        made.held.push_back(embedding_);
      given = op.form() == structure::leaf ? relaxing_.leaf(made, kept, path + name, operands.front())
                                           : relaxing_.join(made, kept, path + name, operands);
    }
    return {std::move(made), given};
  }

  // Whether weights change more of a step than which candidates count how much.
  static bool decides(step const& s) {
    return s.relaxed ||
           std::ranges::any_of(s.inner, [](program const& p) { return std::ranges::any_of(p.steps, decides); });
  }

  // Gives steps that are sums of choices their kernels.
  void mix(region const& in, std::string const& path, std::map<std::string, std::size_t> const& slots,
           program& out) const {
    auto const step_of = [&](std::string const& value) { return slots.at(value) - out.arguments; };
    for (auto const& sum : compiler::find_mixed_sums(in)) {
      auto& made = out.steps[step_of(sum.name)];
      if (made.relaxed ||
          std::ranges::any_of(sum.edges, [&](auto const& edge) { return decides(out.steps[step_of(edge.choice)]); }))
        continue;
      made.mixed = mixed_kernel::make(sum, kernels_, memory_,
                                      [&](std::string const& choice, std::size_t candidate,
                                          std::string const& value) -> std::vector<at::Tensor> const& {
                                        auto const& op = *in.definition_of(choice);
                                        auto const holder =
                                            op.form() == structure::choice
                                                ? fmt::format("{}_{}", choice, compiler::candidate_names(op)[candidate])
                                                : choice;
                                        return residents_.at(fmt::format("{}{}.{}", path, holder, value)).held;
                                      });
      for (auto const& edge : sum.edges)
        made.edges.push_back(step_of(edge.choice));
    }
  }

  static operation without_regions(operation const& op) {
    return {op.declaration, op.label, op.operands, op.attributes, {}, op.results, op.decided};
  }

  static std::vector<compiler::tensor_type> operand_types(operation const& op, region const& in) {
    std::vector<compiler::tensor_type> types;
    for (auto const& operand : op.operands)
      types.push_back(in.type_of(operand));
    return types;
  }

  // Every candidate is a module of the owner itself, called `<choice>_<candidate>`.
  channel_flow build_candidates(operation const& op, torch::nn::Module& owner, std::string const& name,
                                std::string const& path, step& made, flows const& operands) {
    made.decision = space_.find(op.label);
    if (made.decision < 0)
      throw internal_error(fmt::format("no decision {}", op.label));
    made.candidates = space_[static_cast<std::size_t>(made.decision)].candidates;
    auto const names = compiler::candidate_names(op);
    flows given;
    for (std::size_t c = 0; c < op.regions.size(); ++c) {
      auto const& candidate = op.regions[c].operations.front();
      auto const inner_name = fmt::format("{}_{}", name, names[c]);
      program wrapped{operands.size(), {}, operands.size()};
      auto [only, flow] = build(candidate, op.regions[c], owner, inner_name, path, operands);
      only.operands.resize(operands.size());
      std::iota(only.operands.begin(), only.operands.end(), std::size_t{0});
      wrapped.steps.push_back(std::move(only));
      made.inner.push_back(std::move(wrapped));
      given.push_back(flow);
    }
    return relaxing_.choice(made, op, path + name, given);
  }

  // Each vertex as wide as the cell, and a projection of the cell's input for each: an architecture reads some.
  void build_graph_cell(operation const& op, compiler::tensor_type const& in, torch::nn::Module& owner,
                        std::string const& name, std::string const& path) {
    auto const inner = owner.register_module(name, std::make_shared<scope>());
    auto const inner_path = path + name + ".";
    for (std::size_t v = 0; v <= op.regions.size(); ++v) {
      auto const projection = fmt::format("projection{}", v + 1);
      auto const held = inner->register_module(projection, std::make_shared<scope>());
      build(projection_region(in, op.type().channels), *held, inner_path + projection + ".", {{}});
      if (v < op.regions.size())
        build(op.regions[v], *inner, inner_path, {{}});
    }
  }

  // Every layer at every position, and what ends the chain.
  void build_chain(operation const& op, torch::nn::Module& owner, std::string const& name, std::string const& path) {
    auto const inner = owner.register_module(name, std::make_shared<scope>());
    auto const outer = block_input_;
    for (auto const& held : op.regions) {
      block_input_ = held.arguments.front().type;
      build(held, *inner, path + name + ".", {{}});
    }
    block_input_ = outer;
  }

  static region projection_region(compiler::tensor_type const& in, int channels) {
    namespace operations = dsl::operations;
    auto out = in;
    out.channels = channels;
    region made{{{"x", in}}, {}, {"relu0"}};
    made.operations.push_back({&dsl::declaration_of<operations::conv>,
                               "",
                               {"x"},
                               dsl::constants_of(operations::conv{.kernel = 1, .channels = channels, .stride = 1}),
                               {},
                               {{"conv0", out}},
                               {}});
    made.operations.push_back(
        {&dsl::declaration_of<operations::batch_norm>, "", {"conv0"}, {}, {}, {{"batch_norm0", out}}, {}});
    made.operations.push_back(
        {&dsl::declaration_of<operations::relu>, "", {"batch_norm0"}, {}, {}, {{"relu0", out}}, {}});
    return made;
  }

  // Of what a network of this operation holds; none where that are other tensors than the supernet's.
  static std::vector<std::string> names_held(compiler::typed_operation const& typed, std::string const& path,
                                             std::size_t count) {
    std::vector<std::string> names;
    for (auto const& held : held_tensors(typed.op, typed.operands))
      names.push_back(held.name.empty() ? path : path + "." + held.name);
    return names.size() == count ? names : std::vector<std::string>{};
  }

  std::vector<at::Tensor> make_tensors(compiler::typed_operation const& typed, torch::nn::Module& owner,
                                       std::string const& name) {
    using holder = compiler::tensor_holder;
    bool const has_affine = norms_ == network::affine::yes || !typed.op.is("batch_norm");
    std::vector<at::Tensor> made;
    std::map<std::string, std::shared_ptr<scope>> scopes;
    for (auto const& held :
         held_tensors(typed.op, typed.operands, space_.size() > 0 ? holder::supernet : holder::network)) {
      if (!held.is_statistic && !has_affine) {
        made.emplace_back();
        continue;
      }
      auto tensor = new_tensor(held);
      initialize(tensor, held, made.empty() ? at::Tensor{} : made.back());
      made.push_back(enter(tensor, held, owner, name, scopes));
    }
    return made;
  }

  // From each kernel of a convolution to the next smaller one, where the side of its square window is decided.
  std::vector<kernel_transform> make_transforms(operation const& op, torch::nn::Module& owner,
                                                std::string const& name) const {
    if (!op.is("conv"))
      return {};
    if (auto const width = op.declaration->index_of("kernel_width");
        op.is_decided(width) || op.attributes[width] != dsl::inherited)
      return {};
    auto const number = std::ranges::find_if(op.decided, [&](compiler::decided_attribute const& d) {
      return op.declaration->attributes[d.attribute].rules.slice == dsl::slicing::centre;
    });
    auto const decision = number == op.decided.end() ? -1 : space_.find(number->value.label);
    if (decision < 0)
      return {};
    auto sizes = space_[static_cast<std::size_t>(decision)].numbers;
    std::ranges::sort(sizes, std::greater{});
    std::vector<kernel_transform> made;
    for (std::size_t i = 1; i < sizes.size(); ++i) {
      std::int64_t const elements = sizes[i] * sizes[i];
      made.push_back({sizes[i - 1], sizes[i], torch::eye(elements)});
      made.back().matrix = owner.named_children()[name]->register_parameter(name_of(made.back()), made.back().matrix);
    }
    return made;
  }

  static at::Tensor new_tensor(held_tensor const& held) {
    std::vector<std::int64_t> sizes;
    for (auto const& dimension : held.dimensions)
      sizes.push_back(dimension.size);
    return torch::empty(sizes, sizes.empty() ? torch::kInt64 : torch::kFloat32);
  }

  // Registers a tensor under its dotted name, in modules made for it.
  static at::Tensor enter(at::Tensor const& tensor, held_tensor const& held, torch::nn::Module& owner,
                          std::string const& name, std::map<std::string, std::shared_ptr<scope>>& scopes) {
    auto* at = &owner;
    auto own_name = held.name.empty() ? name : name + "." + held.name;
    std::string path;
    for (auto dot = own_name.find('.'); dot != std::string::npos; dot = own_name.find('.')) {
      auto const first = own_name.substr(0, dot);
      path += first + ".";
      auto& inner = scopes[path];
      if (!inner)
        inner = at->register_module(first, std::make_shared<scope>());
      at = inner.get();
      own_name.erase(0, dot + 1);
    }
    return held.is_statistic ? at->register_buffer(own_name, tensor) : at->register_parameter(own_name, tensor);
  }

  decision_space const& space_;
  network::affine norms_;
  std::shared_ptr<compiler::kernel_library const> kernels_;
  std::shared_ptr<memory_pool> memory_ = std::make_shared<memory_pool>();
  network::windows smaller_;
  relaxing relaxing_;
  residents residents_;
  at::Tensor embedding_;              // the last one's weight
  compiler::tensor_type block_input_; // of the innermost block with a label
};

} // namespace

struct network::body {
  graph expanded;
  decision_space space;
  program root;
  residents all;
  std::list<std::pair<architecture, bound_network>> bound; ///< The last ones used, at most `most_bound`.
  std::string refusal = {};                                ///< Why it cannot be relaxed.
  bool averages_statistics = false;

  static constexpr std::size_t most_bound = 8; // the smallest, the largest and some others a step: a sandwich

  bound_network const& path_of(architecture const& a) {
    auto found = std::ranges::find(bound, a, &std::pair<architecture, bound_network>::first);
    if (found == bound.end()) {
      bound.emplace_front(a, bind_path(compiler::specialize(expanded, space, a), all));
      if (bound.size() > most_bound)
        bound.pop_back();
    } else {
      bound.splice(bound.begin(), bound, found);
    }
    return bound.front().second;
  }

  [[nodiscard]] mode mode_when(bool training) const {
    return !training ? mode::evaluating : averages_statistics ? mode::calibrating : mode::training;
  }
};

network::network(graph const& expanded, decision_space const& space, affine norms,
                 std::shared_ptr<compiler::kernel_library const> kernels, windows smaller)
    : body_(new body{expanded, space, {}, {}, {}}) {
  builder make{expanded, space, norms, std::move(kernels), smaller};
  body_->root = make.build(expanded.body, *this);
  body_->refusal = make.refusal();
  body_->all = std::move(make).take_residents();
}

network::~network() = default;

at::Tensor network::forward(at::Tensor const& x) {
  return run(body_->root, {channels_last(x)}, nullptr, body_->mode_when(is_training()));
}

at::Tensor network::forward(at::Tensor const& x, architecture const& path) {
  return run(body_->path_of(path).root, {channels_last(x)}, nullptr, body_->mode_when(is_training()));
}

at::Tensor network::forward(at::Tensor const& x, graph const& path) {
  return run(bind_path(path, body_->all).root, {channels_last(x)}, nullptr, body_->mode_when(is_training()));
}

at::Tensor network::forward(at::Tensor const& x, relaxation const& weights) {
  if (!body_->refusal.empty())
    throw user_error(body_->refusal);
  return run(body_->root, {channels_last(x)}, &weights, body_->mode_when(is_training()));
}

std::vector<at::Tensor> network::parameters_of(architecture const& path) {
  std::vector<at::Tensor> found;
  for (auto const& tensor : body_->path_of(path).tensors)
    if (tensor.whole.defined() && tensor.whole.requires_grad())
      found.push_back(tensor.whole);
  return found;
}

sampled_path::sampled_path(network& supernet, architecture const& a)
    : supernet_(supernet), bound_(bind_path(compiler::specialize(supernet.body_->expanded, supernet.body_->space, a),
                                            supernet.body_->all, gradients_at::parts)) {}

at::Tensor sampled_path::forward(at::Tensor const& x, path_noise const& noise) const {
  return run(bound_.root, {channels_last(x)}, nullptr, supernet_.body_->mode_when(supernet_.is_training()), noise);
}

void network::reset_statistics() {
  torch::NoGradGuard const no_gradient;
  for (auto& buffer : named_buffers())
    buffer.value().fill_(buffer.key().ends_with("running_var") ? 1 : 0);
}

void network::average_statistics(bool on) {
  body_->averages_statistics = on;
}

void copy_weights(network const& from, network& to) {
  torch::NoGradGuard const no_gradient;
  auto targets = to.named_parameters();
  for (auto const& item : to.named_buffers())
    targets.insert(item.key(), item.value());
  for (auto const& t : bind_path(to.body_->expanded, from.body_->all).tensors) {
    auto* const target = targets.find(t.name);
    if (target == nullptr)
      continue; // both are without scale and shift
    if (t.whole.defined())
      target->copy_(t.transformed ? t.transformed() : t.cut.of(t.whole));
    else
      target->fill_(t.name.ends_with("weight") ? 1.0 : 0.0); // a normalization without scale and shift
  }
}

at::Tensor random_batch(compiler::tensor_type const& type, std::int64_t size, at::Generator const& generator) {
  using dsl::tensor_kind;
  std::int64_t const positions = type.positions();
  switch (type.kind) {
  case tensor_kind::image:
    return torch::randn({size, type.channels, type.height, type.width}, generator);
  case tensor_kind::vector:
    return torch::randn({size, type.channels}, generator);
  case tensor_kind::ids:
    return torch::randint(type.channels, {size, positions}, generator, torch::kInt64);
  default:
    return torch::randn({size, positions, type.channels}, generator);
  }
}

} // namespace espalier::runtime
