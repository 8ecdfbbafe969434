#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/weights.hpp>
#include <espalier/dsl/operation_table.hpp>

#include "catch.hpp"
#include "typed_network.hpp"

#include <map>
#include <set>
#include <string>

using namespace espalier::compiler;
namespace dsl = espalier::dsl;

namespace {

graph network_of(std::string const& operation, std::string const& input) {
  return espalier::test::typed_network("espalier 1\nnetwork \"n\" (%input: " + input + ") {\n%y = " + operation +
                                       "\nyield %y\n}\n");
}

// The one operation of a network, and what it reads.
typed_operation only(graph const& network) {
  return {network.body.operations.front(), {network.input()}};
}

std::vector<tensor_slice> slices(graph const& widest, graph const& narrow) {
  return slices_of(only(widest), only(narrow), {{0, narrow.input().channels}});
}

index_ranges channels_after(graph const& widest, graph const& narrow, index_ranges const& used) {
  return channels_in_use(only(widest), only(narrow), {used});
}

} // namespace

TEST_CASE("operations hold as many parameters as they cost") {
  std::multimap<std::string, std::string> const holders{
      {"conv {kernel = 3, kernel_width = 5, channels = 8, groups = 2, bias = 1}", "image[6, 7, 7]"},
      {"conv {kernel = 5, groups = depthwise}", "image[6, 7, 7]"},
      {"quantized_conv {kernel = 3, channels = 5}", "image[6, 7, 7]"},
      {"rectangular_conv {kernel = 1, kernel_width = 7, channels = 5}", "image[6, 7, 7]"},
      {"factorized_reduce {channels = 10}", "image[6, 8, 8]"},
      {"shortcut {channels = 6}", "image[6, 8, 8]"},
      {"shortcut {channels = 5, stride = 2}", "image[6, 8, 8]"},
      {"transposed_conv {kernel = 3, channels = 4, groups = 2}", "image[6, 8, 8]"},
      {"transposed_conv {kernel = 3, channels = 4, groups = 2, bias = 1}", "image[6, 8, 8]"},
      {"batch_norm", "image[6, 8, 8]"},
      {"batch_norm {search_only = 1}", "image[6, 8, 8]"},
      {"layer_norm", "tokens[6, 8, 8]"},
      {"group_norm {groups = 3}", "image[6, 8, 8]"},
      {"squeeze_excite {ratio = 4, divisor = 8}", "image[48, 8, 8]"},
      {"squeeze_excite {ratio = 4, channels = 8}", "image[48, 8, 8]"},
      {"linear {channels = 5}", "vector[6]"},
      {"linear {channels = 5, bias = 0}", "sequence[6, 3, 1]"},
      {"tied_linear {channels = 5}", "sequence[6, 3, 1]"},
      {"tied_linear {channels = 5, bias = 0}", "sequence[6, 3, 1]"},
      {"embedding {channels = 5}", "ids[60, 3]"},
      {"lstm {channels = 5}", "sequence[6, 3, 1]"},
      {"gru {channels = 5}", "sequence[6, 3, 1]"},
      {"attention {heads = 3, head_width = 0}", "tokens[6, 3, 1]"},
      {"attention {heads = 3, head_width = 5}", "tokens[6, 3, 1]"},
      {"patch_embedding {patch = 4, channels = 5}", "image[3, 8, 8]"},
      {"position_embedding", "tokens[3, 4, 2]"},
  };
  std::set<std::string_view> tested;
  for (auto const& [operation, input] : holders) {
    INFO(operation << " of " << input);
    auto text = operation;
    text.insert(std::min(text.find(' '), text.size()), " %input");
    auto const network = network_of(text, input);
    long long parameters = 0;
    for (auto const& held : held_tensors(only(network).op, only(network).operands))
      parameters += held.is_statistic ? 0 : held.elements();
    CHECK(parameters == cost_of(network).params);
    tested.insert(network.body.operations.front().declaration->name);
  }
  tensor_type const image{dsl::tensor_kind::image, 4, 4, 4};
  for (auto const* declaration : dsl::operation_table)
    if (declaration->is_leaf() && !tested.contains(declaration->name)) {
      operation const op{declaration, "", {"x"}, {}, {}, {{"y", image}}, {}};
      INFO(declaration->name);
      CHECK(held_tensors(op, {image}).empty());
    }
}

TEST_CASE("a narrower convolution has the first channels and the centre of the kernel") {
  auto const found = slices(network_of("conv %input {kernel = 7, channels = 16, bias = 1}", "image[8, 9, 9]"),
                            network_of("conv %input {kernel = 3, channels = 10, bias = 1}", "image[6, 9, 9]"));
  CHECK(found == std::vector<tensor_slice>{{{{0, 10}}, {{0, 6}}, {{2, 3}}, {{2, 3}}}, {{{0, 10}}}});
}

TEST_CASE("channels in use need not be the first") {
  auto const widest = network_of("conv %input {kernel = 1, channels = 4}", "image[8, 9, 9]");
  auto const narrow = network_of("conv %input {kernel = 1, channels = 4}", "image[3, 9, 9]");
  CHECK(slices_of(only(widest), only(narrow), {{1, 2}, {6, 1}}).front()[1] == index_ranges{{1, 2}, {6, 1}});
  auto const depthwise = network_of("conv %input {kernel = 1, groups = depthwise}", "image[8, 9, 9]");
  auto const narrow_depthwise = network_of("conv %input {kernel = 1, groups = depthwise}", "image[3, 9, 9]");
  CHECK(slices_of(only(depthwise), only(narrow_depthwise), {{1, 2}, {6, 1}}).front()[0] ==
        index_ranges{{1, 2}, {6, 1}});
  CHECK(channels_after(depthwise, narrow_depthwise, {{1, 2}, {6, 1}}) == index_ranges{{1, 2}, {6, 1}});
  CHECK(channels_after(widest, narrow, {{1, 2}, {6, 1}}) == index_ranges{{0, 4}});
}

TEST_CASE("operations that move channels say where they are") {
  SECTION("shuffled") {
    CHECK(channels_after(network_of("channel_shuffle %input {groups = 2}", "image[8, 4, 4]"),
                         network_of("channel_shuffle %input {groups = 2}", "image[4, 4, 4]"),
                         {{0, 4}}) == index_ranges{{0, 1}, {4, 1}, {2, 1}, {6, 1}});
  }
  SECTION("every other one") {
    CHECK(channels_after(network_of("channel_part %input {part = 1, parts = 2}", "image[8, 4, 4]"),
                         network_of("channel_part %input {part = 1, parts = 2}", "image[4, 4, 4]"),
                         {{0, 4}}) == index_ranges{{0, 2}});
  }
  SECTION("flattened, of a smaller map") {
    CHECK(channels_after(network_of("flatten %input", "image[3, 4, 4]"), network_of("flatten %input", "image[2, 2, 2]"),
                         {{0, 2}}) == index_ranges{{0, 2}, {4, 2}, {16, 2}, {20, 2}});
    CHECK(channels_after(network_of("flatten %input", "tokens[3, 4, 1]"),
                         network_of("flatten %input", "tokens[2, 2, 1]"), {{0, 2}}) == index_ranges{{0, 2}, {3, 2}});
  }
  SECTION("halves") {
    CHECK(channels_after(network_of("factorized_reduce %input {channels = 8}", "image[4, 4, 4]"),
                         network_of("factorized_reduce %input {channels = 4}", "image[4, 4, 4]"),
                         {{0, 4}}) == index_ranges{{0, 2}, {4, 2}});
  }
}

TEST_CASE("what the widest operation does not have is refused") {
  CHECK_THROWS_AS(slices(network_of("conv %input {kernel = 3, channels = 4}", "image[8, 9, 9]"),
                         network_of("conv %input {kernel = 5, channels = 4}", "image[8, 9, 9]")),
                  espalier::user_error);
  CHECK_THROWS_AS(slices(network_of("linear %input {channels = 4, bias = 0}", "vector[8]"),
                         network_of("linear %input {channels = 4}", "vector[8]")),
                  espalier::user_error);
}
