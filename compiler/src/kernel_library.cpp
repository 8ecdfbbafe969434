#include <espalier/compiler/kernel_library.hpp>

#include "process.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/text.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <dlfcn.h>
#include <unistd.h>

#include <fmt/format.h>

namespace espalier::compiler {

namespace fs = std::filesystem;

namespace {

// Kernels of one map size and number of channels share one border, so that they share a padded map.
constexpr int border = 4;

std::string symbol(separable_stage const& s) {
  return fmt::format("separable_{}_{}_{}_{}_{}_{}_{}", s.kernel, s.dilation, s.stride, s.in.height, s.in.width,
                     s.in.channels, s.out.channels);
}

std::string symbol(pooling_stage const& s) {
  return fmt::format("{}_pool_{}_{}_{}_{}_{}", s.takes_maximum ? "max" : "avg", s.kernel, s.stride, s.in.height,
                     s.in.width, s.in.channels);
}

std::string symbol(int channels) {
  return fmt::format("combining_{}", channels);
}

// The tables that the sums of a graph need, each as a line of C++.
class kernel_writer {
public:
  explicit kernel_writer(std::string number) : number_(std::move(number)) {}

  void add(region const& body) {
    for (auto const& sum : find_mixed_sums(body))
      for (auto const& edge : sum.edges) {
        add(symbol(sum.type.channels), "map_table", fmt::format("combining<{}, {}>", number_, sum.type.channels));
        for (auto const& candidate : edge.candidates)
          add(candidate);
      }
    for (auto const& op : body.operations)
      for (auto const& inner : op.regions)
        add(inner);
  }

  [[nodiscard]] bool is_empty() const { return lines_.empty(); }
  [[nodiscard]] std::string text() const {
    std::string made = "#include <espalier/kernels/combining.hpp>\n"
                       "#include <espalier/kernels/pooling.hpp>\n"
                       "#include <espalier/kernels/separable.hpp>\n\n"
                       "using namespace espalier::kernels;\n\n"
                       "extern \"C\" {\n";
    for (auto const& line : lines_)
      made += line;
    return made + "}\n";
  }

private:
  void add(mixed_candidate const& candidate) {
    using kind = mixed_candidate::kind;
    for (auto const& s : candidate.stages) {
      add(symbol(s), "separable_table",
          fmt::format("separable<{}, {}, {}, {}, {}, {}, {}, {}, {}>", number_, s.kernel, s.dilation, s.stride,
                      s.in.height, s.in.width, s.in.channels, s.out.channels,
                      std::max(border, s.kernel / 2 * s.dilation)));
      add(symbol(s.out.channels), "map_table", fmt::format("combining<{}, {}>", number_, s.out.channels));
    }
    if (candidate.what == kind::pooling) {
      auto const& p = candidate.pool;
      add(symbol(p), "pool_table",
          fmt::format("pooling<{}, pool::{}, {}, {}, {}, {}, {}>", number_, p.takes_maximum ? "maximum" : "average",
                      p.kernel, p.stride, p.in.height, p.in.width, p.in.channels));
    }
  }

  void add(std::string const& name, std::string_view table, std::string const& kernels) {
    lines_.insert(fmt::format("{0}<{1}> const* {2}() {{ return &{3}::table; }}\n", table, number_, name, kernels));
  }

  std::string number_;
  std::set<std::string> lines_;
};

std::string content_of(fs::path const& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

// What the library is made of: its own text and that of the templates.
std::string sources(std::string const& text, header_compiler const& tools) {
  auto all = text + tools.command;
  for (auto const& folder : tools.include_folders)
    for (auto const* const name : {"combining", "depthwise", "maps", "pointwise", "pooling", "separable", "tables"})
      all += content_of(folder / "espalier" / "kernels" / (std::string{name} + ".hpp"));
  return all;
}

void compile_to(fs::path const& library, std::string const& text, header_compiler const& tools) {
  auto const aside = library.string() + fmt::format(".{}", getpid());
  auto const source = aside + ".cpp";
  auto const complaints = aside + ".log";
  std::ofstream{source} << text;
  std::istringstream words{tools.command};
  std::vector<std::string> command{std::istream_iterator<std::string>{words}, {}};
  for (auto const* option :
       {"-std=c++20", "-O3", "-march=native", "-w", "-fdiagnostics-color=never", "-shared", "-fPIC"})
    command.emplace_back(option);
  for (auto const& folder : tools.include_folders)
    command.push_back("-I" + folder.string());
  command.insert(command.end(), {"-o", aside, source});
  auto const status = run_process(command, aside + ".out", complaints);
  auto const complained = content_of(complaints);
  std::error_code ignored;
  for (auto const& file : {source, complaints, aside + ".out"})
    fs::remove(file, ignored);
  if (status != 0)
    throw user_error(fmt::format("cannot compile kernels with '{}':\n{}\nset CXX to a C++20 compiler", tools.command,
                                 complained.substr(0, 2000)));
  fs::rename(aside, library);
}

} // namespace

std::shared_ptr<kernel_library const> kernel_library::compile(graph const& expanded, header_compiler const& tools,
                                                              precision of) {
  kernel_writer writer{of == precision::single ? "float" : "double"};
  writer.add(expanded.body);
  if (writer.is_empty())
    return nullptr;
  auto const text = writer.text();
  auto const folder = tools.cache.empty() ? fs::temp_directory_path() : tools.cache;
  fs::create_directories(folder);
  auto const library = folder / ("kernels-" + fingerprint(sources(text, tools)) + ".so");
  if (!fs::exists(library))
    compile_to(library, text, tools);
  auto* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr)
    throw user_error(fmt::format("{}: {}; delete the file", library.string(), dlerror()));
  return std::shared_ptr<kernel_library const>{new kernel_library{handle, of}};
}

kernel_library::~kernel_library() {
  dlclose(handle_);
}

void const* kernel_library::table(std::string const& name) const {
  auto* const found = dlsym(handle_, name.c_str());
  if (found == nullptr)
    throw internal_error(fmt::format("no kernels {}", name));
  return reinterpret_cast<void const* (*)()>(found)();
}

void const* kernel_library::of(separable_stage const& stage) const {
  return table(symbol(stage));
}
void const* kernel_library::of(pooling_stage const& stage) const {
  return table(symbol(stage));
}
void const* kernel_library::of_channels(int channels) const {
  return table(symbol(channels));
}

} // namespace espalier::compiler
