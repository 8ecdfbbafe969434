#include "prelude.hpp"

#include "../../runtime/src/evaluator/table.hpp"
#include "fixtures.hpp"
#include "spaces.hpp"

#include <espalier/compiler/sample.hpp>

#include <spaces/nas_bench_201.hpp>

#include <array>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace {

using namespace espalier;
using Catch::Matchers::ContainsSubstring;
using compiler::architecture;
using runtime::score_table;
using test::user_error_of;

// Lines of NATS-Bench and HELP (both MIT), as in nats-bench-landscape.
constexpr auto excerpt = "idx,edges,cifar10,cifar100,pixel3\r\n"
                         "6111,333132,94.3733,73.2200,23.5848\r\n"
                         "1651,000000,10.0000,1.0000,0.00401469\r\n"
                         "10038,012340,92.1350,67.3300,9.7712\r\n";

class table_file {
public:
  explicit table_file(std::string const& text) { test::write_bytes(path(), text); }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "table.csv"; }

private:
  test::temporary_folder folder_;
};

architecture cell_of(compiler::decision_space const& space, std::array<char const*, 6> const& operations) {
  constexpr std::array edges{"node0/edge0", "node1/edge0", "node1/edge1", "node2/edge0", "node2/edge1", "node2/edge2"};
  architecture a{std::vector<std::uint32_t>(space.size())};
  for (std::size_t e = 0; e < edges.size(); ++e) {
    auto const d = static_cast<std::size_t>(space.find(fmt::format("cell/{}", edges[e])));
    auto const& options = space[d].options;
    a.values[d] = static_cast<std::uint32_t>(std::ranges::find(options, operations[e]) - options.begin());
  }
  return a;
}

} // namespace

TEST_CASE("a table scores the cells of NAS-Bench-201 in each of its skeletons") {
  table_file const file{excerpt};
  for (auto const declared : {spaces::nas_bench_201::cifar10.view(), spaces::nas_bench_201::cifar100.view(),
                              spaces::nas_bench_201::imagenet16.view()}) {
    auto const space = test_spaces::compiled(declared);
    score_table const table{file.path(), space->decisions};
    score_table const other{file.path(), space->decisions, "cifar100"};
    // The benchmark's best: 94.26, 94.68 and 94.18 % with three seeds.
    auto const best = cell_of(space->decisions, {"nor_conv_3x3", "nor_conv_3x3", "nor_conv_3x3", "skip_connect",
                                                 "nor_conv_3x3", "nor_conv_1x1"});
    CHECK(table(best) == Approx((0.9426 + 0.9468 + 0.9418) / 3).epsilon(1e-6));
    CHECK(other(best) == Approx(0.7322));
    CHECK(table.column("pixel3")(best) == 23.5848);
    auto const mixed =
        cell_of(space->decisions, {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "none"});
    CHECK(table(mixed) == Approx(0.92135));
  }
}

TEST_CASE("every architecture has the number of its own line, in whatever order lines and columns are") {
  auto const space = test_spaces::compiled(spaces::nas_bench_201::cifar10.view());
  constexpr std::array operations{"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"};
  std::map<std::vector<std::string>, int> codes; // by the operations of all edges
  std::string text = "ms,edges,cifar10\n";
  for (int line = 0; line < 15'625; ++line) {
    int const code = line * 4'001 % 15'625; // all, out of order
    std::string digits;
    std::vector<std::string> named;
    for (int rest = code, e = 0; e < 6; ++e, rest /= 5) {
      digits += fmt::format("{}", rest % 5);
      named.push_back(operations[static_cast<std::size_t>(rest % 5)]);
    }
    codes[named] = code;
    text += fmt::format("{},{},{}\n", code, digits, code / 200.0);
  }
  REQUIRE(codes.size() == 15'625);
  table_file const file{text};
  score_table const table{file.path(), space->decisions};
  compiler::random_generator random{1};
  for (int i = 0; i < 3000; ++i) {
    auto const a = compiler::sample(space->decisions, random);
    std::vector<std::string> named;
    auto const decided = compiler::to_json(space->decisions, "", a).at("decisions");
    for (auto const& [path, operation] : decided.items())
      named.push_back(operation.get<std::string>());
    auto const code = codes.at(named);
    CHECK(table.column("ms")(a) == code);
    CHECK(table(a) == Approx(code / 20'000.0));
  }
}

TEST_CASE("what is wrong with a table is said with its line and the remedy") {
  auto const space = test_spaces::compiled(spaces::nas_bench_201::cifar10.view());
  auto const error_of = [&](std::string const& text, std::string const& accuracy = "cifar10") {
    table_file const file{text};
    return user_error_of([&] { score_table{file.path(), space->decisions, accuracy}; });
  };
  CHECK(error_of(excerpt) == "no error");
  for (auto const& [text, what] : std::map<std::string, std::string>{
           {"", "table.csv:1: there is no column 'edges'"},
           {"edge,cifar10\n", "table.csv:1: there is no column 'edges' (did you mean 'edge'?)"},
           {"edges,cifar10\n000000,1\n00000,1\n", "table.csv:3: '00000' are not 6 operations from 0 to 4"},
           {"edges,cifar10\n000005,1\n", "table.csv:2: '000005' are not 6 operations from 0 to 4"},
           {"edges,cifar10\n000000,1\n111111,1\n000000,2\n", "table.csv:4: 000000 was told of in line 2"},
           {"edges,cifar10\n000000,1,2\n", "table.csv:2: the line has 3 columns, and the first one 2"},
           {"edges,cifar10\n000000\n", "table.csv:2: the line has 1 columns, and the first one 2"},
           {"edges,cifar10\n000000,high\n", "table.csv:2: 'high' in column 'cifar10' is no number"},
           {"edges,cifar10\n000000,nan\n", "table.csv:2: 'nan' in column 'cifar10' is no number"}}) {
    CHECK_THAT(error_of(text), ContainsSubstring(what));
    CHECK_THAT(error_of(text), ContainsSubstring("begins with a line such as 'edges,cifar10'"));
  }
  CHECK_THAT(error_of(excerpt, "cifar1000"), ContainsSubstring("no column 'cifar1000' (did you mean 'cifar100'"));
  CHECK_THAT(error_of(excerpt, "idx"),
             ContainsSubstring("column 'idx' holds 1651, and an accuracy is from 0 to 100 %"));
  CHECK_THAT(user_error_of([&] {
               score_table{"/no/table.csv", space->decisions};
             }),
             ContainsSubstring("/no/table.csv"));
}

TEST_CASE("an architecture that a table lacks is refused, and so is another space") {
  table_file const file{excerpt};
  auto const space = test_spaces::compiled(spaces::nas_bench_201::cifar10.view());
  score_table const table{file.path(), space->decisions};
  CHECK_THAT(user_error_of([&] {
               table({{4, 4, 4, 4, 4, 3}});
             }),
             ContainsSubstring("table.csv has no line of the architecture 444443"));
  auto const other = test_spaces::compiled(test_spaces::cells.view());
  CHECK_THAT(user_error_of([&] {
               score_table{file.path(), other->decisions};
             }),
             ContainsSubstring(fmt::format("this space has {} that are not these; search nas-bench-201-cifar10",
                                           other->decisions.size())));
}
