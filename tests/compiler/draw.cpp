#include <espalier/compiler/draw.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/compiler/text.hpp>
#include <spaces/darts.hpp>

#include "catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace espalier::compiler;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
namespace fs = std::filesystem;

namespace {

graph darts() {
  return expand(lower(spaces::darts::search.view()));
}

graph darts_network() {
  auto const expanded = darts();
  decision_space const decisions{expanded};
  random_generator random{1};
  return specialize(expanded, decisions, sample(decisions, random));
}

std::size_t occurrences(std::string const& text, std::string const& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++count;
  return count;
}

// A folder that goes with the test.
struct temporary_folder {
  fs::path path = fs::temp_directory_path() / "espalier-draw-test";
  temporary_folder() { fs::create_directories(path); }
  temporary_folder(temporary_folder const&) = delete;
  temporary_folder& operator=(temporary_folder const&) = delete;
  ~temporary_folder() { fs::remove_all(path); }
};

} // namespace

TEST_CASE("each cell of a network is drawn once, with its operations on the edges") {
  auto const cells = draw_cells(darts_network());
  REQUIRE(cells.size() == 2);
  CHECK(cells[0].name == "normal");
  CHECK(cells[1].name == "reduction");
  for (auto const& cell : cells) {
    CHECK(occurrences(cell.dot, "fillcolor=lightblue") == 4);
    CHECK(occurrences(cell.dot, " [label=\" ") == 8);
    CHECK(occurrences(cell.dot, "-> output") == 4);
    CHECK_THAT(cell.dot, ContainsSubstring("c<sub>k-2</sub>") && ContainsSubstring("c<sub>k-1</sub>") &&
                             ContainsSubstring("c<sub>k</sub>"));
  }
}

TEST_CASE("a cell that is still undecided is drawn with all edges and its candidates") {
  auto const cells = draw_cells(darts());
  REQUIRE(cells.size() == 2);
  CHECK(occurrences(cells[0].dot, "style=dashed") == 14);
  CHECK_THAT(cells[0].dot, ContainsSubstring("each node keeps 2 of its edges") &&
                               ContainsSubstring("none, max_pool_3x3, avg_pool_3x3, skip_connect"));
}

TEST_CASE("where a node keeps a single edge, that edge's result is the node") {
  auto const network = parse(R"(espalier 1
    network "n" (%input: image[4, 8, 8]) {
      %c0 = block "c" %input, %input : image[8, 8, 8] (%before: image[4, 8, 8], %now: image[4, 8, 8]) {
        %input1 = relu %now : image[4, 8, 8]
        %a = max_pool %input1 {kernel = 3, stride = 1} : image[4, 8, 8]
        %b = avg_pool %a {kernel = 3, stride = 1} : image[4, 8, 8]
        %output = concat %a, %b : image[8, 8, 8]
        yield %output
      }
      yield %c0
    })");
  auto const dot = draw_cells(network).front().dot;
  CHECK_THAT(dot, ContainsSubstring("input1 -> node0 [label=\" max_pool_3x3 \"]") &&
                      ContainsSubstring("node0 -> node1 [label=\" avg_pool_3x3 \"]"));
}

TEST_CASE("the overview names stem, cells, head and shapes; equal cells in a row are one box") {
  auto const picture = draw(darts());
  CHECK(picture.name == "darts-search");
  CHECK_THAT(picture.dot,
             ContainsSubstring("conv_3x3<br/>batch_norm") && ContainsSubstring("global_avg_pool<br/>linear"));
  CHECK(occurrences(picture.dot, "<b>normal</b> &times; 2") == 3);
  CHECK(occurrences(picture.dot, "<b>reduction</b>") == 2);
  CHECK_THAT(picture.dot,
             ContainsSubstring("48 &times; 32 &times; 32") && ContainsSubstring("256 &times; 8 &times; 8"));
  CHECK_THAT(picture.dot, ContainsSubstring("edges of normal, reduction") && ContainsSubstring("dil_conv_5x5"));
  CHECK(draw(darts()).dot == picture.dot);
}

TEST_CASE("a choice lists its candidates, and names are quoted") {
  auto const dot = draw(expand(parse(R"(espalier 1
    space "a\"b" (%input: image[4, 8, 8]) {
      %c = choice "x<y&z" %input (%x) {
        %r = relu %x
        yield %r
      } or (%x) {
        %p = max_pool %x {kernel = 5, stride = 1}
        yield %p
      }
      yield %c
    })")))
                       .dot;
  CHECK_THAT(dot, StartsWith("digraph \"a\\\"b\" {") && ContainsSubstring("x&lt;y&amp;z") &&
                      ContainsSubstring("max_pool_5x5"));
}

TEST_CASE("Graphviz writes the picture, or the message says what is missing") {
  temporary_folder const folder;
  auto const path = folder.path / "it's.svg";
  auto const picture = draw_cells(darts_network()).front();
  SECTION("text") {
    render(picture, folder.path / "cell.dot");
    std::ifstream file{folder.path / "cell.dot"};
    CHECK(std::string{std::istreambuf_iterator<char>{file}, {}} == picture.dot);
  }
  SECTION("formats") {
    CHECK_THROWS_AS(render(picture, folder.path / "cell.bmp"), espalier::user_error);
    CHECK_THROWS_WITH(render(picture, folder.path / "cell"), ContainsSubstring(".svg"));
  }
  SECTION("folder") {
    CHECK_THROWS_AS(render(picture, folder.path / "missing" / "cell.svg"), espalier::user_error);
  }
  SECTION("no Graphviz") {
    std::string const paths = std::getenv("PATH");
    setenv("PATH", folder.path.c_str(), 1);
    CHECK_THROWS_WITH(render(picture, path), ContainsSubstring("apt install graphviz"));
    setenv("PATH", paths.c_str(), 1);
    CHECK(fs::is_empty(folder.path));
  }
  SECTION("picture") {
    if (std::system("command -v dot > /dev/null") != 0) {
      WARN("Graphviz is not installed");
      return;
    }
    render(picture, path);
    std::ifstream file{path};
    std::string const svg{std::istreambuf_iterator<char>{file}, {}};
    CHECK_THAT(svg, ContainsSubstring("<svg ") && ContainsSubstring("</svg>"));
    CHECK(std::distance(fs::directory_iterator{folder.path}, fs::directory_iterator{}) == 1);
  }
}
