#include "relaxing.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <torch/torch.h>

namespace espalier::runtime {

using compiler::operation;
using compiler::relaxed_form;
using compiler::relaxed_operation;
using compiler::structure;

namespace {

// Whether an operation that computes each channel alone gives zero for a channel of zeros.
bool keeps_zeros(operation const& op) {
  static constexpr std::array<std::string_view, 5> moves_zeros{"sigmoid", "batch_norm", "position_embedding", "conv",
                                                               "transposed_conv"};
  return std::ranges::find(moves_zeros, op.declaration->name) == moves_zeros.end();
}

bool concatenates(operation const& op) {
  return op.form() == structure::concat || (op.form() == structure::select && op.attribute("join") == 1);
}

// The channels of a join that has no table of them: the sum of its operands' under their gates, or one after another.
shared_mask joined(resident const& join, std::vector<channel_flow> const& operands,
                   std::vector<operand_gate> const& gates) {
  std::vector<shared_mask> masks;
  std::vector<std::int64_t> sizes;
  auto types = join.operands;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    masks.push_back(operands[i].present);
    sizes.push_back(types[i].channels);
    types[i].kind = dsl::tensor_kind::vector;
  }
  auto of = [masks, sizes, gates, kernel = make_kernel({join.op, types})](relaxation const& r) {
    std::vector<at::Tensor> parts;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      auto part = masks[i] ? masks[i]->of(r) : torch::ones({sizes[i]}, options_of(r));
      parts.push_back((gates.empty() ? part : part * gates[i].of(r)).unsqueeze(0));
    }
    return kernel(parts, {}, mode::evaluating).squeeze(0);
  };
  return std::make_shared<channel_mask>(channel_mask{std::move(of), {}});
}

std::shared_ptr<relaxed_step> own(std::shared_ptr<relaxed_step const>& step) {
  auto made = std::make_shared<relaxed_step>();
  step = made;
  return made;
}

} // namespace

at::Tensor operand_gate::of(relaxation const& r) const {
  return read < 0 ? torch::zeros({}, options_of(r)) : cases.of(r)[read];
}

relaxing::relaxing(compiler::graph const& expanded, compiler::decision_space const& space) : space_(space) {
  if (space.size() > 0)
    plan_ = compiler::plan_relaxation(expanded, space);
}

relaxed_operation const* relaxing::find(std::string const& path) const {
  auto const found = plan_.operations.find(path);
  return found == plan_.operations.end() ? nullptr : &found->second;
}

case_weights relaxing::weights_of(compiler::decided_cases const& cases, std::size_t count) const {
  return {cases, count, space_, plan_.derived};
}

shared_mask relaxing::made_by(relaxed_operation const& planned, int channels) const {
  return mask_of(planned.made, channels, weights_of(planned.made, planned.made.values.size()));
}

channel_flow relaxing::unmasked(std::string const& path, int channels) const {
  auto const* const planned = find(path);
  auto present = planned == nullptr ? nullptr : made_by(*planned, channels);
  return {present, present == nullptr};
}

channel_flow relaxing::leaf(step& made, resident const& widest, std::string const& path,
                            channel_flow const& operand) const {
  auto const* const planned = find(path);
  if (planned == nullptr || planned->form == relaxed_form::constant)
    return {};
  auto const out = widest.op.type().channels;
  auto const relaxed = own(made.relaxed);
  if (planned->form == relaxed_form::mixed) {
    relaxed->cases = weights_of(planned->leaves, planned->leaves.values.size());
    for (auto const& leaf : planned->leaves.values)
      relaxed->forms.push_back(bound(widest, leaf));
    return {made_by(*planned, out), true};
  }
  relaxed->held = held_masks(widest, *planned);
  relaxed->cases = weights_of(planned->windows, planned->windows.values.size());
  if (planned->form == relaxed_form::channelwise)
    return {operand.present, operand.present == nullptr || (operand.is_masked && keeps_zeros(widest.op))};
  bool const has_dimension =
      std::ranges::any_of(relaxed->held, [](held_mask const& m) { return m.operand_channels >= 0; });
  if (!operand.is_masked && has_dimension)
    relaxed->operand = operand.present;
  else if (!operand.is_masked)
    relaxed->masks = {operand.present};
  auto present = made_by(*planned, out);
  return {present, present == nullptr};
}

std::vector<held_mask> relaxing::held_masks(resident const& widest, relaxed_operation const& planned) {
  bool const is_linear = planned.form == relaxed_form::linear;
  std::vector<held_mask> masks;
  std::size_t first = 0; // of the tensor's windows
  for (auto const& held : compiler::held_tensors(widest.op, widest.operands, compiler::tensor_holder::supernet)) {
    held_mask made;
    std::vector<std::int64_t> window;
    for (std::size_t d = 0; d < held.dimensions.size(); ++d) {
      auto const& dimension = held.dimensions[d];
      if (is_linear && dimension.part == compiler::dimension_part::used)
        made.operand_channels = static_cast<std::int64_t>(d);
      if (dimension.part == compiler::dimension_part::centre)
        window.push_back(dimension.size);
    }
    std::vector<at::Tensor> cases;
    for (auto const& sizes : planned.windows.values) {
      cases.push_back(torch::zeros(window));
      auto part = cases.back();
      for (std::size_t d = 0; d < window.size(); ++d)
        part = part.narrow(static_cast<std::int64_t>(d), (window[d] - sizes[first + d]) / 2, sizes[first + d]);
      part.fill_(1);
    }
    first += window.size();
    if (cases.size() > 1 && !window.empty())
      made.windows = torch::stack(cases);
    masks.push_back(std::move(made));
  }
  return masks;
}

narrow_form relaxing::bound(resident const& widest, compiler::narrow_leaf const& leaf) const {
  operation const op{widest.op.declaration, {}, {}, leaf.numbers, {}, {{widest.op.name(), leaf.out}}, {}};
  compiler::typed_operation const narrow{op, {leaf.in}};
  narrow_form made{make_kernel(narrow),
                   {},
                   {},
                   {leaf.used, widest.operands.front().channels},
                   {leaf.made, widest.op.type().channels}};
  auto const whole = compiler::held_tensors(widest.op, widest.operands, compiler::tensor_holder::supernet);
  auto const slices = compiler::slices_of({widest.op, widest.operands}, narrow, leaf.used);
  auto const held = compiler::held_tensors(op, {leaf.in});
  for (std::size_t i = 0; i < held.size(); ++i) {
    auto const at = std::ranges::find(whole, held[i].name, &compiler::held_tensor::name) - whole.begin();
    made.held.push_back(widest.held[static_cast<std::size_t>(at)]);
    made.cuts.emplace_back(made.held.back(), slices[i], held[i].is_statistic);
  }
  return made;
}

std::vector<operand_gate> relaxing::gates_of(relaxed_operation const& planned) const {
  std::vector<operand_gate> gates;
  for (auto const& read : planned.reads) {
    auto const found = std::ranges::find(read.values, char{1});
    gates.push_back({weights_of(read, read.values.size()),
                     found == read.values.end() ? -1 : static_cast<std::int64_t>(found - read.values.begin())});
  }
  return gates;
}

channel_flow relaxing::join(step& made, resident const& widest, std::string const& path,
                            std::vector<channel_flow> const& operands) const {
  auto const* const planned = find(path);
  if (planned == nullptr)
    return {};
  auto const& op = widest.op;
  bool const is_plain_sum = op.form() == structure::select && !concatenates(op) && op.attribute("otherwise") == 0;
  auto const gates = gates_of(*planned);
  auto const& first = operands.front();
  bool const are_alike = !concatenates(op) && std::ranges::all_of(operands, [&](channel_flow const& flow) {
    return are_same(flow.present, first.present) && flow.is_masked == first.is_masked;
  });
  bool const is_masked = std::ranges::all_of(operands, &channel_flow::is_masked);
  if (gates.empty() && (is_masked || are_alike) && !concatenates(op))
    return first;
  bool const differ =
      std::ranges::any_of(widest.operands, [&](auto const& type) { return type.channels != op.type().channels; });
  if (is_plain_sum && are_alike && !differ)
    return first;
  auto const relaxed = own(made.relaxed);
  if (differ && !concatenates(op))
    relaxed->channels = op.type().channels;
  if (!is_plain_sum) // whose gates are the weights of its decision
    relaxed->gates = gates;
  if (are_alike)
    return first;
  for (auto const& operand : operands)
    relaxed->masks.push_back(operand.is_masked ? nullptr : operand.present);
  bool const may_be_absent = !gates.empty() && !planned->made.is_known();
  bool const has_masks =
      may_be_absent || std::ranges::any_of(operands, [](channel_flow const& f) { return f.present != nullptr; });
  if (!has_masks)
    return {};
  if (planned->made.is_known())
    return {made_by(*planned, op.type().channels), true};
  return {may_be_absent || concatenates(op) ? joined(widest, operands, gates) : first.present, true};
}

channel_flow relaxing::choice(step& made, operation const& op, std::string const& path,
                              std::vector<channel_flow> const& results) const {
  auto const* const planned = find(path);
  if (planned == nullptr)
    return {};
  auto const& first = results.front();
  if (std::ranges::all_of(results, [&](channel_flow const& flow) {
        return are_same(flow.present, first.present) && flow.is_masked == first.is_masked;
      }))
    return first;
  for (std::size_t c = 0; c < results.size(); ++c)
    mask_yield(made.inner[c], results[c]);
  if (planned->made.is_known())
    return {made_by(*planned, op.type().channels), true};
  auto of = [results, decision = static_cast<std::size_t>(made.decision),
             channels = static_cast<std::int64_t>(op.type().channels)](relaxation const& r) {
    auto sum = torch::zeros({channels}, options_of(r));
    for (std::size_t c = 0; c < results.size(); ++c) {
      auto const& present = results[c].present;
      auto const one = present ? present->of(r) : torch::ones_like(sum);
      auto const& weights = r.weights[decision];
      sum = sum + (weights.defined() ? one * weights[static_cast<std::int64_t>(c)] : one);
    }
    return sum;
  };
  return {std::make_shared<channel_mask>(channel_mask{std::move(of), {}}), true};
}

void relaxing::mask_yield(program& p, channel_flow const& yielded) {
  if (yielded.is_masked)
    return;
  step mask;
  mask.operands = {p.yields};
  mask.compute = [](at::TensorList x, at::TensorList, mode) { return x[0]; };
  own(mask.relaxed)->masks = {yielded.present};
  p.yields = p.arguments + p.steps.size();
  p.steps.push_back(std::move(mask));
}

} // namespace espalier::runtime
