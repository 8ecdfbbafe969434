#pragma once

#include <array>
#include <string>
#include <vector>

namespace espalier::runtime {

/// Points of one kind, with a colour and a marker of their own.
struct plot_series {
  std::string name;                          ///< Its entry in the legend.
  std::vector<std::array<double, 2>> points; ///< Each x and y.
  bool is_line = false;                      ///< Whether a line joins the points, in their order.
};

/// A diagram of points.
struct plot {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<plot_series> series; ///< Each is drawn over those before it.
};

/// An SVG picture that needs no other file. A point that is not finite is an `internal_error`.
std::string scatter_svg(plot const& drawn);

} // namespace espalier::runtime
