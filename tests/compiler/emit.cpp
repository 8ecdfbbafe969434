#include <espalier/compiler/emit.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/compiler/text.hpp>
#include <spaces/darts.hpp>
#include <spaces/nas_unet.hpp>

#include "catch.hpp"
#include "typed_network.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

using namespace espalier::compiler;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

namespace spaces_of_test {

using namespace espalier::dsl;

inline constexpr auto edge = choice(none(), max_pool(3), avg_pool(3), skip_connect(), sep_conv(3), dil_conv(5));
inline constexpr auto normal = cell("normal", nodes(2), keep(2), edge);
inline constexpr auto reduction = cell("reduction", nodes(2), keep(2), edge, stride(2));
inline constexpr auto tiny = search_space("tiny-cells", image(1, 8, 8), conv(3, channels(8)), batch_norm(),
                                          repeat(2, normal(4)), reduction(8), normal(8), global_avg_pool(), linear(3));
inline constexpr auto single =
    search_space("single-edges", image(3, 16, 16), conv(3, channels(8)),
                 repeat(2, cell("only", nodes(4), keep(1), edge)(8)), global_avg_pool(), linear(10));

} // namespace spaces_of_test

// The network of the architecture that takes these options, and the first one everywhere else.
graph network_of(espalier::dsl::space_view space, std::map<std::string, std::string> const& options) {
  auto const expanded = expand(lower(space));
  decision_space const decisions{expanded};
  architecture a;
  for (auto const& d : decisions.decisions()) {
    auto const wanted = options.find(d.path);
    auto const option = wanted == options.end() ? d.options.begin() : std::ranges::find(d.options, wanted->second);
    REQUIRE(option != d.options.end());
    a.values.push_back(d.type == decision::kind::subset ? (1U << d.most) - 1
                                                        : static_cast<std::uint32_t>(option - d.options.begin()));
  }
  auto const active = active_decisions(decisions, a);
  for (std::size_t i = 0; i < active.size(); ++i)
    if (!active[i])
      a.values[i] = 0;
  return without_search_operations(specialize(expanded, decisions, a));
}

graph random_network(espalier::dsl::space_view space, std::uint64_t seed) {
  auto const expanded = expand(lower(space));
  decision_space const decisions{expanded};
  random_generator random{seed};
  return specialize(expanded, decisions, sample(decisions, random));
}

graph tiny_network() {
  return network_of(spaces_of_test::tiny.view(), {{"normal/node0/edge0", "sep_conv_3x3"},
                                                  {"normal/node0/edge1", "skip_connect"},
                                                  {"normal/node1/edge0", "avg_pool_3x3"},
                                                  {"normal/node1/edge1", "dil_conv_5x5"},
                                                  {"reduction/node0/edge1", "skip_connect"},
                                                  {"reduction/node1/edge0", "sep_conv_3x3"},
                                                  {"reduction/node1/edge1", "skip_connect"}});
}

emission_options tiny_options() {
  return {.architecture_json = "{\"space\": \"tiny-cells\"}",
          .has_weights = true,
          .mean = {0.25F},
          .deviation = {1.0F},
          .crop_padding = 2,
          .flip = true};
}

std::string file(std::vector<emitted_file> const& files, std::string const& name) {
  for (auto const& f : files)
    if (f.name == name)
      return f.content;
  FAIL("no file " << name);
  return {};
}

std::string header_of_text(std::string const& body) {
  auto const network = expand(parse("espalier 1\nnetwork \"n\" (%input: image[4, 8, 8]) {\n" + body +
                                    "\n%pooled = global_avg_pool %last\nyield %pooled\n}\n"));
  return file(emit_libtorch(network, {}), "network.hpp");
}

std::size_t occurrences(std::string const& text, std::string const& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++count;
  return count;
}

// With ESPALIER_UPDATE_GOLDENS set, the file is written anew.
void check_golden(std::string const& name, std::string const& content) {
  auto const path = fs::path{ESPALIER_SOURCE_DIR} / "tests/compiler/golden" / name;
  if (std::getenv("ESPALIER_UPDATE_GOLDENS") != nullptr)
    std::ofstream{path, std::ios::binary} << content;
  std::ifstream golden{path, std::ios::binary};
  CHECK(content == std::string{std::istreambuf_iterator<char>{golden}, {}});
}

} // namespace

TEST_CASE("an emitted project is the golden one, byte by byte and again") {
  auto const files = emit_libtorch(tiny_network(), tiny_options());
  for (auto const* name : {"network.hpp", "CMakeLists.txt", "README.md"})
    check_golden("tiny_" + std::string{name}, file(files, name));
  CHECK(files == emit_libtorch(tiny_network(), tiny_options()));
}

TEST_CASE("repeated cells are one struct, numbers that vary its parameters") {
  auto const network = network_of(spaces::darts::cifar10.view(), {{"normal/node0/edge0", "sep_conv_3x3"},
                                                                  {"normal/node0/edge1", "sep_conv_3x3"},
                                                                  {"normal/node1/edge0", "dil_conv_3x3"},
                                                                  {"reduction/node0/edge1", "skip_connect"}});
  auto const header = file(emit_libtorch(network, {}), "network.hpp");
  // FactorizedReduce, projection, two operations, two normal cells (one behind a reduction), what halves its older
  // input, skip connection, reduction, network.
  CHECK(occurrences(header, "TORCH_MODULE(") == 10);
  CHECK(occurrences(header, "struct SepConv3x3Impl ") == 1);
  CHECK_THAT(header,
             ContainsSubstring("\n  NormalImpl(int64_t before_channels, int64_t now_channels, int64_t channels) {\n"));
  CHECK_THAT(header, ContainsSubstring("normal7_ = register_module(\"normal7\", Normal(288, 288, 72));"));
  CHECK_THAT(header, ContainsSubstring("normal6_ = register_module(\"normal6\", Normal2(144, 288, 72));"));
  CHECK_THAT(header, ContainsSubstring("  explicit SepConv3x3Impl(int64_t channels) {\n"));
  CHECK(occurrences(header, "#include") == 1);
}

TEST_CASE("module names are value names, so that weights fit") {
  auto const header = file(emit_libtorch(tiny_network(), {}), "network.hpp");
  for (auto const* name :
       {"normal0", "reduction0", "input0", "node0_edge0_sep_conv_3x3", "conv0", "batch_norm1", "factorized_reduce0"})
    CHECK_THAT(header, ContainsSubstring("register_module(\"" + std::string{name} + "\", ") ||
                           ContainsSubstring("register_module(\n        \"" + std::string{name} + "\","));
}

TEST_CASE("what computes nothing is not written") {
  auto const header = header_of_text(R"(
    %same = skip_connect %input {stride = 1}
    %zero = none %input {stride = 1}
    %dead = conv %input {kernel = 3, channels = 4, stride = 1}
    %pool0 = block "pool" %same (%x) {
      %max_pool0 = max_pool %x {kernel = 3, stride = 2}
      yield %max_pool0
    }
    %half0 = block "half" %zero, %pool0 (%a, %b) {
      %conv0 = conv %b {kernel = 1, channels = 4, stride = 1}
      yield %conv0
    }
    %last = add %half0, %pool0)");
  CHECK_THAT(header, !ContainsSubstring("same") && !ContainsSubstring("zero") && !ContainsSubstring("dead"));
  CHECK_THAT(header, !ContainsSubstring("PoolImpl") && ContainsSubstring("torch::max_pool2d(x, 3, 2, 1)"));
  CHECK_THAT(header, ContainsSubstring("torch::Tensor forward(torch::Tensor x)"));
  CHECK(occurrences(header, "struct ") == 2);
}

TEST_CASE("a tensor that another kind is laid out like is read as it is") {
  auto const header = header_of_text(R"(
    %s = as_sequence %input
    %h = lstm %s {channels = 6}
    %t = as_tokens %h
    %n = layer_norm %t
    %last = add %t, %n)");
  CHECK_THAT(header, ContainsSubstring("return") && !ContainsSubstring(" = x;"));
  CHECK(occurrences(header, ".transpose(1, 2)") == 1);
  CHECK_THAT(header, ContainsSubstring("layer_norm0_(lstm0)") && ContainsSubstring("lstm0 + "));
}

TEST_CASE("zeros stay where nothing else is left to sum") {
  auto const header =
      header_of_text("%a = none %input {stride = 2}\n%b = none %input {stride = 2}\n%last = add %a, %b");
  CHECK(occurrences(header, "torch::zeros_like(torch::max_pool2d(x, 1, 2))") == 2);
}

TEST_CASE("parameters are called what they are, in constructor and forward") {
  auto const windows = [](std::string const& name, int kernel, int stride, int channels, std::string const& x) {
    return "%" + name + " = block \"window\" %" + x + " (%x) {\n%conv0 = conv %x {kernel = " + std::to_string(kernel) +
           ", channels = " + std::to_string(channels) +
           "}\n%avg_pool0 = avg_pool %conv0 {kernel = 3, stride = " + std::to_string(stride) +
           "}\nyield %avg_pool0\n}\n";
  };
  auto const header =
      header_of_text(windows("a", 3, 1, 4, "input") + windows("b", 5, 2, 8, "a") + windows("last", 7, 1, 8, "b"));
  CHECK_THAT(header, ContainsSubstring(
                         "WindowImpl(int64_t in_channels, int64_t out_channels, int64_t kernel_size, int64_t stride) : "
                         "stride_(stride) {"));
  CHECK_THAT(header,
             ContainsSubstring("Conv2dOptions(in_channels, out_channels, kernel_size).padding(kernel_size / 2)"));
  CHECK_THAT(header, ContainsSubstring("torch::avg_pool2d(x, 3, stride_, 1, "));
  CHECK_THAT(header, ContainsSubstring("  int64_t stride_;\n"));
  CHECK_THAT(header, ContainsSubstring("window1_ = register_module(\"window1\", Window(4, 8, 5, 2));"));
}

TEST_CASE("labels that C++ or LibTorch use give way") {
  auto const convolution = [](std::string const& result, std::string const& label, std::string const& behind) {
    return "%" + result + " = block \"" + label + "\" %input (%x) {\n%conv0 = conv %x {kernel = 1, channels = 4}\n" +
           behind + "}\n";
  };
  auto const header =
      header_of_text(convolution("a", "3 x 3!", "yield %conv0\n") + convolution("b", "module", "yield %conv0\n") +
                     convolution("c", "MB", "yield %conv0\n") + convolution("d", "MB", "%r = relu %conv0\nyield %r\n") +
                     convolution("e", "network", "yield %conv0\n") + "%last = concat %a, %b, %c, %d, %e");
  for (auto const* name : {"Block3X3", "Module2", "Mb", "Mb2", "Network2", "Network"})
    CHECK(occurrences(header, "TORCH_MODULE(" + std::string{name} + ");") == 1);
}

TEST_CASE("a block without a label is called after the blocks that hold it") {
  auto const branch = [](std::string const& result, std::string const& x, int kernel) {
    return "%" + result + " = block %" + x + " (%x) {\n%conv0 = conv %x {kernel = " + std::to_string(kernel) +
           ", channels = 4}\n%relu0 = relu %conv0\nyield %relu0\n}\n";
  };
  auto const shuffle = [&](std::string const& result, std::string const& label, std::string const& x, int kernel) {
    return "%" + result + " = block \"" + label + "\" %" + x + " (%x) {\n" + branch("b", "x", kernel) +
           "%c = concat %x, %b\n%conv0 = conv %c {kernel = 1, channels = 4}\nyield %conv0\n}\n";
  };
  auto const of_two = header_of_text(shuffle("a", "shuffle_3x3", "input", 3) + shuffle("last", "shuffle_5x5", "a", 5));
  CHECK(occurrences(of_two, "TORCH_MODULE(ShuffleBranch);") == 1);
  auto const of_one = header_of_text(shuffle("last", "shuffle_3x3", "input", 3));
  CHECK(occurrences(of_one, "TORCH_MODULE(Shuffle3x3Branch);") == 1);
  auto const of_none = header_of_text(branch("a", "input", 3) + "%last = add %a, %input\n");
  CHECK(occurrences(of_none, "TORCH_MODULE(ConvBranch);") == 1);
}

TEST_CASE("values that C++ uses as words give way, but not their modules' names") {
  auto const header = file(emit_libtorch(parse(R"(espalier 1
    network "7-class" (%input: image[4, 8, 8]) {
      %new = conv %input {kernel = 1, channels = 4, stride = 1, groups = 1, dilation = 1} : image[4, 8, 8]
      %0 = conv %new {kernel = 1, channels = 4, stride = 1, groups = 1, dilation = 1} : image[4, 8, 8]
      %sum = add %new, %0 : image[4, 8, 8]
      %pooled = global_avg_pool %sum : vector[4]
      yield %pooled
    })"),
                                         {}),
                           "network.hpp");
  CHECK_THAT(header, ContainsSubstring("namespace network_7_class {"));
  CHECK_THAT(header,
             ContainsSubstring("auto new_value = new_(x);") && ContainsSubstring("new_ = register_module(\"new\", "));
  CHECK_THAT(header, ContainsSubstring("value_0_ = register_module(\"0\", "));
  CHECK_THAT(header, ContainsSubstring("auto sum = new_value + value_0_(new_value);"));
}

TEST_CASE("the program fits the data and what is beside it") {
  auto const with = emit_libtorch(tiny_network(), tiny_options());
  CHECK_THAT(file(with, "main.cpp"),
             ContainsSubstring("image_shape = {1, 8, 8};") && ContainsSubstring("mean = {0.25f};") &&
                 ContainsSubstring("deviation = {1.0f};") && ContainsSubstring("classes = 3;") &&
                 ContainsSubstring("{2, 2, 2, 2}") && ContainsSubstring("images.flip(3)"));
  auto const without = emit_libtorch(tiny_network(), {});
  CHECK_THAT(file(without, "main.cpp"), !ContainsSubstring("augmented") && !ContainsSubstring("flip"));
  CHECK_THAT(file(without, "CMakeLists.txt"), !ContainsSubstring("add_test"));
  CHECK_THAT(file(without, "README.md"), !ContainsSubstring("weights.pt |") && !ContainsSubstring("json"));
  for (auto const& f : with)
    CHECK_THAT(f.content, !ContainsSubstring("@"));
}

TEST_CASE("a network that is no classifier comes with a program that checks and times it") {
  auto const network =
      expand(parse("espalier 1\nnetwork \"n\" (%input: image[4, 8, 8]) {\n%a = relu %input\nyield %a\n}\n"));
  auto const files =
      emit_libtorch(network, {.architecture_json = "", .has_weights = true, .mean = {}, .deviation = {}});
  CHECK_THAT(file(files, "main.cpp"), ContainsSubstring("torch::randn({size, 4, 8, 8})") &&
                                          ContainsSubstring("network time") && !ContainsSubstring("train"));
  CHECK_THAT(file(files, "CMakeLists.txt"), !ContainsSubstring("ZLIB") && ContainsSubstring("NAME parity"));
  CHECK_THAT(file(files, "README.md"), ContainsSubstring("from [N, 4, 8, 8] to [N, 4, 8, 8]") &&
                                           !ContainsSubstring("FOLDER") && !ContainsSubstring("zlib"));
}

TEST_CASE("a network of every family is the golden one") {
  for (std::string const name : {"images", "language", "transformer"}) {
    auto const path = fs::path{ESPALIER_SOURCE_DIR} / "tests/emission/networks" / (name + ".ir");
    std::ifstream text{path};
    auto const network = espalier::test::typed_network(std::string{std::istreambuf_iterator<char>{text}, {}});
    check_golden(name + "_network.hpp", file(emit_libtorch(network, {}), "network.hpp"));
  }
}

TEST_CASE("emitted code is formatted") {
  if (std::system("command -v clang-format > /dev/null") != 0) {
    WARN("clang-format is not installed");
    return;
  }
  auto const folder = fs::temp_directory_path() / "espalier-emitted-format";
  fs::create_directories(folder);
  auto const check_format = [&](graph const& network) {
    for (auto const& f :
         emit_libtorch(network, tiny_options().mean.size() == static_cast<std::size_t>(network.input().channels)
                                    ? tiny_options()
                                    : emission_options{}))
      std::ofstream{folder / f.name, std::ios::binary} << f.content;
    CHECK(std::system(
              ("cd '" + folder.string() + "' && clang-format --dry-run -Werror network.hpp main.cpp").c_str()) == 0);
  };
  check_format(tiny_network());
  for (std::string const name : {"images", "segmentation", "language", "transformer"}) {
    std::ifstream text{fs::path{ESPALIER_SOURCE_DIR} / "tests/emission/networks" / (name + ".ir")};
    check_format(espalier::test::typed_network(std::string{std::istreambuf_iterator<char>{text}, {}}));
  }
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    check_format(random_network(spaces::darts::cifar10.view(), seed));
    check_format(random_network(spaces_of_test::single.view(), seed));
    check_format(random_network(spaces::nas_unet::promise12.view(), seed));
  }
  fs::remove_all(folder);
}
