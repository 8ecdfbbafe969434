#include "check.hpp"

#include <espalier/compiler/error.hpp>

#include <fmt/format.h>

#include <iostream>

// reference_check FILE.json: builds every published architecture of the file, and compares its numbers with those that
// the file expects. Prints a line for each; exits with 1 if any fails, with 2 if the file cannot be read.
int main(int argc, char** argv) {
  std::string const file = argc > 1 ? argv[1] : "";
  if (argc != 2 || file.starts_with('-')) {
    (file == "--help" ? std::cout : std::cerr) << "usage: reference_check FILE.json\n";
    return file == "--help" && argc == 2 ? 0 : 2;
  }
  try {
    int passed = 0;
    int failed = 0;
    for (auto const& entry : reference_check::read_checks(file)) {
      auto const made = reference_check::check(entry);
      ++(made.is_pass ? passed : failed);
      std::cout << fmt::format("{} {}: expected {}; got {}\n", made.is_pass ? "pass" : "FAIL", made.id, made.expected,
                               made.got)
                << std::flush;
    }
    std::cout << fmt::format("{} pass, {} fail\n", passed, failed);
    return failed > 0 ? 1 : 0;
  } catch (espalier::user_error const& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 2;
  }
}
