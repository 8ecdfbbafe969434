#include <espalier/compiler/kernel_library.hpp>

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/local_compiler.hpp>
#include <espalier/compiler/lower.hpp>
#include <spaces/darts.hpp>
#include <spaces/enas_rnn.hpp>
#include <spaces/nas_bench_201.hpp>

#include "../runtime/fixtures.hpp"
#include "catch.hpp"

namespace {

using namespace espalier;
using compiler::fused_stage;
using compiler::kernel_library;
using compiler::mixed_candidate;

namespace small {
using namespace dsl;
inline constexpr auto space =
    search_space("small", image(3, 8, 8), conv(3, channels(8)), batch_norm(),
                 choice(block("dense", relu(), conv(1), batch_norm()), skip_connect()), global_avg_pool(), linear(2));
} // namespace small

compiler::graph expanded(dsl::space_view declared) {
  return compiler::expand(compiler::lower(declared));
}

std::vector<compiler::mixed_sum> sums_of_first_block(compiler::graph const& g) {
  for (auto const& op : g.body.operations)
    if (!op.regions.empty())
      return find_mixed_sums(op.regions.front());
  return {};
}

compiler::header_compiler tools_in(std::filesystem::path const& folder) {
  auto tools = compiler::local_compiler("kernels");
  tools.cache = folder;
  return tools;
}

std::vector<std::filesystem::path> libraries_in(std::filesystem::path const& folder) {
  std::vector<std::filesystem::path> found;
  for (auto const& file : std::filesystem::directory_iterator{folder})
    if (file.path().extension() == ".so")
      found.push_back(file.path());
  return found;
}

} // namespace

TEST_CASE("the sums of a cell and the blocks before it are fused") {
  auto const sums = sums_of_first_block(expanded(spaces::darts::search.view()));
  REQUIRE(sums.size() == 6); // four nodes, two inputs
  std::size_t edges = 0;
  for (auto const& sum : sums)
    for (auto const& edge : sum.edges) {
      edges += edge.candidates.size() == 8 ? 1 : 0;
      for (auto const& candidate : edge.candidates)
        CHECK(candidate.what != mixed_candidate::kind::other);
    }
  CHECK(edges == 14);
}

TEST_CASE("what the candidates of NAS-Bench-201 are computed by") {
  auto const sums = sums_of_first_block(expanded(spaces::nas_bench_201::cifar10.view()));
  REQUIRE(sums.size() == 3);
  auto const& candidates = sums.front().edges.front().candidates;
  REQUIRE(candidates.size() == 5);
  CHECK(candidates[0].what == mixed_candidate::kind::zero);
  CHECK(candidates[1].what == mixed_candidate::kind::identity);
  REQUIRE(candidates[3].stages.size() == 1);
  CHECK(candidates[3].stages.front().what == fused_stage::kind::dense);
  CHECK(candidates[3].stages.front().kernel == 3);
  CHECK(candidates[4].what == mixed_candidate::kind::pooling);
}

TEST_CASE("kernels are compiled once, and again where the file is damaged") {
  test::temporary_folder const folder;
  auto const g = expanded(small::space.view());
  auto const tools = tools_in(folder.path());
  REQUIRE(kernel_library::compile(g, tools) != nullptr);
  auto const made = libraries_in(folder.path());
  REQUIRE(made.size() == 1);
  auto const written = std::filesystem::last_write_time(made.front());
  REQUIRE(kernel_library::compile(g, tools) != nullptr);
  CHECK(std::filesystem::last_write_time(made.front()) == written);

  test::temporary_folder const other; // what was loaded above stays loaded
  auto const damaged = other.path() / made.front().filename();
  std::ofstream{damaged} << "damaged";
  CHECK(kernel_library::compile(g, tools_in(other.path())) != nullptr);
  CHECK(std::filesystem::file_size(damaged) > 1000);

  CHECK(kernel_library::compile(g, tools, kernel_library::precision::twice) != nullptr);
  CHECK(libraries_in(folder.path()).size() == 2);
}

TEST_CASE("a compiler that is missing or fails is told with the remedy") {
  test::temporary_folder const folder;
  auto tools = tools_in(folder.path());
  auto const said = [&](char const* command) {
    tools.command = command;
    return test::user_error_of([&] { kernel_library::compile(expanded(small::space.view()), tools); });
  };
  CHECK_THAT(said("no-such-compiler"),
             Catch::Matchers::ContainsSubstring("no-such-compiler") && Catch::Matchers::ContainsSubstring("set CXX"));
  CHECK_THAT(said("g++ -no-such-option"),
             Catch::Matchers::ContainsSubstring("no-such-option") && Catch::Matchers::ContainsSubstring("set CXX"));
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a space without mixed sums needs no kernels") {
  auto tools = compiler::local_compiler("kernels");
  tools.command = "no-such-compiler";
  CHECK(kernel_library::compile(expanded(spaces::enas_rnn::ptb.view()), tools) == nullptr);
}
