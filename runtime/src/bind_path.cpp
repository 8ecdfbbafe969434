#include "program.hpp"

#include "residual.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <optional>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

using compiler::index_ranges;
using compiler::operation;
using compiler::region;
using compiler::structure;
using compiler::tensor_type;

namespace {

// Whether an operand of the supernet is this value of the network: specializing calls a candidate after its choice.
bool is_called_after(std::string const& name, std::string const& in_supernet) {
  return name == in_supernet || name.starts_with(in_supernet + "_");
}

bool concatenates(operation const& op) {
  return op.form() == structure::concat || (op.form() == structure::select && op.attribute("join") == 1);
}

// The types that a join puts one after another; what is read only where nothing else is has no place among them.
std::vector<tensor_type> joined_types(resident const& join) {
  auto types = join.operands;
  if (join.op.form() == structure::select && join.op.attribute("otherwise") == 1)
    types.front().channels = 0;
  return types;
}

bool decides(operation const& op) {
  return op.form() == structure::select || op.form() == structure::pick;
}

class binding {
public:
  binding(residents const& supernet, gradients_at where) : supernet_(supernet), where_(where) {}

  bound_network run(region const& root) {
    auto made = bind(root, "", {});
    settle_noise(made.first, /*is_last=*/true);
    return {std::move(made.first), std::move(tensors_)};
  }

private:
  // A value of a region: its slot, its type, and which channels of the supernet's value it has.
  struct known_value {
    std::size_t slot = 0;
    tensor_type const* type = nullptr;
    index_ranges used;
  };
  using environment = std::unordered_map<std::string, known_value>;
  using known_values = std::vector<known_value const*>;

  // The program of a region, and the channels of what it yields.
  std::pair<program, index_ranges> bind(region const& in, std::string const& path,
                                        std::vector<index_ranges> const& arguments) {
    program made{in.arguments.size(), {}, 0};
    environment values;
    for (std::size_t i = 0; i < in.arguments.size(); ++i) {
      auto const& argument = in.arguments[i];
      values[argument.name] = {i, &argument.type, i < arguments.size() ? arguments[i] : first_channels(argument.type)};
    }
    made.steps.reserve(in.operations.size());
    for (auto const& op : in.operations) {
      known_values operands;
      for (auto const& operand : op.operands)
        operands.push_back(&values.at(operand));
      auto [s, used] = bind(op, in, path, operands);
      for (auto const* operand : operands)
        s.operands.push_back(operand->slot);
      values[op.name()] = {values.size(), &op.type(), std::move(used)};
      made.steps.push_back(std::move(s));
    }
    auto const& yielded = values.at(in.yields.front());
    made.yields = yielded.slot;
    return {std::move(made), yielded.used};
  }

  // Of linear layers the last one stays marked, and the depth of residual sums becomes a share.
  void settle_noise(program& in, bool is_last) const {
    for (std::size_t i = 0; i < in.steps.size(); ++i) {
      auto& s = in.steps[i];
      bool const ends = is_last && in.arguments + i == in.yields;
      s.noise.is_classifier = s.noise.is_classifier && ends;
      s.noise.depth /= std::max(1.0, residual_sums_);
      for (auto& inner : s.inner)
        settle_noise(inner, ends && s.form == structure::block);
    }
  }

  std::pair<step, index_ranges> bind(operation const& op, region const& in, std::string const& path,
                                     known_values const& operands) {
    step made;
    made.form = op.form();
    made.noise.is_classifier = op.is("linear");
    if (auto const branch = residual_branch(op, in))
      made.noise = {false, static_cast<int>(*branch), ++residual_sums_};
    auto const* const widest = find(path + op.name());
    if (widest != nullptr && is_all_of(*widest, op, operands)) {
      made.compute = widest->compute;
      for (std::size_t i = 0; i < widest->held.size(); ++i)
        hold(made, {widest->names[i], widest->held[i], {}});
      made.cuts.clear();
      return {std::move(made), first_channels(op.type())};
    }
    if (op.form() == structure::block || op.form() == structure::recurrence) {
      auto arguments = used_by(op, widest, path, operands);
      if (op.form() == structure::recurrence)
        arguments.push_back(first_channels(op.type()));
      auto const& body = op.regions.front();
      auto [inner, used] = bind(body, path + op.name() + ".", arguments);
      if (widest != nullptr)
        place(used, body.yields.front(), widest->yields, path + op.name() + ".");
      made.inner.push_back(std::move(inner));
      made.features = op.type().channels;
      return {std::move(made), std::move(used)};
    }
    if (op.form() != structure::leaf && (!compiler::is_join(op.form()) || decides(op)))
      throw user_error(
          fmt::format("{}{} is a decision: only a network without any runs on a supernet's weights", path, op.name()));
    compiler::typed_operation narrow{op, {}};
    for (auto const* operand : operands)
      narrow.operands.push_back(*operand->type);
    auto const used = used_by(op, widest, path, operands);
    made.compute = make_kernel(narrow);
    bind_tensors(narrow, widest, used.front(), path, made);
    if (widest == nullptr) { // only this network has it
      bool const keeps_channels = op.type().channels == narrow.operands.front().channels;
      return {std::move(made), keeps_channels ? used.front() : first_channels(op.type())};
    }
    auto result = compiler::channels_in_use({widest->op, joined_types(*widest)}, narrow, of_widest(op, *widest, used));
    return {std::move(made), std::move(result)};
  }

  // Whether a leaf of the network is the supernet's, as wide in everything, so that nothing is cut.
  static bool is_all_of(resident const& widest, operation const& op, known_values const& operands) {
    if (op.form() != structure::leaf || widest.names.size() != widest.held.size() || !widest.transforms.empty() ||
        op.is("embedding") || op.is("tied_linear"))
      return false;
    auto const& [slot, type, used] = *operands.front();
    return op.declaration == widest.op.declaration && op.attributes == widest.op.attributes &&
           *type == widest.operands.front() && used.size() == 1 && used.front().first == 0 &&
           used.front().count == type->channels;
  }

  [[nodiscard]] resident const* find(std::string const& path) const {
    auto const found = supernet_.find(path);
    return found == supernet_.end() ? nullptr : &found->second;
  }

  static index_ranges first_channels(tensor_type const& type) { return {{0, type.channels}}; }

  // The channels in use of each operand.
  [[nodiscard]] std::vector<index_ranges> used_by(operation const& op, resident const* widest, std::string const& path,
                                                  known_values const& operands) const {
    std::vector<index_ranges> used;
    for (std::size_t i = 0; i < op.operands.size(); ++i) {
      used.push_back(operands[i]->used);
      if (widest != nullptr && widest->op.operands.size() == op.operands.size())
        place(used.back(), op.operands[i], widest->op.operands[i], path);
    }
    return used;
  }

  // Where the supernet joins several values in a value's place, of which this network has one, its channels stand
  // behind those of the values before it.
  void place(index_ranges& used, std::string const& name, std::string const& in_supernet,
             std::string const& path) const {
    if (in_supernet == name)
      return;
    auto const* const joined = find(path + in_supernet);
    if (joined != nullptr && concatenates(joined->op))
      for (auto& range : used)
        range.first += channels_before(name, *joined);
  }

  static int channels_before(std::string const& name, resident const& joined) {
    int before = 0;
    auto const types = joined_types(joined);
    for (std::size_t i = 0; i < types.size(); ++i) {
      if (is_called_after(name, joined.op.operands[i]))
        return before;
      before += types[i].channels;
    }
    return 0;
  }

  // Of a concatenation: for each operand that the supernet's has, nothing where this network leaves it out.
  static std::vector<index_ranges> of_widest(operation const& op, resident const& widest,
                                             std::vector<index_ranges> const& used) {
    if (op.form() != structure::concat)
      return used;
    std::vector<index_ranges> placed(widest.op.operands.size());
    std::size_t next = 0;
    for (std::size_t i = 0; i < placed.size() && next < used.size(); ++i)
      if (is_called_after(op.operands[next], widest.op.operands[i]))
        placed[i] = used[next++];
    return next == used.size() ? placed : used;
  }

  void bind_tensors(compiler::typed_operation const& narrow, resident const* widest, index_ranges const& used,
                    std::string const& path, step& made) {
    auto const held = compiler::held_tensors(narrow.op, narrow.operands);
    if (narrow.op.is("tied_linear") && held.empty())
      make_tied(made);
    if (held.empty())
      return;
    auto const name = path + narrow.op.name();
    if (widest == nullptr || widest->op.declaration != narrow.op.declaration)
      throw user_error(fmt::format("weights: {} is missing; they belong to another network", name));
    auto const whole = compiler::held_tensors(widest->op, widest->operands, compiler::tensor_holder::supernet);
    auto const slices = compiler::slices_of({widest->op, widest->operands}, narrow, used);
    for (std::size_t i = 0; i < held.size(); ++i) {
      auto const at = std::ranges::find(whole, held[i].name, &compiler::held_tensor::name) - whole.begin();
      auto const& tensor = widest->held[static_cast<std::size_t>(at)];
      auto const full_name = held[i].name.empty() ? name : name + "." + held[i].name;
      if (!tensor.defined())
        hold(made, {full_name, {}, {}});
      else if (i == 0 && !widest->transforms.empty())
        hold_transformed(made, {full_name, tensor, with_whole_kernel(slices[i], tensor)},
                         slices[i].back().front().count, *widest);
      else
        hold(made, {full_name, tensor, tensor_cut{tensor, slices[i], held[i].is_statistic}});
    }
    if (narrow.op.is("embedding"))
      embedding_ = {made.held.front(), made.cuts.front()};
    if (narrow.op.is("tied_linear"))
      make_tied(made);
    if (std::ranges::all_of(made.cuts, &tensor_cut::is_whole))
      made.cuts.clear();
  }

  // What the step is given of a tensor.
  void hold(step& made, bound_tensor tensor) {
    bool const is_leaf = where_ == gradients_at::parts && tensor.whole.defined() && tensor.whole.requires_grad();
    if (is_leaf)
      tensor.part = tensor.cut.of(tensor.whole.detach()).set_requires_grad(true);
    made.held.push_back(is_leaf ? tensor.part : tensor.whole);
    made.cuts.push_back(is_leaf ? tensor_cut{} : tensor.cut);
    tensors_.push_back(std::move(tensor));
  }

  // The same of a convolution's largest kernel, of which smaller ones are learned maps; the step is given those behind
  // it.
  void hold_transformed(step& made, bound_tensor weight, int kernel, resident const& widest) {
    std::vector<std::pair<std::int64_t, std::int64_t>> maps;
    std::vector<bound_tensor> matrices;
    for (auto const& t : widest.transforms)
      if (t.to >= kernel) {
        maps.emplace_back(t.from, t.to);
        matrices.push_back(
            {fmt::format("{}.{}", weight.name.substr(0, weight.name.rfind('.')), name_of(t)), t.matrix, {}});
      }
    if (maps.empty())
      return hold(made, std::move(weight));
    weight.transformed = [whole = weight.whole, cut = weight.cut, maps, matrices] {
      std::vector<at::Tensor> each;
      for (auto const& m : matrices)
        each.push_back(m.whole);
      return transformed(cut.of(whole), maps, each);
    };
    hold(made, std::move(weight));
    for (auto& m : matrices)
      hold(made, std::move(m));
    made.compute = [plain = std::move(made.compute), maps](at::TensorList x, at::TensorList held, mode m) {
      auto const others = held.slice(1 + maps.size());
      std::vector<at::Tensor> own{transformed(held[0], maps, held.slice(1, maps.size()))};
      own.insert(own.end(), others.begin(), others.end());
      return plain(x, own, m);
    };
  }

  // [out, in, from, from] to [out, in, to, to], step by step.
  static at::Tensor transformed(at::Tensor weight, std::vector<std::pair<std::int64_t, std::int64_t>> const& maps,
                                at::TensorList matrices) {
    for (std::size_t i = 0; i < maps.size(); ++i) {
      auto const [from, to] = maps[i];
      auto const centre = weight.narrow(2, (from - to) / 2, to).narrow(3, (from - to) / 2, to);
      weight = torch::matmul(centre.flatten(2), matrices[i]).view(centre.sizes());
    }
    return weight;
  }

  // The same channels, the whole window.
  static tensor_cut with_whole_kernel(compiler::tensor_slice slice, at::Tensor const& whole) {
    for (std::size_t d = 2; d < slice.size(); ++d)
      slice[d] = {{0, static_cast<int>(whole.size(static_cast<std::int64_t>(d)))}};
    return {whole, slice, false};
  }

  void make_tied(step& made) const {
    made.held.push_back(embedding_.first);
    made.cuts.push_back(embedding_.second);
  }

  residents const& supernet_;
  gradients_at where_;
  double residual_sums_ = 0; // so far
  std::vector<bound_tensor> tensors_;
  std::pair<at::Tensor, tensor_cut> embedding_; // the last one
};

} // namespace

std::string name_of(kernel_transform const& t) {
  return fmt::format("kernel_{}_to_{}", t.from, t.to);
}

bound_network bind_path(compiler::graph const& path, residents const& supernet, gradients_at where) {
  return binding{supernet, where}.run(path.body);
}

} // namespace espalier::runtime
