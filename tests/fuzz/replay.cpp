#include "parse_text.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>

/// replay FOLDER: gives every file of a folder to the fuzzed function, which aborts where it finds a fault.
int main(int argc, char** argv) {
  if (argc != 2)
    return 2;
  int count = 0;
  for (auto const& entry : std::filesystem::directory_iterator{argv[1]}) {
    std::ifstream file{entry.path(), std::ios::binary};
    std::string const bytes{std::istreambuf_iterator<char>{file}, {}};
    fmt::print("{}\n", entry.path().filename().string());
    std::fflush(stdout);
    LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
    ++count;
  }
  fmt::print("{} inputs\n", count);
  return count > 0 ? 0 : 1;
}
