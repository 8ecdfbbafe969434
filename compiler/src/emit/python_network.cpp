#include "python_network.hpp"

#include "forward_writer.hpp"
#include "python_leaves.hpp"
#include "python_writer.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/passes/fold_identities.hpp>
#include <espalier/compiler/passes/inline_blocks.hpp>
#include <espalier/compiler/passes/remove_dead_code.hpp>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <set>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

// What `self` has of torch.nn.Module: a module of such a name is kept under its name, but is no attribute.
constexpr std::string_view module_words =
    " T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches "
    "eval "
    "extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules "
    "mtia named_buffers named_children named_modules named_parameters parameters register_backward_hook "
    "register_buffer "
    "register_forward_hook register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook "
    "register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter "
    "register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule "
    "share_memory state_dict to to_empty train training type xpu zero_grad ";

bool holds_region(operation const& op) {
  return op.form() == structure::block || op.form() == structure::recurrence;
}

bool has_weights(operation const& op, region const& in) {
  return python_form_of(typed(op, in)).construct != nullptr;
}

code_numbers code_of(typed_operation const& t) {
  // A sum is written as one, not as a call.
  return t.op.form() == structure::add ? code_numbers{} : python_form_of(t).code;
}

bool is_member(operation const& op, region const& in) {
  return holds_region(op) || (op.form() != structure::add && has_weights(op, in));
}

// The helpers that some operation's code names, in their order.
std::vector<python_helper> helpers_of(std::vector<outlined_module> const& modules) {
  std::set<std::string_view> named;
  for (auto const& m : modules)
    for (auto const& op : m.body().operations) {
      if (op.form() == structure::recurrence)
        named.insert("recur");
      else if (op.form() != structure::block && op.form() != structure::add)
        named.insert(python_form_of(typed(op, m.body())).helper);
    }
  std::vector<python_helper> helpers;
  std::ranges::copy_if(python_helpers(), std::back_inserter(helpers),
                       [&](auto const& helper) { return named.contains(helper.name); });
  return helpers;
}

bool is_attribute(std::string const& name) {
  auto const is_among = [&](std::string_view words) { return words.find(" " + name + " ") != std::string_view::npos; };
  return std::isdigit(static_cast<unsigned char>(name.front())) == 0 && !name.starts_with('_') &&
         !is_among(python_words) && !is_among(module_words);
}

// The members of one module: the modules it holds, and the constructor parameters that functions in `forward` read.
struct member_names {
  std::map<std::string, std::string> modules; // how the module of a value is read
  std::map<std::string, std::string> numbers; // how a parameter is read

  explicit member_names(outlined_module const& module) {
    identifier_scope scope{module_words};
    auto const& body = module.body();
    for (auto const& op : body.operations)
      if (is_member(op, body) && is_attribute(op.name()))
        modules.emplace(op.name(), "self." + scope.claim(op.name()));
      else if (is_member(op, body))
        modules.emplace(op.name(), fmt::format("self._modules[\"{}\"]", op.name()));
    for (std::size_t i = 0; i < module.operations.size(); ++i)
      if (!is_member(body.operations[i], body))
        for (auto const& [name, n] : module.operations[i].numbers)
          if (!n.parameter.empty() && !numbers.contains(n.parameter))
            numbers.emplace(n.parameter, "self." + scope.claim(n.parameter));
  }
};

class python_forward : public forward_writer {
public:
  python_forward(outlined_module const& module, member_names const& members, source_writer& out)
      : forward_writer(module, identifier_scope{python_words}, out), module_(module), members_(members) {}

private:
  [[nodiscard]] expression computed(std::size_t i, std::vector<expression> const& operands) const override {
    auto const& op = operation_at(i);
    auto const member = is_member(op, body()) ? members_.modules.at(op.name()) : "";
    if (op.form() == structure::recurrence)
      return call("recur", {{member}, operands.front(), {std::to_string(op.type().channels)}});
    if (op.form() == structure::block)
      return call(member, operands);
    auto const t = typed(op, body());
    auto const& form = python_form_of(t);
    if (form.apply == nullptr)
      return call(member, operands);
    auto const numbers = member.empty() ? as_members(module_.operations[i].numbers) : python_form::numbers{};
    python_call site{t, numbers, {}, member, op.is("tied_linear") ? embedding_before(i) : ""};
    for (auto const& operand : operands)
      site.x.push_back(operand.name);
    return form.apply(site);
  }

  // The member of the embedding whose weights a tied linear layer uses.
  [[nodiscard]] std::string embedding_before(std::size_t i) const {
    while (i-- > 0)
      if (auto const& op = operation_at(i); op.is("embedding"))
        return members_.modules.at(op.name());
    throw user_error(fmt::format("tied_linear() in the block {} shares the weights of an embedding outside of it: put "
                                 "both into one block",
                                 module_.first_path));
  }

  [[nodiscard]] std::string assignment(std::string const& variable, bool) const override { return variable + " = "; }

  // In `forward`, a number that is a constructor parameter is read from its member; those of modules are theirs.
  [[nodiscard]] python_form::numbers as_members(python_form::numbers numbers) const {
    for (auto& [name, n] : numbers)
      if (!n.parameter.empty())
        n.parameter = members_.numbers.at(n.parameter);
    return numbers;
  }

  outlined_module const& module_;
  member_names const& members_;
};

// Writes the modules of a network as classes.
class file_writer {
public:
  explicit file_writer(std::vector<outlined_module> const& modules) : modules_(modules), helpers_(helpers_of(modules)) {
    for (auto const& helper : helpers_)
      names_.claim(std::string{helper.name});
    auto const network = names_.claim("Network");
    for (auto const& m : modules)
      class_names_.push_back(&m == &modules.back() ? network : names_.claim(pascal_case(m.label)));
  }

  std::string write() && {
    out_.line("\"\"\"A network as plain PyTorch modules; README.md says which.\"\"\"");
    out_.line();
    out_.line("import torch");
    for (auto const& helper : helpers_) {
      separate();
      out_.line(helper.code.substr(0, helper.code.size() - 1));
    }
    for (std::size_t m = 0; m < modules_.size(); ++m) {
      separate();
      write_class(m);
    }
    return std::move(out_).finish();
  }

private:
  void separate() {
    out_.line();
    out_.line();
  }

  void write_class(std::size_t m) {
    auto const& module = modules_[m];
    member_names const members{module};
    out_.open(fmt::format("class {}(torch.nn.Module):", class_names_[m]));
    out_.documentation(what_is(module), shapes_text(module.body()));
    out_.line();
    write_constructor(m, members);
    python_forward forward{module, members, out_};
    std::vector<expression> arguments{{"self"}};
    for (auto const& name : forward.arguments())
      arguments.push_back({name});
    out_.call_line("def ", call("forward", arguments), ":");
    out_.indent();
    forward.write_statements();
    out_.unindent();
    out_.unindent();
  }

  [[nodiscard]] std::string what_is(outlined_module const& module) const {
    if (&module == &modules_.back())
      return "The network";
    if (module.instances.size() == 1)
      return module.first_path;
    return fmt::format("Used {} times; the first is {}", module.instances.size(), module.first_path);
  }

  void write_constructor(std::size_t m, member_names const& members) {
    auto const& module = modules_[m];
    if (members.modules.empty() && members.numbers.empty())
      return;
    std::vector<expression> parameters{{"self"}};
    for (auto const& name : module.parameters)
      parameters.push_back({name});
    out_.call_line("def ", call("__init__", parameters), ":");
    out_.indent();
    out_.line("super().__init__()");
    for (auto const& [name, member] : members.numbers)
      out_.line(fmt::format("{} = {}", member, name));
    for (std::size_t i = 0; i < module.operations.size(); ++i)
      if (auto const& op = module.body().operations[i]; is_member(op, module.body()))
        out_.call_line(members.modules.at(op.name()) + " = ", construction(op, module, module.operations[i]), "");
    out_.unindent();
    out_.line();
  }

  [[nodiscard]] expression construction(operation const& op, outlined_module const& module,
                                        outlined_operation const& outlined) const {
    if (!outlined.module) {
      auto const t = typed(op, module.body());
      return python_form_of(t).construct(t, outlined.numbers);
    }
    std::vector<expression> arguments;
    for (auto const& argument : outlined.arguments)
      arguments.push_back({argument.text()});
    return call(class_names_[*outlined.module], arguments);
  }

  std::vector<outlined_module> const& modules_;
  identifier_scope names_{python_words};
  std::vector<python_helper> helpers_;
  std::vector<std::string> class_names_;
  python_writer out_;
};

} // namespace

graph simplify_for_python(graph const& network) {
  return inline_blocks(remove_dead_code(fold_identities(network)));
}

std::string python_network(graph const& simplified) {
  return file_writer{outline(simplified, code_of)}.write();
}

} // namespace espalier::compiler
