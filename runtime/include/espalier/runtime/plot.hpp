#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace espalier::runtime {

/// Points of one kind, with a colour and a marker of their own.
struct plot_series {
  std::string name;                          ///< Its entry in the legend.
  std::vector<std::array<double, 2>> points; ///< Each x and y.
  bool is_line = false;                      ///< Whether a line joins the points, in their order.
  /// The least and greatest y around each point, such as a confidence interval: drawn as an area behind the points,
  /// unless there are none.
  std::vector<std::array<double, 2>> band = {};
};

enum class plot_scale : std::uint8_t { linear, logarithmic };

/// A diagram of points.
struct plot {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<plot_series> series; ///< Each is drawn over those before it.
  plot_scale x_scale = plot_scale::linear;
  plot_scale y_scale = plot_scale::linear;
};

/// An SVG picture that needs no other file. A point that is not finite, or not above 0 where the scale is logarithmic,
/// and a band of another number of points are an `internal_error`.
std::string scatter_svg(plot const& drawn);

} // namespace espalier::runtime
