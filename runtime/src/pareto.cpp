#include <espalier/runtime/pareto.hpp>

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace espalier::runtime {

namespace {

bool is_nowhere_greater(std::vector<double> const& a, std::vector<double> const& b) {
  return std::ranges::equal(a, b, std::ranges::less_equal{});
}

void require_comparable(std::vector<std::vector<double>> const& points) {
  for (auto const& point : points) {
    if (point.size() != points.front().size())
      throw internal_error(fmt::format("a point of {} objectives among points of {}; give each the same number",
                                       point.size(), points.front().size()));
    if (std::ranges::any_of(point, [](double value) { return std::isnan(value); }))
      throw internal_error("an objective is not a number; leave its point out");
  }
}

} // namespace

bool dominates(std::vector<double> const& a, std::vector<double> const& b) {
  return is_nowhere_greater(a, b) && a != b;
}

std::vector<std::size_t> pareto_front(std::vector<std::vector<double>> const& points) {
  require_comparable(points);
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, {}, [&](std::size_t i) -> auto const& { return points[i]; });
  std::vector<std::size_t> front; // what dominates a point stands before it in this order
  for (auto const i : order)
    if (std::ranges::none_of(front, [&](std::size_t other) { return is_nowhere_greater(points[other], points[i]); }))
      front.push_back(i);
  return front;
}

double hypervolume(std::vector<std::vector<double>> const& points, std::array<double, 2> reference) {
  if (!points.empty() && points.front().size() != 2)
    throw internal_error(
        fmt::format("a hypervolume of {} objectives; only that of 2 is implemented", points.front().size()));
  double volume = 0;
  double height = reference[1];
  for (auto const i : pareto_front(points)) { // a staircase that descends from left to right
    auto const& point = points[i];
    if (point[0] >= reference[0] || point[1] >= height)
      continue;
    volume += (reference[0] - point[0]) * (height - point[1]);
    height = point[1];
  }
  return volume;
}

} // namespace espalier::runtime
