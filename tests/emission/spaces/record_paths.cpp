// Emits networks of a shipped space with their slices of a supernet's weights, and records what the supernet's sampled
// paths compute: record_paths FOLDER SPACE. Without arguments, lists the spaces that can be emitted.
//
// Each folder FOLDER/K is what `espalier emit` writes of an architecture: five random ones, the cheapest and the
// dearest. FOLDER/compare.cpp compares all of them.

#include <torch/torch.h>

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/compiler/emit.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/passes/fold_identities.hpp>
#include <espalier/compiler/passes/remove_dead_code.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/runtime/network.hpp>
#include <spaces/all.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace {

namespace fs = std::filesystem;
using namespace espalier;
using runtime::network;

constexpr std::size_t random_architectures = 5;
constexpr std::int64_t examples = 2;
constexpr std::uint64_t seed = 7;

void require(bool condition, std::string const& otherwise) {
  if (!condition)
    throw std::runtime_error(otherwise);
}

// Random ones, then the cheapest and the dearest; where those are not known, two more random ones. All differ, as far
// as the space has so many.
std::vector<compiler::architecture> drawn(compiler::compiled_space const& space) {
  std::vector<compiler::architecture> result;
  auto const add = [&](compiler::architecture a) {
    if (std::ranges::find(result, a) == result.end())
      result.push_back(std::move(a));
  };
  compiler::random_generator random{seed};
  auto const add_random = [&](std::size_t wanted) {
    for (int attempt = 0; attempt < 100 && result.size() < wanted; ++attempt)
      add(compiler::sample(space.decisions, random));
  };
  add_random(random_architectures);
  try {
    auto const params = &compiler::operation_cost::params;
    auto const cheapest = space.costs.smallest(params);
    add(cheapest);
    add(space.costs.largest(params));
  } catch (user_error const& refused) {
    fmt::print("  two more random ones for the cheapest and the dearest: {}\n", refused.what());
  }
  add_random(random_architectures + 2);
  return result;
}

// Numbers that are not the initial ones, so that every tensor matters.
void disturb(network& net) {
  torch::NoGradGuard const no_gradient;
  for (auto const& parameter : net.parameters())
    if (parameter.dim() == 1)
      parameter.add_(torch::randn_like(parameter), 0.2);
}

// Statistics of the path, as before an evaluation: values keep their size, however deep the network.
void calibrate(network& supernet, at::Tensor const& x, compiler::architecture const& a) {
  supernet.reset_statistics();
  supernet.average_statistics(true);
  supernet.train();
  supernet.forward(x, a);
  supernet.average_statistics(false);
  supernet.eval();
}

// How the path cuts the supernet's tensors: the number of dimensions by what is narrower.
std::map<std::string, int> cuts(network const& supernet, network const& path) {
  auto const whole = supernet.named_parameters();
  std::map<std::string, int> count;
  for (auto const& item : path.named_parameters()) {
    auto const* const from = whole.find(item.key());
    if (from == nullptr || from->dim() != item.value().dim())
      continue;
    for (std::int64_t d = 0; d < from->dim(); ++d)
      if (from->size(d) != item.value().size(d))
        ++count[d >= 2 ? "kernel" : "channels"];
  }
  return count;
}

// The names of the numbers that are decisions or follow from some.
void collect_decided(compiler::region const& in, std::set<std::string_view>& names) {
  for (auto const& op : in.operations) {
    for (std::size_t i = 0; i < op.declaration->attribute_count; ++i)
      if (op.is_decided(i))
        names.insert(op.declaration->attributes[i].name);
    for (auto const& inner : op.regions)
      collect_decided(inner, names);
  }
}

void write(fs::path const& path, std::string const& content) {
  std::ofstream{path, std::ios::binary} << content;
}

class recording {
public:
  recording(fs::path folder, compiler::compiled_space const& space)
      : folder_(std::move(folder)), space_(space), supernet_(space.expanded, space.decisions, network::affine::yes) {
    disturb(supernet_);
  }

  void record(std::vector<compiler::architecture> const& architectures) {
    fs::remove_all(folder_);
    for (std::size_t k = 0; k < architectures.size(); ++k)
      record(k, architectures[k]);
    write(folder_ / "compare.cpp", comparison(architectures.size()));
    require_different(architectures);
    // Some spaces hold networks that do not read their input.
    require(2 * constant_ < architectures.size(), space_.structured.name + ": most outputs are constants");
  }

private:
  void record(std::size_t k, compiler::architecture const& a) {
    auto const path = compiler::specialize(space_.expanded, space_.decisions, a);
    auto const x = runtime::random_batch(path.input(), examples);
    double growth = 1;
    auto const output = output_of(x, a, growth);

    network alone{path, compiler::decision_space{path}, network::affine::yes};
    runtime::copy_weights(supernet_, alone);
    scale_convolutions(a, 1 / growth);
    auto const folder = folder_ / std::to_string(k);
    fs::create_directories(folder);
    torch::serialize::OutputArchive weights;
    alone.save(weights);
    weights.save_to(folder / "weights.pt");
    torch::serialize::OutputArchive parity;
    parity.write("input", x);
    parity.write("output", output);
    auto const alive = compiler::remove_dead_code(compiler::fold_identities(path));
    parity.write("params", torch::tensor(static_cast<std::int64_t>(compiler::cost_of(alive).params)));
    parity.save_to(folder / "parity.pt");
    emit(path, a, folder);
    auto const cut = cuts(supernet_, alone);
    for (auto const& [what, count] : cut)
      cut_[what] += count;
    auto const difference = spread(output);
    constant_ += difference < 1e-3 ? 1 : 0;
    fmt::print("  {}: {} tensors of {}, outputs of two examples differ by {:.3g}; narrower: {}\n", k,
               alone.parameters().size(), supernet_.parameters().size(), difference, cut);
  }

  // What the path computes. Where that hardly depends on the input, as in deep networks without normalization, weights
  // grow until it does.
  at::Tensor output_of(at::Tensor const& x, compiler::architecture const& a, double& growth) {
    constexpr double step = 1.5;
    calibrate(supernet_, x, a);
    auto output = supernet_.forward(x, a);
    for (int attempt = 0; attempt < 10 && spread(output) < 0.01; ++attempt) {
      scale_convolutions(a, step);
      growth *= step;
      calibrate(supernet_, x, a);
      output = supernet_.forward(x, a);
    }
    return output;
  }

  void scale_convolutions(compiler::architecture const& a, double factor) {
    for (auto parameter : supernet_.parameters_of(a))
      if (parameter.dim() == 4)
        parameter.mul_(factor);
  }

  // How far the outputs of two examples differ.
  static double spread(at::Tensor const& output) { return (output[0] - output[1]).abs().max().item<double>(); }

  void emit(compiler::graph const& path, compiler::architecture const& a, fs::path const& folder) {
    compiler::emission_options options;
    options.has_weights = true;
    options.architecture_json = compiler::to_json(space_.decisions, space_.structured.name, a).dump(2) + "\n";
    auto const files = compiler::emit_libtorch(path, options);
    auto const again = compiler::specialize(space_.expanded, space_.decisions, a);
    require(files == compiler::emit_libtorch(again, options), folder.string() + ": emitted again, it differs");
    for (auto const& file : files)
      write(folder / file.name, file.content);
    auto const& header = files.front().content;
    auto const begin = header.find("namespace ") + 10;
    name_space_ = header.substr(begin, header.find(" {", begin) - begin);
  }

  // Every network in a namespace of its own: torch.hpp has been read before, so that none includes it inside.
  [[nodiscard]] std::string comparison(std::size_t count) const {
    std::string networks;
    std::string calls;
    for (std::size_t k = 0; k < count; ++k) {
      networks += fmt::format("namespace network{0} {{\n#include \"{0}/network.hpp\"\n}}\n", k);
      calls += fmt::format("  agree &= agrees<network{0}::{1}::Network>(\"{0}\");\n", k, name_space_);
    }
    return fmt::format("#include \"compare.hpp\"\n\n{}\nint main() {{\n  bool agree = true;\n{}  return agree ? 0 : "
                       "1;\n}}\n",
                       networks, calls);
  }

  // Numbers that are decided in several places by one name, such as `kernel`, take several values, and where they are
  // sizes of tensors, paths have narrower ones.
  void require_different(std::vector<compiler::architecture> const& architectures) const {
    std::map<std::string, std::set<std::string>> values;
    for (auto const& a : architectures) {
      auto const active = compiler::active_decisions(space_.decisions, a);
      for (std::size_t i = 0; i < space_.decisions.size(); ++i) {
        auto const& d = space_.decisions[i];
        if (active[i] && !d.numbers.empty() && d.options.size() > 1)
          values[d.path.substr(d.path.rfind('/') + 1)].insert(d.options[a.values[i]]);
      }
    }
    for (auto const& [name, taken] : values) {
      fmt::print("  {}: {}\n", name, fmt::join(taken, ", "));
      require(taken.size() > 1, fmt::format("{}: all architectures decide {} alike", space_.structured.name, name));
    }
    std::set<std::string_view> decided;
    collect_decided(space_.expanded.body, decided);
    for (auto const* size : {"channels", "kernel", "heads"})
      require(values.empty() || !decided.contains(size) ||
                  cut_.contains(size == std::string_view{"kernel"} ? "kernel" : "channels"),
              fmt::format("{}: {} are decided, but no tensor is cut", space_.structured.name, size));
  }

  fs::path folder_;
  compiler::compiled_space const& space_;
  network supernet_;
  std::string name_space_;
  std::map<std::string, int> cut_;
  std::size_t constant_ = 0;
};

void list_spaces() {
  for (auto const& listed : spaces::all())
    fmt::print("{}\n", compiler::lower(listed.space).name);
}

void record(fs::path const& folder, std::string const& name) {
  for (auto const& listed : spaces::all()) {
    auto structured = compiler::lower(listed.space);
    if (structured.name != name)
      continue;
    compiler::compiled_space const space{std::move(structured)};
    torch::manual_seed(seed);
    recording{folder, space}.record(drawn(space));
    return;
  }
  throw std::runtime_error("there is no space " + name);
}

} // namespace

int main(int count, char** values) {
  torch::NoGradGuard const no_gradient;
  try {
    if (count < 3)
      list_spaces();
    else
      record(values[1], values[2]);
    return 0;
  } catch (std::exception const& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
