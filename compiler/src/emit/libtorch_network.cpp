#include "libtorch_network.hpp"

#include "code_writer.hpp"
#include "identifiers.hpp"
#include "libtorch_leaves.hpp"
#include "outline.hpp"

#include <espalier/compiler/passes/fold_identities.hpp>
#include <espalier/compiler/passes/inline_blocks.hpp>
#include <espalier/compiler/passes/remove_dead_code.hpp>

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <ranges>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

namespace {

bool holds_region(operation const& op) {
  return op.form() == structure::block || op.form() == structure::recurrence;
}

bool has_weights(operation const& op, region const& in) {
  return !libtorch_form_of(typed(op, in)).member.empty();
}

code_numbers code_of(typed_operation const& t) {
  // A sum is written as one, not as a call.
  return t.op.form() == structure::add ? code_numbers{} : libtorch_form_of(t).code;
}

bool is_member(operation const& op, region const& in) {
  return holds_region(op) || (op.form() != structure::add && has_weights(op, in));
}

// The helpers that some operation's code names, in their order.
std::vector<libtorch_helper> helpers_of(std::vector<outlined_module> const& modules) {
  std::set<std::string_view> named;
  if (modules.back().body().arguments.front().type.kind == dsl::tensor_kind::image)
    named.insert("channels_last");
  for (auto const& m : modules)
    for (auto const& op : m.body().operations) {
      if (op.form() == structure::recurrence)
        named.insert("recur");
      else if (op.form() != structure::block && op.form() != structure::add)
        named.insert(libtorch_form_of(typed(op, m.body())).helper);
    }
  std::vector<libtorch_helper> helpers;
  std::ranges::copy_if(libtorch_helpers(), std::back_inserter(helpers),
                       [&](auto const& helper) { return named.contains(helper.name); });
  return helpers;
}

// The members of one module: the modules it holds, and the constructor parameters that functions in `forward` read.
struct member_names {
  identifier_scope scope;                     ///< Where they are taken.
  std::map<std::string, std::string> modules; ///< By the name of their value.
  std::map<std::string, std::string> numbers; ///< By the name of their parameter.

  explicit member_names(outlined_module const& module) {
    for (std::size_t i = 0; i < module.operations.size(); ++i) {
      auto const& op = module.body().operations[i];
      if (is_member(op, module.body()))
        modules.emplace(op.name(), scope.claim(op.name() + "_"));
      else
        for (auto const& [name, n] : module.operations[i].numbers)
          if (!n.parameter.empty() && !numbers.contains(n.parameter))
            numbers.emplace(n.parameter, scope.claim(n.parameter + "_"));
    }
  }
};

// The statements of one module's `forward`. Values that only a sum reads are terms of it; in a body of one argument, a
// value that only the next operation reads is written into the argument's variable.
class forward_body {
public:
  forward_body(outlined_module const& module, member_names const& members, code_writer& out)
      : module_(module), body_(module.body()), members_(members), out_(out), locals_(members.scope) {
    for (auto const& op : body_.operations)
      for (auto const& operand : op.operands)
        readers_[operand].push_back(&op);
    for (auto const& argument : body_.arguments)
      code_[argument.name] = {locals_.claim(body_.arguments.size() == 1 ? "x" : argument.name)};
    last_shape_ = body_.arguments.front().type;
  }

  void write(bool sets_layout) {
    std::vector<std::string> arguments;
    for (auto const& argument : body_.arguments) {
      bool const is_read = readers_.contains(argument.name) || argument.name == body_.yields.front();
      arguments.push_back(is_read ? "torch::Tensor " + code_.at(argument.name).name : "torch::Tensor");
    }
    out_.open(fmt::format("torch::Tensor forward({}) {{", fmt::join(arguments, ", ")));
    if (sets_layout)
      out_.line("x = channels_last(x);");
    for (std::size_t i = 0; i < body_.operations.size(); ++i)
      write_operation(i);
    if (body_.operations.empty() || body_.operations.back().name() != body_.yields.front())
      out_.line(fmt::format("return {};", code_.at(body_.yields.front()).name));
    out_.close();
  }

private:
  void write_operation(std::size_t i) {
    auto const& op = body_.operations[i];
    auto const terms = terms_of(op, i);
    if (is_term(op)) {
      code_[op.name()] = terms.front();
      return;
    }
    auto const shape = op.type() == last_shape_ ? "" : shape_text(op.type());
    last_shape_ = op.type();
    if (i + 1 == body_.operations.size() && op.name() == body_.yields.front())
      return out_.sum_line("return ", terms, shape);
    auto const x = code_.at(op.operands.front()).name;
    bool const continues_chain = body_.arguments.size() == 1 && x == "x" && is_read_last_by(op);
    auto const variable = continues_chain && readers_[op.name()].size() == 1 ? x : locals_.claim(op.name());
    out_.sum_line(fmt::format("{}{} = ", variable == x ? "" : "auto ", variable), terms, shape);
    code_[op.name()] = {variable};
  }

  // Whether a value is written nowhere but as a term of the one sum that reads it.
  [[nodiscard]] bool is_term(operation const& op) const {
    auto const found = readers_.find(op.name());
    return op.form() != structure::add && found != readers_.end() && found->second.size() == 1 &&
           found->second.front()->form() == structure::add && op.name() != body_.yields.front();
  }

  // Whether nothing after `op` reads what `op` reads; a term is written, and so reads, where its sum stands.
  [[nodiscard]] bool is_read_last_by(operation const& op) const {
    auto const& readers = readers_.at(op.operands.front());
    return op.operands.size() == 1 && op.operands.front() != body_.yields.front() &&
           std::ranges::all_of(readers, [&](auto const* reader) { return reader <= &op && !is_term(*reader); });
  }

  [[nodiscard]] std::vector<expression> terms_of(operation const& op, std::size_t i) const {
    std::vector<expression> operands;
    for (auto const& operand : op.operands)
      operands.push_back(code_.at(operand));
    if (op.form() == structure::add)
      return operands;
    auto const member = is_member(op, body_) ? members_.modules.at(op.name()) : "";
    if (op.form() == structure::recurrence)
      return {call("recur", {{member}, operands.front(), {std::to_string(op.type().channels)}})};
    if (op.form() == structure::block)
      return {call(member, operands)};
    auto const t = typed(op, body_);
    auto const& form = libtorch_form_of(t);
    if (form.apply == nullptr)
      return {call(member, operands)};
    auto const numbers = member.empty() ? as_members(module_.operations[i].numbers) : libtorch_form::numbers{};
    libtorch_call site{t, numbers, {}, member, op.is("tied_linear") ? embedding_before(i) : ""};
    for (auto const& operand : operands)
      site.x.push_back(operand.name);
    return {form.apply(site)};
  }

  // The member of the embedding whose weights a tied linear layer uses.
  [[nodiscard]] std::string embedding_before(std::size_t i) const {
    while (i-- > 0)
      if (auto const& op = body_.operations[i]; op.is("embedding"))
        return members_.modules.at(op.name());
    throw user_error(fmt::format("tied_linear() in the block {} shares the weights of an embedding outside of it: put "
                                 "both into one block",
                                 module_.first_path));
  }

  // In `forward`, a number that is a constructor parameter is read from its member.
  [[nodiscard]] libtorch_form::numbers as_members(libtorch_form::numbers numbers) const {
    for (auto& [name, n] : numbers)
      if (!n.parameter.empty())
        n.parameter = members_.numbers.at(n.parameter);
    return numbers;
  }

  outlined_module const& module_;
  region const& body_;
  member_names const& members_;
  code_writer& out_;
  identifier_scope locals_;
  std::map<std::string, std::vector<operation const*>> readers_;
  std::map<std::string, expression> code_; // how a value is read: its variable, or its term
  tensor_type last_shape_;
};

// Writes the modules of a network as structs.
class header_writer {
public:
  explicit header_writer(std::vector<outlined_module> const& modules)
      : modules_(modules), helpers_(helpers_of(modules)) {
    names_.claim_module("Module"); // the base class
    for (auto const& helper : helpers_)
      if (helper.is_module)
        names_.claim_module(std::string{helper.name});
    auto const network = names_.claim_module("Network");
    for (auto const& m : modules)
      type_names_.push_back(&m == &modules.back() ? network : names_.claim_module(pascal_case(m.label)));
  }

  std::string write(std::string const& name_space) && {
    out_.line("#pragma once");
    out_.line();
    out_.line("#include <torch/torch.h>");
    out_.line();
    out_.line(fmt::format("namespace {} {{", name_space));
    out_.line();
    for (auto const& helper : helpers_)
      out_.line(helper.code);
    for (std::size_t m = 0; m < modules_.size(); ++m) {
      write_struct(m);
      out_.line();
    }
    out_.line(fmt::format("}} // namespace {}", name_space));
    return std::move(out_).finish();
  }

private:
  [[nodiscard]] bool takes_images() const {
    return modules_.back().body().arguments.front().type.kind == dsl::tensor_kind::image;
  }

  void write_struct(std::size_t m) {
    auto const& module = modules_[m];
    write_comment(module);
    out_.open(fmt::format("struct {}Impl : torch::nn::Module {{", type_names_[m]));
    member_names const members{module};
    write_constructor(m, members);
    forward_body{module, members, out_}.write(&module == &modules_.back() && takes_images());
    write_members(module, members);
    out_.close("};");
    out_.line(fmt::format("TORCH_MODULE({});", type_names_[m]));
  }

  void write_comment(outlined_module const& module) {
    auto const& body = module.body();
    std::vector<std::string> inputs;
    for (auto const& argument : body.arguments)
      inputs.push_back(shape_text(argument.type));
    auto const shapes = fmt::format("{} -> {}", fmt::join(inputs, ", "), shape_text(body.type_of(body.yields.front())));
    if (&module == &modules_.back())
      out_.line(fmt::format("/// The network: {}.", shapes));
    else if (module.instances.size() == 1)
      out_.line(fmt::format("/// {}: {}.", module.first_path, shapes));
    else
      out_.line(
          fmt::format("/// Used {} times; the first is {}: {}.", module.instances.size(), module.first_path, shapes));
  }

  void write_constructor(std::size_t m, member_names const& members) {
    auto const& module = modules_[m];
    if (members.modules.empty() && members.numbers.empty())
      return;
    std::vector<expression> parameters;
    for (auto const& name : module.parameters)
      parameters.push_back({"int64_t " + name});
    std::vector<std::string> initializers;
    for (auto const& [name, member] : members.numbers)
      initializers.push_back(fmt::format("{}({})", member, name));
    auto const after = fmt::format("{}{} {{{}", initializers.empty() ? "" : " : ", fmt::join(initializers, ", "),
                                   members.modules.empty() ? "}" : "");
    out_.call_line(parameters.size() == 1 ? "explicit " : "", call(type_names_[m] + "Impl", parameters), after);
    if (!members.modules.empty()) {
      out_.indent();
      for (std::size_t i = 0; i < module.operations.size(); ++i)
        if (auto const& op = module.body().operations[i]; is_member(op, module.body())) {
          bool const is_parameter = !holds_region(op) && libtorch_form_of(typed(op, module.body())).is_parameter();
          out_.call_line(members.modules.at(op.name()) + " = ",
                         call(is_parameter ? "register_parameter" : "register_module",
                              {{fmt::format("\"{}\"", op.name())}, construction(op, module, module.operations[i])}),
                         ";");
        }
      out_.close();
    }
    out_.line();
  }

  [[nodiscard]] expression construction(operation const& op, outlined_module const& module,
                                        outlined_operation const& outlined) const {
    if (!outlined.module) {
      auto const t = typed(op, module.body());
      return libtorch_form_of(t).construct(t, outlined.numbers);
    }
    std::vector<expression> arguments;
    for (auto const& argument : outlined.arguments)
      arguments.push_back({argument.text()});
    return call(type_names_[*outlined.module], arguments);
  }

  void write_members(outlined_module const& module, member_names const& members) {
    if (members.modules.empty() && members.numbers.empty())
      return;
    out_.line();
    for (auto const& [name, member] : members.numbers)
      out_.line(fmt::format("int64_t {};", member));
    for (std::size_t i = 0; i < module.operations.size(); ++i) {
      auto const& op = module.body().operations[i];
      if (!is_member(op, module.body()))
        continue;
      auto const& held = module.operations[i].module;
      auto const type = held ? std::string_view{type_names_[*held]} : libtorch_form_of(typed(op, module.body())).member;
      bool const is_parameter = !held && libtorch_form_of(typed(op, module.body())).is_parameter();
      out_.line(fmt::format("{} {}{};", type, members.modules.at(op.name()), is_parameter ? "" : "{nullptr}"));
    }
  }

  std::vector<outlined_module> const& modules_;
  std::vector<libtorch_helper> helpers_;
  identifier_scope names_;
  std::vector<std::string> type_names_;
  code_writer out_;
};

} // namespace

std::string shape_text(tensor_type const& type) {
  switch (type.kind) {
  case dsl::tensor_kind::image:
    return fmt::format("[N, {}, {}, {}]", type.channels, type.height, type.width);
  case dsl::tensor_kind::vector:
    return fmt::format("[N, {}]", type.channels);
  case dsl::tensor_kind::ids:
    return fmt::format("[N, {}]", type.positions());
  default:
    return fmt::format("[N, {}, {}]", type.positions(), type.channels);
  }
}

graph simplify_for_libtorch(graph const& network) {
  return inline_blocks(remove_dead_code(fold_identities(network)));
}

std::string libtorch_network(graph const& simplified, std::string const& name_space) {
  return header_writer{outline(simplified, code_of)}.write(name_space);
}

} // namespace espalier::compiler
