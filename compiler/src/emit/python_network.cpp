#include "python_network.hpp"

#include "forward_writer.hpp"
#include "python_leaves.hpp"
#include "python_writer.hpp"
#include "shape_text.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>

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

// The helpers that some operation's code names, in their order.
std::vector<python_helper> helpers_of(std::vector<outlined_module> const& modules) {
  auto named = helpers_named(modules, python_form_of);
  if (reads_images(modules))
    named.insert("channels_last");
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

bool is_member(operation const& op, region const& in) {
  return is_member(op, in, python_form_of);
}

member_names members_of(outlined_module const& module) {
  member_names members;
  identifier_scope scope{module_words};
  auto const& body = module.body();
  for (auto const& op : body.operations)
    if (is_member(op, body))
      members.modules.emplace(op.name(), is_attribute(op.name()) ? "self." + scope.claim(op.name())
                                                                 : fmt::format("self._modules[\"{}\"]", op.name()));
  for (std::size_t i = 0; i < module.operations.size(); ++i)
    if (!is_member(body.operations[i], body))
      for (auto const& [name, n] : module.operations[i].numbers)
        if (!n.parameter.empty() && !members.numbers.contains(n.parameter))
          members.numbers.emplace(n.parameter, "self." + scope.claim(n.parameter));
  return members;
}

class python_forward : public forward_writer {
public:
  python_forward(outlined_module const& module, member_names const& members, source_writer& out)
      : forward_writer(module, members, python_form_of, identifier_scope{python_words}, out) {}

private:
  [[nodiscard]] std::string assignment(std::string const& variable, bool) const override { return variable + " = "; }
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
    auto const members = members_of(module);
    out_.open(fmt::format("class {}(torch.nn.Module):", class_names_[m]));
    out_.documentation(what_is(module), shapes_text(module.body()));
    out_.line();
    write_constructor(m, members);
    python_forward forward{module, members, out_};
    std::vector<expression> arguments{{"self"}};
    for (auto const& argument : forward.arguments())
      arguments.push_back({argument.variable});
    out_.call_line("def ", call("forward", arguments), ":");
    out_.indent();
    if (&module == &modules_.back() && reads_images(modules_))
      out_.line("x = channels_last(x)");
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

std::string python_network(graph const& simplified) {
  return file_writer{outline(simplified, [](typed_operation const& t) { return code_numbers_in(t, python_form_of); })}
      .write();
}

} // namespace espalier::compiler
