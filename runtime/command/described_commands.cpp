#include "described_commands.hpp"

#include "network_commands.hpp"
#include "shipped_spaces.hpp"

#include <espalier/compiler/names.hpp>
#include <espalier/compiler/passes.hpp>
#include <espalier/runtime/dataset.hpp>

#include <string>

namespace espalier::command {

namespace {

// What flags and positional arguments take, by the word that help shows for it.
std::vector<std::string> values_of(std::string const& kind) {
  std::vector<std::string> values;
  if (kind == "SPACE")
    for (auto const& shipped : shipped_spaces())
      values.push_back(compiler::spelled(shipped.space.name));
  if (kind == "STRATEGY")
    for (auto const& strategy : runtime::strategies())
      values.push_back(strategy.name);
  if (kind == "DATA")
    values = runtime::known_data();
  if (kind == "PASS")
    for (auto const& pass : compiler::passes())
      values.emplace_back(pass.name);
  if (kind == "TARGET")
    values = emission_targets();
  if (kind == "FORMAT")
    values = {"archive", "safetensors"};
  if (kind == "COST")
    values = {"macs", "params"};
  if (kind == "LAW")
    values = {"best-up", "worst-up", "uniform"};
  if (kind == "RULE")
    values = {"eigenvalue", "skips"};
  if (kind == "SHELL")
    values = {"bash", "zsh", "fish"};
  return values;
}

} // namespace

std::vector<command_description> described_commands(CLI::App const& app) {
  std::vector<command_description> commands;
  for (auto const* command : app.get_subcommands(nullptr)) {
    auto& made = commands.emplace_back(command_description{command->get_name(), command->get_description(), {}, {}});
    for (auto const* level : {command, &app})
      for (auto const* option : level->get_options()) {
        auto const& flags = option->get_lnames();
        if (option->get_positional())
          made.positionals.push_back(
              {option->get_name(true), option->get_description(), true, values_of(option->get_name(true))});
        else if (!flags.empty() && !(level == &app && option->get_type_size() == 0))
          made.flags.push_back({"--" + flags.front(), option->get_description(), option->get_type_size() > 0,
                                values_of(option->get_type_name())});
      }
  }
  return commands;
}

} // namespace espalier::command
