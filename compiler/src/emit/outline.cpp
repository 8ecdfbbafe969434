#include "outline.hpp"

#include "../derived_numbers.hpp"
#include "identifiers.hpp"

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

namespace {

// The values of one number, one for each instance of a module.
using number_values = std::vector<int>;

int value_of(region const& body, operation const& op, std::string_view name) {
  auto const& in = body.type_of(op.operands.front());
  if (name == "in_channels")
    return in.channels;
  if (name == "in_height")
    return in.height;
  if (name == "in_width")
    return in.width;
  if (name == "positions")
    return in.height * in.width;
  if (name == "squeezed")
    return squeezed_channels(op);
  return name == "head_width" ? head_width(op, in) : op.attribute(name);
}

// Numbers are one parameter only if they mean the same: a stride that happens to equal the channels is not.
std::string_view meaning(std::string_view name) {
  return name == "in_channels" || name == "channels" || name == "groups" ? "channels" : name;
}

bool is_constant(number_values const& values) {
  return std::ranges::adjacent_find(values, std::not_equal_to{}) == values.end();
}

// Chooses the parameters of one module: collects its numbers, then names and orders those that vary.
class parameter_list {
public:
  explicit parameter_list(std::vector<region const*> const& instances) {
    auto const& first = *instances.front();
    for (std::size_t a = 0; a < first.arguments.size(); ++a)
      inputs_.emplace_back(first.arguments[a].name,
                           values_over(instances, [&](auto const& r) { return r.arguments[a].type.channels; }));
    output_ = values_over(instances, [&](region const& r) { return r.type_of(r.yields.front()).channels; });
  }

  template <class Function>
  static number_values values_over(std::vector<region const*> const& instances, Function value) {
    number_values values;
    for (auto const* instance : instances)
      values.push_back(value(*instance));
    return values;
  }

  void collect(std::string_view kind, number_values const& values) {
    if (is_constant(values) || find(kind, values) != parameters_.end())
      return;
    auto const rank = rank_of(kind, values);
    parameters_.insert(std::ranges::upper_bound(parameters_, rank, {}, &parameter::rank), {kind, values, {}, rank});
  }

  void name_all() {
    std::set<std::string> taken;
    for (auto& p : parameters_) {
      auto const wanted = wanted_name(p);
      p.name = wanted;
      for (int i = 2; !taken.insert(p.name).second; ++i)
        p.name = fmt::format("{}{}", wanted, i);
    }
  }

  [[nodiscard]] number number_of(std::string_view kind, number_values const& values) const {
    if (is_constant(values))
      return {"", values.front()};
    return {find(kind, values)->name, 0};
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (auto const& p : parameters_)
      result.push_back(p.name);
    return result;
  }

  [[nodiscard]] std::vector<std::pair<std::string_view, number_values>> values() const {
    std::vector<std::pair<std::string_view, number_values>> result;
    for (auto const& p : parameters_)
      result.emplace_back(p.kind, p.values);
    return result;
  }

private:
  struct parameter {
    std::string_view kind;
    number_values values;
    std::string name;
    std::size_t rank;
  };

  [[nodiscard]] std::vector<parameter>::const_iterator find(std::string_view kind, number_values const& values) const {
    return std::ranges::find_if(parameters_, [&](auto const& p) { return p.kind == kind && p.values == values; });
  }

  // Channels of the inputs first, other channels, then kernel, stride and the rest.
  [[nodiscard]] std::size_t rank_of(std::string_view kind, number_values const& values) const {
    constexpr auto order = std::to_array<std::string_view>({"channels", "kernel", "stride", "dilation"});
    auto const input = std::ranges::find(inputs_, values, &input_channels::second);
    if (kind == "channels")
      return static_cast<std::size_t>(input - inputs_.begin());
    return inputs_.size() + static_cast<std::size_t>(std::ranges::find(order, kind) - order.begin());
  }

  [[nodiscard]] std::string wanted_name(parameter const& p) const {
    if (p.kind == "kernel")
      return "kernel_size";
    if (p.kind != "channels")
      return std::string{p.kind};
    auto const input = std::ranges::find(inputs_, p.values, &input_channels::second);
    bool const is_all_inputs = std::ranges::all_of(inputs_, [&](auto const& i) { return i.second == p.values; });
    if (is_all_inputs)
      return p.values == output_ ? "channels" : "in_channels";
    if (input != inputs_.end())
      return identifier(input->first) + "_channels";
    if (p.values == output_)
      return "out_channels";
    return inputs_.size() > 1 ? "channels" : "inner_channels";
  }

  using input_channels = std::pair<std::string, number_values>;
  std::vector<input_channels> inputs_;
  number_values output_;
  std::vector<parameter> parameters_;
};

// What labels have in common, up to the end of a word: `shuffle` of shuffle_3x3 and shuffle_5x5.
std::string common_words(std::string const& a, std::string const& b) {
  if (a == b)
    return a;
  auto const shared = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  auto const end = a.substr(0, shared).rfind('_');
  return end == std::string::npos ? "" : a.substr(0, end);
}

// What the block is called that holds a block without a label; a branch that nothing with a label holds is called after
// its first operation with weights.
std::string branch_label(std::string const& holder, region const& body) {
  if (!holder.empty())
    return holder + "_branch";
  for (auto const& op : body.operations)
    if (holds_region(op) || !held_tensors(op, typed(op, body).operands).empty())
      if (!op.declaration->name.ends_with("_norm"))
        return (op.label.empty() ? std::string{op.declaration->name} : op.label) + "_branch";
  return "branch";
}

class outlining {
public:
  explicit outlining(code_numbers_of code_of) : code_of_(code_of) {}

  std::vector<outlined_module> run(graph const& network) {
    add_instance(network.body, network.name, {}, "network");
    for (std::size_t m = 0; m < modules_.size(); ++m) {
      if (modules_[m].label.empty())
        modules_[m].label = branch_label(holders_[m], modules_[m].body());
      number_module(m);
    }
    return std::move(modules_);
  }

private:
  struct place {
    std::size_t module = 0;
    std::size_t instance = 0;
  };

  // Where a body stands: the names of the values that lead to it, joined by dots, and the label around it.
  struct surroundings {
    std::string path;
    std::string holder;
  };

  // Files a body under its structure, what it holds before it.
  place add_instance(region const& body, std::string const& label, surroundings const& at, std::string_view role) {
    auto key = fmt::format("{} {} (", role, label);
    for (auto const& argument : body.arguments)
      key += argument.name + ",";
    for (auto const& op : body.operations) {
      key += fmt::format("; {} = {} {}", op.name(), op.declaration->name, fmt::join(op.operands, ","));
      if (holds_region(op)) {
        auto const inner = add_instance(op.regions.front(), op.form() == structure::block ? op.label : "recurrent_cell",
                                        {at.path.empty() ? op.name() : at.path + "." + op.name(),
                                         label.empty() || role == "network" ? at.holder : label},
                                        op.declaration->name);
        places_[&op] = inner;
        key += fmt::format(" #{}", inner.module);
      }
      key += form_of(op, body);
      if (!op.regions.empty() && !holds_region(op))
        throw internal_error(
            fmt::format("%{} is a {}: emission needs a network without decisions", op.name(), op.declaration->name));
    }
    key += fmt::format("; yield {}", body.yields.front());
    auto const [known, is_new] = modules_by_key_.emplace(key, modules_.size());
    if (is_new) {
      modules_.push_back({label, {}, at.path, {}, {}});
      holders_.push_back(at.holder);
    }
    holders_[known->second] = common_words(holders_[known->second], at.holder);
    auto& instances = modules_[known->second].instances;
    instances.push_back(&body);
    return {known->second, instances.size() - 1};
  }

  // Kinds of tensors, and numbers that no code names (such as flags), choose the code: they are part of the structure.
  [[nodiscard]] std::string form_of(operation const& op, region const& body) const {
    std::string text;
    for (auto const& operand : op.operands)
      text += fmt::format(" :{}", static_cast<int>(body.type_of(operand).kind));
    auto const code = holds_region(op) ? code_numbers{} : code_of_(typed(op, body));
    text += fmt::format(" {}", fmt::join(code.mentioned, " "));
    for (std::size_t i = 0; i < op.declaration->attribute_count; ++i) {
      auto const name = op.declaration->attributes[i].name;
      if (std::ranges::find(code.mentioned, name) == code.mentioned.end() &&
          std::ranges::find(code.immaterial, name) == code.immaterial.end())
        text += fmt::format(" {}", op.attributes[i]);
    }
    return text;
  }

  void number_module(std::size_t m) {
    auto& module = modules_[m];
    parameter_list parameters{module.instances};
    for (std::size_t i = 0; i < module.body().operations.size(); ++i)
      for (auto const& [kind, values] : numbers_of(module, i))
        parameters.collect(kind, values);
    parameters.name_all();
    for (std::size_t i = 0; i < module.body().operations.size(); ++i)
      module.operations.push_back(outline_operation(module, i, parameters));
    module.parameters = parameters.names();
    parameter_values_.push_back(parameters.values());
  }

  // The meaning and values of what operation `i` needs: a leaf's numbers, or arguments for the parameters of a block's
  // module.
  [[nodiscard]] std::vector<std::pair<std::string_view, number_values>> numbers_of(outlined_module const& module,
                                                                                   std::size_t i) const {
    std::vector<std::pair<std::string_view, number_values>> result;
    auto const& op = module.body().operations[i];
    if (!holds_region(op))
      for (auto const name : code_of_(typed(op, module.body())).mentioned)
        result.emplace_back(meaning(name), parameter_list::values_over(module.instances, [&](region const& r) {
                              return value_of(r, r.operations[i], name);
                            }));
    if (holds_region(op))
      for (auto const& [kind, all] : parameter_values_[places_.at(&op).module])
        result.emplace_back(kind, parameter_list::values_over(module.instances, [&, &all = all](region const& r) {
                              return all[places_.at(&r.operations[i]).instance];
                            }));
    return result;
  }

  [[nodiscard]] outlined_operation outline_operation(outlined_module const& module, std::size_t i,
                                                     parameter_list const& parameters) const {
    outlined_operation result;
    auto const& op = module.body().operations[i];
    auto const needed = numbers_of(module, i);
    if (holds_region(op)) {
      result.module = places_.at(&op).module;
      for (auto const& [kind, values] : needed)
        result.arguments.push_back(parameters.number_of(kind, values));
    }
    if (!holds_region(op)) {
      auto const names = code_of_(typed(op, module.body())).mentioned;
      for (std::size_t k = 0; k < names.size(); ++k)
        result.numbers.emplace(names[k], parameters.number_of(needed[k].first, needed[k].second));
    }
    return result;
  }

  code_numbers_of code_of_;
  std::vector<outlined_module> modules_;
  std::map<std::string, std::size_t> modules_by_key_;
  std::vector<std::string> holders_; // of each module, what the labels around it have in common
  std::map<operation const*, place> places_;
  std::vector<std::vector<std::pair<std::string_view, number_values>>>
      parameter_values_; // of the modules numbered so far
};

} // namespace

bool reads_images(std::vector<outlined_module> const& modules) {
  return modules.back().body().arguments.front().type.kind == dsl::tensor_kind::image;
}

bool holds_region(operation const& op) {
  return op.form() == structure::block || op.form() == structure::recurrence;
}

typed_operation typed(operation const& op, region const& in) {
  typed_operation result{op, {}};
  for (auto const& operand : op.operands)
    result.operands.push_back(in.type_of(operand));
  return result;
}

std::vector<outlined_module> outline(graph const& network, code_numbers_of numbers_of) {
  return outlining{numbers_of}.run(network);
}

} // namespace espalier::compiler
