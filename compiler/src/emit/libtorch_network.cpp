#include "libtorch_network.hpp"

#include "code_writer.hpp"
#include "forward_writer.hpp"
#include "identifiers.hpp"
#include "libtorch_deployment.hpp"
#include "libtorch_leaves.hpp"
#include "outline.hpp"
#include "shape_text.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

namespace {

leaf_form const& form_of(typed_operation const& t) {
  return libtorch_form_of(t);
}

bool is_member(operation const& op, region const& in) {
  return is_member(op, in, form_of);
}

// The helpers that some operation's code names, in their order.
std::vector<libtorch_helper> helpers_of(std::vector<outlined_module> const& modules) {
  auto named = helpers_named(modules, form_of);
  if (reads_images(modules))
    named.insert("channels_last");
  std::vector<libtorch_helper> helpers;
  std::ranges::copy_if(libtorch_helpers(), std::back_inserter(helpers),
                       [&](auto const& helper) { return named.contains(helper.name); });
  return helpers;
}

// The same for a network that is deployed.
std::vector<libtorch_helper> deployed(std::vector<libtorch_helper> helpers,
                                      std::vector<outlined_module> const& modules) {
  std::set<std::string_view> named;
  for (auto const& helper : helpers)
    named.insert(helper.name);
  for (auto const& m : modules)
    for (auto const& op : m.body().operations)
      if (!holds_region(op) && is_member(op, m.body()))
        named.insert(deployed_type(libtorch_form_of(typed(op, m.body())).member));
  if (named.contains("Linear") || named.contains("SqueezeExcite"))
    named.insert("affine");
  std::erase_if(helpers, [](auto const& helper) {
    return std::ranges::find(deployment_helpers(), helper.name, &libtorch_helper::name) != deployment_helpers().end();
  });
  std::ranges::copy_if(deployment_helpers(), std::back_inserter(helpers),
                       [&](auto const& helper) { return named.contains(helper.name); });
  return helpers;
}

// Takes the members' names in the scope.
member_names members_of(outlined_module const& module, identifier_scope& scope) {
  member_names members;
  for (std::size_t i = 0; i < module.operations.size(); ++i) {
    auto const& op = module.body().operations[i];
    if (is_member(op, module.body()))
      members.modules.emplace(op.name(), scope.claim(op.name() + "_"));
    else
      for (auto const& [name, n] : module.operations[i].numbers)
        if (!n.parameter.empty() && !members.numbers.contains(n.parameter))
          members.numbers.emplace(n.parameter, scope.claim(n.parameter + "_"));
  }
  return members;
}

class libtorch_forward : public forward_writer {
public:
  libtorch_forward(outlined_module const& module, member_names const& members, identifier_scope const& scope,
                   source_writer& out, bool is_deployed)
      : forward_writer(module, members, form_of, scope, out), is_deployed_(is_deployed) {}

private:
  [[nodiscard]] std::string assignment(std::string const& variable, bool is_new) const override {
    return (is_new ? "auto " : "") + variable + " = ";
  }
  [[nodiscard]] expression written(operation const& op, region const& in, expression e) const override {
    if (is_deployed_ && can_overwrite(op, in))
      e.name += "_"; // as LibTorch calls what works in place
    return e;
  }

  bool is_deployed_;
};

// Writes the modules of a network as structs.
class header_writer {
public:
  header_writer(std::vector<outlined_module> const& modules, bool is_deployed)
      : modules_(modules), is_deployed_(is_deployed),
        helpers_(is_deployed ? deployed(helpers_of(modules), modules) : helpers_of(modules)) {
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
  void write_struct(std::size_t m) {
    auto const& module = modules_[m];
    write_comment(module);
    out_.open(fmt::format("struct {}Impl : torch::nn::Module {{", type_names_[m]));
    identifier_scope scope;
    auto const members = members_of(module, scope);
    write_constructor(m, members);
    libtorch_forward forward{module, members, scope, out_, is_deployed_};
    write_forward(forward, &module == &modules_.back());
    write_members(module, members);
    out_.close("};");
    out_.line(fmt::format("TORCH_MODULE({});", type_names_[m]));
  }

  // An argument that nothing reads has no name, of which compilers would warn.
  void write_forward(libtorch_forward& forward, bool is_network) {
    std::vector<expression> arguments;
    for (auto const& [variable, is_read] : forward.arguments())
      arguments.push_back({is_read ? "torch::Tensor " + variable : "torch::Tensor"});
    out_.call_line("torch::Tensor ", call("forward", arguments), " {");
    out_.indent();
    if (is_network && is_deployed_)
      out_.line("c10::InferenceMode no_gradients;");
    if (is_network && reads_images(modules_))
      out_.line("x = channels_last(x);");
    forward.write_statements();
    out_.close();
  }

  void write_comment(outlined_module const& module) {
    auto const shapes = shapes_text(module.body());
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
    out_.constructor_line(parameters.size() == 1 ? "explicit " : "", call(type_names_[m] + "Impl", parameters),
                          initializers, members.modules.empty() ? " {}" : " {");
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
      auto made = libtorch_form_of(t).construct(t, outlined.numbers);
      if (is_deployed_)
        made.name = deployed_type(made.name);
      return made;
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
      auto const type = held ? std::string_view{type_names_[*held]} : leaf_type(typed(op, module.body()));
      bool const is_parameter = !held && libtorch_form_of(typed(op, module.body())).is_parameter();
      out_.line(fmt::format("{} {}{};", type, members.modules.at(op.name()), is_parameter ? "" : "{nullptr}"));
    }
  }

  [[nodiscard]] std::string_view leaf_type(typed_operation const& t) const {
    auto const member = libtorch_form_of(t).member;
    return is_deployed_ ? deployed_type(member) : member;
  }

  std::vector<outlined_module> const& modules_;
  bool is_deployed_;
  std::vector<libtorch_helper> helpers_;
  identifier_scope names_;
  std::vector<std::string> type_names_;
  code_writer out_;
};

} // namespace

std::string libtorch_network(graph const& simplified, std::string const& name_space, bool is_deployed) {
  auto const modules = outline(simplified, [](typed_operation const& t) { return code_numbers_in(t, form_of); });
  return header_writer{modules, is_deployed}.write(name_space);
}

} // namespace espalier::compiler
