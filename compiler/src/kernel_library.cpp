#include <espalier/compiler/kernel_library.hpp>

#include "process.hpp"
#include "temporary_folder.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/text.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>

#include <dlfcn.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

namespace fs = std::filesystem;

namespace {

// Kernels of one map size and number of channels share one border, so that they share a padded map.
constexpr int border = 4;

std::string symbol(fused_stage const& s) {
  constexpr std::string_view kinds[] = {"separable", "dense", "factorized"};
  return fmt::format("{}_{}_{}_{}_{}_{}_{}_{}", kinds[static_cast<std::size_t>(s.what)], s.kernel, s.dilation, s.stride,
                     s.in.height, s.in.width, s.in.channels, s.out.channels);
}

// The template of a stage's kernels with its arguments.
std::string spelled(fused_stage const& s, std::string const& number) {
  auto const edge = std::max(border, s.kernel / 2 * s.dilation);
  auto const maps = fmt::format("{}, {}, {}, {}, {}", s.in.height, s.in.width, s.in.channels, s.out.channels, edge);
  switch (s.what) {
  case fused_stage::kind::separable:
    return fmt::format("separable<{}, {}, {}, {}, {}>", number, s.kernel, s.dilation, s.stride, maps);
  case fused_stage::kind::dense:
    return fmt::format("dense<{}, {}, {}>", number, s.kernel, maps);
  default:
    return fmt::format("factorized<{}, {}>", number, maps);
  }
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
    // Predictive commoning would keep in registers what fits only in memory.
    std::string made = "// Kernels of the mixed sums of a search space, one table for each shape.\n\n"
                       "#pragma GCC optimize(\"no-predictive-commoning\")\n"
                       "#include <espalier/kernels/combining.hpp>\n"
                       "#include <espalier/kernels/dense.hpp>\n"
                       "#include <espalier/kernels/factorized.hpp>\n"
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
    for (auto const& s : candidate.stages)
      add(symbol(s), "stage_table", spelled(s, number_));
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

constexpr char const* options[] = {"-std=c++20", "-O3",  "-march=native", "-w", "-fdiagnostics-color=never",
                                   "-shared",    "-fPIC"};

// The instructions that this machine has.
std::string processor() {
  std::ifstream in{"/proc/cpuinfo"};
  std::string known;
  for (std::string line; std::getline(in, line) && !line.empty();)
    if (line.starts_with("model name") || line.starts_with("flags") || line.starts_with("Features"))
      known += line + "\n";
  return known;
}

// What the library is made of: its own text and that of the templates, the compiler and the machine.
std::string identity(std::string const& text, header_compiler const& tools) {
  auto all = fmt::format("{}{} {}\n{}", text, tools.command, fmt::join(options, " "), processor());
  for (auto const& folder : tools.include_folders)
    for (auto const* const name : {"combining", "dense", "depthwise", "factorized", "maps", "pointwise", "pooling",
                                   "rectified", "separable", "tables"})
      all += content_of(folder / "espalier" / "kernels" / (std::string{name} + ".hpp"));
  return fingerprint(all);
}

// A file of this process that is moved to its place when it is complete.
class file_aside {
public:
  explicit file_aside(fs::path place)
      : place_(std::move(place)), path_(place_.string() + fmt::format(".{}", getpid())) {}
  ~file_aside() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  file_aside(file_aside const&) = delete;
  file_aside& operator=(file_aside const&) = delete;

  [[nodiscard]] fs::path const& path() const { return path_; }
  void keep() const { fs::rename(path_, place_); }

private:
  fs::path place_;
  fs::path path_;
};

// Beside the library stays what it was compiled from.
void compile_to(fs::path const& library, std::string const& text, header_compiler const& tools) {
  file_aside const made{library};
  file_aside const complaints{library.string() + ".log"};
  file_aside const output{library.string() + ".out"};
  auto const source = fs::path{library}.replace_extension(".cpp");
  file_aside const written{source};
  if (!(std::ofstream{written.path()} << text << std::flush))
    throw user_error(
        fmt::format("cannot write {}; set XDG_CACHE_HOME to a folder that can be written", source.string()));
  std::istringstream words{tools.command};
  std::vector<std::string> command{std::istream_iterator<std::string>{words}, {}};
  for (auto const* option : options)
    command.emplace_back(option);
  for (auto const& folder : tools.include_folders)
    command.push_back("-I" + folder.string());
  command.insert(command.end(), {"-o", made.path().string(), "-x", "c++", written.path().string()});
  auto const failed = [&](std::string const& why) {
    return user_error(fmt::format("cannot compile kernels with '{}': {}\nset CXX to a C++20 compiler", tools.command,
                                  why.substr(0, 2000)));
  };
  int status = 0;
  try {
    status = run_process(command, output.path(), complaints.path());
  } catch (user_error const& error) {
    throw failed(error.what());
  }
  if (status != 0)
    throw failed(content_of(complaints.path()));
  written.keep();
  made.keep();
}

// For good: the address of a kernel names what is kept for it.
void* load(fs::path const& library) {
  return dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

// The handle of a library in a folder, made there unless it is known.
void* make_in(fs::path const& folder, std::string const& text, header_compiler const& tools) {
  std::error_code ignored; // writing fails with a message of its own
  fs::create_directories(folder, ignored);
  auto const library = folder / ("kernels-" + identity(text, tools) + ".so");
  if (fs::exists(library))
    if (auto* const handle = load(library); handle != nullptr) // else it is damaged
      return handle;
  compile_to(library, text, tools);
  auto* const handle = load(library);
  if (handle == nullptr)
    throw user_error(fmt::format(
        "cannot load compiled kernels: {}; set XDG_CACHE_HOME to a folder that may hold programs", dlerror()));
  return handle;
}

} // namespace

std::shared_ptr<kernel_library const> kernel_library::compile(graph const& expanded, header_compiler const& tools,
                                                              precision of) {
  kernel_writer writer{of == precision::single ? "float" : "double"};
  writer.add(expanded.body);
  if (writer.is_empty())
    return nullptr;
  auto const text = writer.text();
  std::optional<temporary_folder> passing; // what is loaded outlives its file
  auto const folder = tools.cache.empty() ? passing.emplace().path() : tools.cache;
  auto* const handle = make_in(folder, text, tools);
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

void const* kernel_library::of(fused_stage const& stage) const {
  return table(symbol(stage));
}
void const* kernel_library::of(pooling_stage const& stage) const {
  return table(symbol(stage));
}
void const* kernel_library::of_channels(int channels) const {
  return table(symbol(channels));
}

} // namespace espalier::compiler
