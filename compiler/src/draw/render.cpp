#include <espalier/compiler/draw.hpp>
#include <espalier/compiler/error.hpp>

#include "../process.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

namespace fs = std::filesystem;

namespace {

constexpr auto formats = std::to_array<std::string_view>({"svg", "png", "pdf"});

void write_text(fs::path const& path, std::string const& text) {
  std::ofstream file{path, std::ios::binary};
  file << text;
  file.close();
  if (!file)
    throw user_error(fmt::format("{}: cannot be written", path.string()));
}

std::string read_text(fs::path const& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// A file beside the picture that goes when the picture is done.
struct scratch_file {
  fs::path path;

  explicit scratch_file(fs::path of) : path(std::move(of)) {}
  scratch_file(scratch_file const&) = delete;
  scratch_file& operator=(scratch_file const&) = delete;
  ~scratch_file() {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
};

int run_graphviz(std::string const& format, fs::path const& text, fs::path const& picture, fs::path const& complaints) {
  try {
    return run_process({"dot", "-T" + format, text.string()}, picture, complaints);
  } catch (user_error const& error) {
    throw user_error(fmt::format("{}; pictures are drawn by Graphviz: apt install graphviz", error.what()));
  }
}

} // namespace

void render(drawing const& picture, fs::path const& path) {
  auto const extension = path.extension().string();
  auto const format = extension.empty() ? "" : extension.substr(1);
  if (format == "dot")
    return write_text(path, picture.dot);
  if (std::ranges::find(formats, format) == formats.end())
    throw user_error(
        fmt::format("{}: no picture format; end the name in .{} or .dot", path.string(), fmt::join(formats, ", .")));
  scratch_file const text{path.string() + ".part.dot"};
  scratch_file const part{path.string() + ".part"};
  scratch_file const complaints{path.string() + ".part.log"};
  write_text(text.path, picture.dot);
  if (auto const status = run_graphviz(format, text.path, part.path, complaints.path); status != 0)
    throw internal_error(
        fmt::format("dot ended with {} while drawing {}: {}", status, picture.name, read_text(complaints.path)));
  std::error_code failure;
  fs::rename(part.path, path, failure);
  if (failure)
    throw user_error(fmt::format("{}: cannot be written: {}", path.string(), failure.message()));
}

} // namespace espalier::compiler
