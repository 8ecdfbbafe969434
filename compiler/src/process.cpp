#include "process.hpp"

#include <espalier/compiler/error.hpp>

#include <cerrno>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

// This process's environment, but with messages in English and in ASCII.
std::vector<std::string> environment_in_c_locale() {
  std::vector<std::string> variables{"LC_ALL=C"};
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (std::string_view const text{*variable}; !text.starts_with("LC_ALL=") && !text.starts_with("LANGUAGE="))
      variables.emplace_back(text);
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

} // namespace

int run_process(std::vector<std::string> const& arguments, std::filesystem::path const& output,
                std::filesystem::path const& complaints) {
  auto words = arguments;
  auto variables = environment_in_c_locale();
  auto const argv = pointers_to(words);
  auto const envp = pointers_to(variables);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(), flags, 0600);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, complaints.c_str(), flags, 0600);
  pid_t child = 0;
  int const error = posix_spawnp(&child, argv.front(), &files, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&files);
  if (error != 0)
    throw user_error(fmt::format("cannot run '{}': {}", arguments.front(), std::generic_category().message(error)));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status))
    throw user_error(fmt::format("'{}' was killed by signal {}", arguments.front(), WTERMSIG(status)));
  return WEXITSTATUS(status);
}

} // namespace espalier::compiler
