#include "prelude.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/runtime/plot.hpp>

#include <cmath>
#include <limits>
#include <regex>

#include <fmt/format.h>

namespace {

using espalier::runtime::plot_scale;
using espalier::runtime::scatter_svg;
using strings = std::vector<std::string>;

// Every group of every match.
std::vector<strings> matches(std::string const& text, std::string const& expression) {
  std::vector<strings> found;
  std::regex const pattern{expression};
  for (std::sregex_iterator match{text.begin(), text.end(), pattern}, end; match != end; ++match)
    found.emplace_back(std::next(match->begin()), match->end());
  return found;
}

// Whether every tag is closed in its order, and no character stands that has to be escaped.
bool is_well_formed(std::string const& xml) {
  strings open;
  std::string between;
  std::regex const tag{R"(<(/?)(\w+)((?: [\w-]+="[^"<>]*")*)(/?)>)"};
  auto position = xml.begin();
  for (std::sregex_iterator match{xml.begin(), xml.end(), tag}, end; match != end; ++match) {
    between.append(position, (*match)[0].first);
    position = (*match)[0].second;
    if ((*match)[1].length() > 0) {
      if (open.empty() || open.back() != (*match)[2])
        return false;
      open.pop_back();
    } else if ((*match)[4].length() == 0) {
      open.push_back((*match)[2]);
    }
  }
  between.append(position, xml.end());
  return open.empty() && std::regex_match(between, std::regex{R"((?:[^<>&]|&(?:amp|lt|gt);)*)"});
}

struct position {
  double x;
  double y;
};

// Where markers are, those of the legend among them.
std::vector<position> markers(std::string const& svg) {
  std::vector<position> found;
  for (auto const& at : matches(svg, R"re(<path transform="translate\(([-.\d]+),([-.\d]+)\)")re"))
    found.push_back({std::stod(at[0]), std::stod(at[1])});
  return found;
}

// The labels of the ticks along x, which stand in the middle below them, or along y, which end before them.
std::vector<std::pair<std::string, position>> ticks(std::string const& svg, std::string const& anchor) {
  std::vector<std::pair<std::string, position>> found;
  for (auto const& text :
       matches(svg, R"re(<text x="([.\d]+)" y="([.\d]+)" text-anchor=")re" + anchor + R"re(">([^<]*\d[^<]*)<)re"))
    found.emplace_back(text[2], position{std::stod(text[0]), std::stod(text[1])});
  return found;
}

strings tick_labels(std::string const& svg, std::string const& anchor) {
  strings labels;
  for (auto const& [label, at] : ticks(svg, anchor))
    labels.push_back(label);
  return labels;
}

} // namespace

TEST_CASE("a diagram is well-formed, whatever its texts say") {
  auto const svg =
      scatter_svg({"a < b && \"c\"",
                   "</text>",
                   "1 > 0\n\x01",
                   {{"best-up & worst-up", {{1, 2}}}, {"<uniform>", {{2, 1}, {3, 0}}, true}, {"none", {}}}});
  CHECK(is_well_formed(svg));
  for (char const* text :
       {"a &lt; b &amp;&amp; \"c\"", "&lt;/text&gt;", "1 &gt; 0  ", "best-up &amp; worst-up", "&lt;uniform&gt;"})
    CHECK_THAT(svg, Catch::Matchers::ContainsSubstring(fmt::format(">{}</text>", text)));
  CHECK(is_well_formed(scatter_svg({})));
  CHECK_FALSE(is_well_formed("<g><a></g></a>"));
  CHECK_FALSE(is_well_formed("<a>b & c</a>"));
}

TEST_CASE("points stand where the ticks of both axes say, inside the picture") {
  auto const svg = scatter_svg({"", "", "", {{"", {{1e6, 0.7}, {2e6, 0.8}, {3e6, 0.9}}}}});
  auto const found = markers(svg);
  REQUIRE(found.size() == 4); // the first is in the legend
  int compared = 0;
  for (auto const& [label, at] : ticks(svg, "middle"))
    for (std::size_t i = 1; i <= 3; ++i)
      if (label == fmt::format("{}.0M", i)) {
        CHECK(at.x == Approx(found[i].x));
        ++compared;
      }
  for (auto const& [label, at] : ticks(svg, "end"))
    for (std::size_t i = 1; i <= 3; ++i)
      if (label == fmt::format("0.{}0", i + 6)) {
        CHECK(std::abs(at.y - found[i].y) < 6); // the label's base line
        ++compared;
      }
  CHECK(compared == 6);
  CHECK(found[3].y < found[1].y);
  auto const size = matches(svg, R"re(viewBox="0 0 (\d+) (\d+)")re").at(0);
  for (auto const& [x, y] : found) {
    CHECK((x > 0 && x < std::stod(size[0])));
    CHECK((y > 0 && y < std::stod(size[1])));
  }
}

TEST_CASE("ticks are round numbers, and a single value has a range around it") {
  auto const labels = [](double low, double high) {
    return tick_labels(scatter_svg({"", "", "", {{"", {{low, 0}, {high, 0}}}}}), "middle");
  };
  CHECK(labels(0.5, 1.4) == strings{"0.6", "0.8", "1.0", "1.2", "1.4"});
  CHECK(labels(1e6, 7e6) == strings{"1M", "2M", "3M", "4M", "5M", "6M", "7M"});
  CHECK(labels(900, 2100) == strings{"1000", "1200", "1400", "1600", "1800", "2000"});
  CHECK(labels(-1, 1) == strings{"-1.0", "-0.5", "0.0", "0.5", "1.0"});
  CHECK(labels(3e9, 3e9) == strings{"2.7G", "2.8G", "2.9G", "3.0G", "3.1G", "3.2G", "3.3G"});
  CHECK(labels(0, 0) == strings{"-0.10", "-0.05", "0.00", "0.05", "0.10"});
}

TEST_CASE("on a logarithmic axis equal ratios are equally far apart, and ticks are round") {
  auto const svg = scatter_svg({.title = "",
                                .x_label = "",
                                .y_label = "",
                                .series = {{"", {{1, 0.02}, {10, 0.2}, {100, 2}}}},
                                .x_scale = plot_scale::logarithmic,
                                .y_scale = plot_scale::logarithmic});
  auto const found = markers(svg);
  REQUIRE(found.size() == 4); // the first is in the legend
  CHECK(found[2].x - found[1].x == Approx(found[3].x - found[2].x).margin(0.11));
  CHECK(found[1].y - found[2].y == Approx(found[2].y - found[3].y).margin(0.11));
  CHECK(found[1].x < found[2].x);
  CHECK(found[1].y > found[2].y);
  CHECK(tick_labels(svg, "middle") == strings{"1", "2", "5", "10", "20", "50", "100"});
  CHECK(tick_labels(svg, "end") == strings{"0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"});
  for (auto const& [label, at] : ticks(svg, "middle"))
    if (label == "10")
      CHECK(at.x == Approx(found[2].x));
  auto const decades = tick_labels(scatter_svg({.title = "",
                                                .x_label = "",
                                                .y_label = "",
                                                .series = {{"", {{1e-3, 0}, {1e7, 0}}}},
                                                .x_scale = plot_scale::logarithmic}),
                                   "middle");
  CHECK(decades == strings{"0.001", "0.01", "0.1", "1", "10", "100", "1000", "10k", "100k", "1M", "10M"});
}

TEST_CASE("a band lies around its points, inside the picture") {
  auto const svg = scatter_svg({"", "", "", {{"", {{1, 10}, {2, 8}}, true, {{{9, 13}, {4, 9}}}}}});
  auto const corners = matches(svg, R"re(<path fill-opacity="[.\d]+" d="M([^z]+)z"/>)re");
  REQUIRE(corners.size() == 1);
  std::vector<position> outline;
  for (auto const& at : matches(corners[0][0], R"re(([.\d]+),([.\d]+))re"))
    outline.push_back({std::stod(at[0]), std::stod(at[1])});
  auto const points = markers(svg);
  REQUIRE(outline.size() == 4);
  REQUIRE(points.size() == 3);
  for (auto const [corner, point, above] : {std::array{0, 1, 3}, {1, 2, 1}, {2, 2, -4}, {3, 1, -1}}) {
    auto const unit = (points[2].y - points[1].y) / 2; // pixels, downwards
    CHECK(outline[static_cast<std::size_t>(corner)].x == Approx(points[static_cast<std::size_t>(point)].x));
    CHECK(points[static_cast<std::size_t>(point)].y - outline[static_cast<std::size_t>(corner)].y ==
          Approx(above * unit).margin(0.3));
  }
  auto const height = std::stod(matches(svg, R"re(viewBox="0 0 \d+ (\d+)")re").at(0)[0]);
  for (auto const& at : outline)
    CHECK((at.y > 0 && at.y < height));
  CHECK_THROWS_WITH(scatter_svg({"", "", "", {{"mean", {{1, 10}, {2, 8}}, true, {{{9, 13}}}}}}),
                    Catch::Matchers::ContainsSubstring("the band of 'mean' is around 1 points of 2"));
}

TEST_CASE("a point that is not finite, or not above 0 on a logarithmic axis, is refused") {
  CHECK_THROWS_WITH(scatter_svg({.title = "",
                                 .x_label = "",
                                 .y_label = "",
                                 .series = {{"regret", {{1, 0}}}},
                                 .y_scale = plot_scale::logarithmic}),
                    Catch::Matchers::ContainsSubstring("a point of 'regret' is at 1, 0"));
  CHECK_THROWS_WITH(scatter_svg({"", "", "", {{"front", {{1, std::numeric_limits<double>::infinity()}}}}}),
                    Catch::Matchers::ContainsSubstring("front"));
}
