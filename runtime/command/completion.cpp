#include "completion.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/nearest.hpp>

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace espalier::command {

namespace {

class script {
public:
  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
    text_ += '\n';
  }
  std::string take() { return std::move(text_); }

private:
  std::string text_;
};

// The text between single quotes, for every one of the shells.
std::string quoted(std::string_view text) {
  std::string result = "'";
  for (char const c : text)
    if (c == '\'')
      result += "'\\''";
    else
      result += c;
  return result + "'";
}

std::vector<std::string> names_of(auto const& described) {
  std::vector<std::string> names;
  for (auto const& one : described)
    names.push_back(one.name);
  return names;
}

// Words of the subcommand, then of its positional arguments, and files anywhere.
std::string bash_script(std::vector<command_description> const& commands) {
  script out;
  out.line("_espalier() {{");
  out.line("  local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} words=");
  out.line("  if ((COMP_CWORD == 1)); then");
  out.line("    COMPREPLY=($(compgen -W {} -- \"$word\"))",
           quoted(fmt::format("{} --help --version", fmt::join(names_of(commands), " "))));
  out.line("    return");
  out.line("  fi");
  out.line("  case ${{COMP_WORDS[1]}}:$previous in");
  for (auto const& command : commands)
    for (auto const& flag : command.flags)
      if (!flag.values.empty())
        out.line("    {}:{}) words={} ;;", command.name, flag.name,
                 quoted(fmt::format("{}", fmt::join(flag.values, " "))));
  for (auto const& command : commands) {
    auto words = names_of(command.flags);
    for (auto const& positional : command.positionals)
      words.insert(words.end(), positional.values.begin(), positional.values.end());
    out.line("    {}:*) words={} ;;", command.name, quoted(fmt::format("{}", fmt::join(words, " "))));
  }
  out.line("  esac");
  out.line("  COMPREPLY=($(compgen -W \"$words\" -- \"$word\") $(compgen -f -- \"$word\"))");
  out.line("}}");
  out.line("complete -o filenames -F _espalier espalier");
  return out.take();
}

std::string zsh_action(argument_description const& argument) {
  return argument.values.empty() ? "_files"
                                 : fmt::format("{{_values value {}; _files}}", fmt::join(argument.values, " "));
}

// `_arguments` splits at colons and reads brackets.
std::string zsh_text(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == ':' || c == '[' || c == ']' || c == '\''; }, ' ');
  return text;
}

std::string zsh_script(std::vector<command_description> const& commands) {
  script out;
  out.line("#compdef espalier");
  out.line("_espalier() {{");
  out.line("  local -a commands=(");
  for (auto const& command : commands)
    out.line("    {}", quoted(command.name + ":" + zsh_text(command.what)));
  out.line("  )");
  out.line("  if ((CURRENT == 2)); then _describe command commands; return; fi");
  out.line("  shift words; ((CURRENT--))");
  out.line("  case $words[1] in");
  for (auto const& command : commands) {
    out.line("    {}) _arguments \\", command.name);
    for (auto const& flag : command.flags)
      out.line("      {} \\", quoted(fmt::format("{}[{}]{}", flag.name, zsh_text(flag.what),
                                                 flag.takes_value ? ":value:" + zsh_action(flag) : "")));
    for (auto const& positional : command.positionals)
      out.line("      {} \\", quoted(fmt::format(":{}:{}", positional.name, zsh_action(positional))));
    out.line("      ;;");
  }
  out.line("  esac");
  out.line("}}");
  out.line("_espalier \"$@\"");
  return out.take();
}

std::string fish_script(std::vector<command_description> const& commands) {
  script out;
  auto const names = names_of(commands);
  for (auto const& command : commands) {
    out.line("complete -c espalier -f -n '__fish_use_subcommand' -a {} -d {}", command.name, quoted(command.what));
    auto const condition = quoted("__fish_seen_subcommand_from " + command.name);
    for (auto const& flag : command.flags)
      out.line("complete -c espalier -n {} {} {} -d {}{}{}", condition, flag.name.starts_with("--") ? "-l" : "-s",
               flag.name.substr(flag.name.find_first_not_of('-')), quoted(flag.what), flag.takes_value ? " -r" : "",
               flag.values.empty() ? "" : " -a " + quoted(fmt::format("{}", fmt::join(flag.values, " "))));
    for (auto const& positional : command.positionals)
      if (!positional.values.empty())
        out.line("complete -c espalier -n {} -a {}", condition,
                 quoted(fmt::format("{}", fmt::join(positional.values, " "))));
  }
  return out.take();
}

} // namespace

std::string completion_script(std::string const& shell, std::vector<command_description> const& commands) {
  if (shell == "bash")
    return bash_script(commands);
  if (shell == "zsh")
    return zsh_script(commands);
  if (shell == "fish")
    return fish_script(commands);
  std::vector<std::string> const known{"bash", "zsh", "fish"};
  throw user_error(fmt::format("no completion for shell '{}'{}", shell, compiler::suggest(shell, known)));
}

} // namespace espalier::command
