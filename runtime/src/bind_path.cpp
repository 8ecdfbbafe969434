#include "program.hpp"

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
  explicit binding(residents const& supernet) : supernet_(supernet) {}

  bound_network run(region const& root) {
    auto made = bind(root, "", {});
    return {std::move(made.first), std::move(tensors_)};
  }

private:
  // A value of a region: its slot, and which channels of the supernet's value it has.
  struct known_value {
    std::size_t slot = 0;
    index_ranges used;
  };
  using environment = std::map<std::string, known_value>;

  // The program of a region, and the channels of what it yields.
  std::pair<program, index_ranges> bind(region const& in, std::string const& path,
                                        std::vector<index_ranges> const& arguments) {
    program made{in.arguments.size(), {}, 0};
    environment values;
    for (std::size_t i = 0; i < in.arguments.size(); ++i) {
      auto const& argument = in.arguments[i];
      values[argument.name] = {i, i < arguments.size() ? arguments[i] : first_channels(argument.type)};
    }
    for (auto const& op : in.operations) {
      auto [s, used] = bind(op, in, path, values);
      for (auto const& operand : op.operands)
        s.operands.push_back(values.at(operand).slot);
      values[op.name()] = {values.size(), std::move(used)};
      made.steps.push_back(std::move(s));
    }
    made.yields = values.at(in.yields.front()).slot;
    return {std::move(made), values.at(in.yields.front()).used};
  }

  std::pair<step, index_ranges> bind(operation const& op, region const& in, std::string const& path,
                                     environment const& values) {
    step made;
    made.form = op.form();
    compiler::typed_operation narrow{op, {}};
    for (auto const& operand : op.operands)
      narrow.operands.push_back(in.type_of(operand));
    auto const* const widest = find(path + op.name());
    if (op.form() == structure::block || op.form() == structure::recurrence) {
      auto arguments = used_by(op, widest, path, values);
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
    made.compute = make_kernel(narrow);
    auto const used = used_by(op, widest, path, values);
    bind_tensors(narrow, widest, used.front(), path, made);
    if (widest == nullptr) { // only this network has it
      bool const keeps_channels = op.type().channels == narrow.operands.front().channels;
      return {std::move(made), keeps_channels ? used.front() : first_channels(op.type())};
    }
    auto result = compiler::channels_in_use({widest->op, joined_types(*widest)}, narrow, of_widest(op, *widest, used));
    return {std::move(made), std::move(result)};
  }

  [[nodiscard]] resident const* find(std::string const& path) const {
    auto const found = supernet_.find(path);
    return found == supernet_.end() ? nullptr : &found->second;
  }

  static index_ranges first_channels(tensor_type const& type) { return {{0, type.channels}}; }

  // The channels in use of each operand.
  [[nodiscard]] std::vector<index_ranges> used_by(operation const& op, resident const* widest, std::string const& path,
                                                  environment const& values) const {
    std::vector<index_ranges> used;
    for (std::size_t i = 0; i < op.operands.size(); ++i) {
      used.push_back(values.at(op.operands[i]).used);
      if (widest != nullptr && widest->op.operands.size() == op.operands.size())
        place(used.back(), op.operands[i], widest->op.operands[i], path);
    }
    return used;
  }

  // Where the supernet joins several values in a value's place, of which this network has one, its channels stand
  // behind those of the values before it.
  void place(index_ranges& used, std::string const& name, std::string const& in_supernet,
             std::string const& path) const {
    auto const* const joined = find(path + in_supernet);
    if (joined != nullptr && in_supernet != name && concatenates(joined->op))
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
      made.held.push_back(tensor);
      made.cuts.push_back(tensor.defined() ? tensor_cut{tensor, slices[i], held[i].is_statistic} : tensor_cut{});
      tensors_.push_back({held[i].name.empty() ? name : name + "." + held[i].name, tensor, made.cuts.back()});
    }
    if (narrow.op.is("embedding"))
      embedding_ = {made.held.front(), made.cuts.front()};
    if (narrow.op.is("tied_linear"))
      make_tied(made);
    if (std::ranges::all_of(made.cuts, &tensor_cut::is_whole))
      made.cuts.clear();
  }

  void make_tied(step& made) const {
    made.held.push_back(embedding_.first);
    made.cuts.push_back(embedding_.second);
  }

  residents const& supernet_;
  std::vector<bound_tensor> tensors_;
  std::pair<at::Tensor, tensor_cut> embedding_; // the last one
};

} // namespace

bound_network bind_path(compiler::graph const& path, residents const& supernet) {
  return binding{supernet}.run(path.body);
}

} // namespace espalier::runtime
