#include "command_line.hpp"

#include <espalier/compiler/error.hpp>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <system_error>

#include <fmt/format.h>

namespace {

enum exit_code { done = 0, our_fault = 1, users_fault = 2 };

// What was printed is only there once it has left the buffer.
void flush_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw espalier::user_error(fmt::format("cannot write the output: {}", std::generic_category().message(errno)));
}

} // namespace

int main(int argc, char** argv) try {
  try {
    espalier::command::read_command_line(argc, argv)();
  } catch (std::system_error const& error) { // a long output does not wait for the end
    if (std::ferror(stdout) != 0)
      throw espalier::user_error(fmt::format("cannot write the output: {}", error.code().message()));
    throw;
  }
  flush_output();
  return done;
} catch (espalier::user_error const& error) {
  fmt::print(stderr, "espalier: {}\n", error.what());
  return users_fault;
} catch (char const* limit) { // of the language, which a C++ compiler states while it compiles
  fmt::print(stderr, "espalier: {}: this cannot be counted; divide the space\n", limit);
  return users_fault;
} catch (std::exception const& error) {
  fmt::print(
      stderr,
      "espalier: {}\nThis is a fault of espalier, not yours. Please report it with the command and this message.\n",
      error.what());
  return our_fault;
}
