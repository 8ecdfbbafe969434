#include <espalier/runtime/plot.hpp>

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace espalier::runtime {

namespace {

// Lengths in pixels.
constexpr double plot_width = 620;
constexpr double plot_height = 380;
constexpr double margin = 24;
constexpr double title_height = 26;
constexpr double legend_row = 20;
constexpr double below_plot = 58;
constexpr double character_width = 7;

// Colours that the colour-blind can tell apart (Okabe and Ito, "Color Universal Design", 2008); their yellow is too
// faint on white.
constexpr std::array colours{"#56b4e9", "#d55e00", "#009e73", "#cc79a7", "#0072b2", "#e69f00"};
// Circle, square, triangle and diamond around the origin.
constexpr std::array markers{"M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z", "M-3.6,-3.6h7.2v7.2h-7.2z", "M0,-4.8L4.6,3.4h-9.2z",
                             "M0,-5.2L5.2,0L0,5.2L-5.2,0z"};

std::string escaped(std::string_view text) {
  std::string result;
  for (char const c : text)
    switch (c) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    default: // control characters are not allowed in XML
      result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  return result;
}

struct unit {
  double size;
  double from; // for axes that reach at least so far
  std::string_view name;
};
constexpr std::array units{unit{1e9, 1e9, "G"}, unit{1e6, 1e6, "M"}, unit{1e3, 1e4, "k"}, unit{1, 0, ""}};

// The least 1, 2 or 5 times a power of ten that is at least so much.
double rounded_up(double step) {
  auto const power = std::pow(10, std::floor(std::log10(step)));
  for (double const factor : {1.0, 2.0, 5.0})
    if (factor * power >= step)
      return factor * power;
  return 10 * power;
}

// The values along one side of the diagram: those of the points, with room at both ends, and round ticks.
class axis {
public:
  axis(std::vector<double> const& values, plot_scale scale, double length, double pixels_between_ticks)
      : length_(length), scale_(scale) {
    if (!values.empty()) {
      auto const [least, most] = std::ranges::minmax(values);
      low_ = scaled(least);
      high_ = scaled(most);
    }
    auto const room = high_ > low_ ? 0.05 * (high_ - low_) : std::max(0.1 * std::abs(high_), 0.1);
    low_ -= room;
    high_ += room;
    auto const between_ticks = (high_ - low_) * pixels_between_ticks / length;
    step_ = rounded_up(between_ticks);
    has_parts_of_decades_ = between_ticks <= 0.5;
  }

  // From the low end.
  [[nodiscard]] double pixels(double value) const { return (scaled(value) - low_) / (high_ - low_) * length_; }

  [[nodiscard]] std::vector<double> ticks() const {
    return scale_ == plot_scale::logarithmic ? logarithmic_ticks() : linear_ticks();
  }

  // 0.85, 1200, 20k, 2.5M
  [[nodiscard]] std::string label(double tick) const {
    bool const is_logarithmic = scale_ == plot_scale::logarithmic;
    auto const greatest = is_logarithmic ? tick : std::max(std::abs(low_), std::abs(high_));
    auto const unit = *std::ranges::find_if(units, [&](auto const& u) { return greatest >= u.from; });
    constexpr double rounding = 1e-9; // of the logarithm of a power of ten
    auto const finest = (is_logarithmic ? tick : step_) / unit.size;
    auto const digits = static_cast<int>(std::max(0.0, -std::floor(std::log10(finest) + rounding)));
    return fmt::format("{:.{}f}{}", tick / unit.size, digits, unit.name);
  }

private:
  [[nodiscard]] double scaled(double value) const {
    return scale_ == plot_scale::logarithmic ? std::log10(value) : value;
  }

  [[nodiscard]] std::vector<double> linear_ticks() const {
    std::vector<double> found;
    for (auto i = std::llround(std::ceil(low_ / step_)); static_cast<double>(i) * step_ <= high_; ++i)
      found.push_back(static_cast<double>(i) * step_);
    return found;
  }

  // Powers of ten, and 2 and 5 times these where there is room.
  [[nodiscard]] std::vector<double> logarithmic_ticks() const {
    std::vector<double> found;
    for (auto power = std::floor(low_); power <= high_; ++power)
      for (double const factor : {1.0, 2.0, 5.0})
        if (auto const tick = factor * std::pow(10, power);
            (factor == 1 || has_parts_of_decades_) && scaled(tick) >= low_ && scaled(tick) <= high_)
          found.push_back(tick);
    return found;
  }

  double length_;
  plot_scale scale_;
  double low_ = 0; // as scaled
  double high_ = 1;
  double step_;
  bool has_parts_of_decades_;
};

std::vector<double> x_values(plot const& drawn) {
  std::vector<double> values;
  for (auto const& series : drawn.series)
    for (auto const& point : series.points)
      values.push_back(point[0]);
  return values;
}

std::vector<double> y_values(plot const& drawn) {
  std::vector<double> values;
  for (auto const& series : drawn.series) {
    for (auto const& point : series.points)
      values.push_back(point[1]);
    for (auto const& [low, high] : series.band)
      values.insert(values.end(), {low, high});
  }
  return values;
}

// Writes the picture part by part; the plot's own area starts at `left_`, `top_`.
class svg_writer {
public:
  explicit svg_writer(plot const& drawn)
      : drawn_(drawn), x_(x_values(drawn), drawn.x_scale, plot_width, 90),
        y_(y_values(drawn), drawn.y_scale, plot_height, 50), left_(margin + 24 + widest_label()),
        top_(margin + (drawn.title.empty() ? 0 : title_height) +
             legend_row * static_cast<double>(drawn.series.size())) {}

  std::string picture() {
    auto const width = left_ + plot_width + margin;
    auto const height = top_ + plot_height + below_plot;
    write("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
          "height=\"{1:.0f}\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#222222\">\n",
          width, height);
    write("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    if (!drawn_.title.empty())
      write("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"16\" font-weight=\"bold\">{}</text>\n", left_, margin + 10,
            escaped(drawn_.title));
    write_axes();
    for (std::size_t i = 0; i < drawn_.series.size(); ++i) {
      write_legend(i);
      write_points(i);
    }
    write("</svg>\n");
    return std::move(text_);
  }

private:
  template <class... Parts>
  void write(fmt::format_string<Parts...> form, Parts&&... parts) {
    fmt::format_to(std::back_inserter(text_), form, std::forward<Parts>(parts)...);
  }

  [[nodiscard]] double widest_label() const {
    std::size_t characters = 0;
    for (auto const tick : y_.ticks())
      characters = std::max(characters, y_.label(tick).size());
    return character_width * static_cast<double>(characters);
  }
  [[nodiscard]] double x_pixel(double value) const { return left_ + x_.pixels(value); }
  [[nodiscard]] double y_pixel(double value) const { return top_ + plot_height - y_.pixels(value); }

  void write_line(double x1, double y1, double x2, double y2, std::string_view colour) {
    write("<path d=\"M{:.1f},{:.1f}L{:.1f},{:.1f}\" stroke=\"{}\"/>\n", x1, y1, x2, y2, colour);
  }

  void write_axes() {
    auto const bottom = top_ + plot_height;
    auto const right = left_ + plot_width;
    constexpr std::string_view grid = "#e5e5e5";
    for (auto const tick : x_.ticks()) {
      write_line(x_pixel(tick), top_, x_pixel(tick), bottom, grid);
      write("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", x_pixel(tick), bottom + 20,
            x_.label(tick));
    }
    for (auto const tick : y_.ticks()) {
      write_line(left_, y_pixel(tick), right, y_pixel(tick), grid);
      write("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", left_ - 8, y_pixel(tick) + 4.5,
            y_.label(tick));
    }
    write_line(left_, bottom, right, bottom, "#555555");
    write_line(left_, top_, left_, bottom, "#555555");
    write("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", left_ + plot_width / 2, bottom + 44,
          escaped(drawn_.x_label));
    write("<text transform=\"translate({:.1f},{:.1f})rotate(-90)\" text-anchor=\"middle\">{}</text>\n", margin,
          top_ + plot_height / 2, escaped(drawn_.y_label));
  }

  void write_marker(double x, double y, std::size_t series) {
    write("<path transform=\"translate({:.1f},{:.1f})\" d=\"{}\"/>\n", x, y, markers[series % markers.size()]);
  }

  // Points that no line joins may be many: they show through each other.
  void begin_series(std::size_t series) {
    write("<g color=\"{}\" fill=\"currentColor\" fill-opacity=\"{}\">\n", colours[series % colours.size()],
          drawn_.series[series].is_line ? 1 : 0.6);
  }

  void write_legend(std::size_t series) {
    auto const y = top_ - legend_row * (static_cast<double>(drawn_.series.size() - series) - 0.3);
    begin_series(series);
    if (drawn_.series[series].is_line)
      write("<path d=\"M{:.1f},{:.1f}h24\" stroke=\"currentColor\" stroke-width=\"2\"/>\n", left_, y);
    write_marker(left_ + 12, y, series);
    write("</g>\n<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", left_ + 32, y + 4.5,
          escaped(drawn_.series[series].name));
  }

  // Along the upper side, and back along the lower one.
  void write_band(plot_series const& series) {
    if (series.band.empty())
      return;
    write("<path fill-opacity=\"0.15\" d=\"");
    for (std::size_t i = 0; i < series.points.size(); ++i)
      write("{}{:.1f},{:.1f}", i == 0 ? 'M' : 'L', x_pixel(series.points[i][0]), y_pixel(series.band[i][1]));
    for (auto i = series.points.size(); i-- > 0;)
      write("L{:.1f},{:.1f}", x_pixel(series.points[i][0]), y_pixel(series.band[i][0]));
    write("z\"/>\n");
  }

  void write_points(std::size_t series) {
    auto const& points = drawn_.series[series].points;
    begin_series(series);
    write_band(drawn_.series[series]);
    if (drawn_.series[series].is_line && !points.empty()) {
      write("<path fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" d=\"");
      for (char command = 'M'; auto const& [x, y] : points)
        write("{}{:.1f},{:.1f}", std::exchange(command, 'L'), x_pixel(x), y_pixel(y));
      write("\"/>\n");
    }
    for (auto const& [x, y] : points)
      write_marker(x_pixel(x), y_pixel(y), series);
    write("</g>\n");
  }

  plot const& drawn_;
  axis x_;
  axis y_;
  double left_;
  double top_;
  std::string text_;
};

} // namespace

std::string scatter_svg(plot const& drawn) {
  auto const is_drawable = [](double value, plot_scale scale) {
    return std::isfinite(value) && (scale == plot_scale::linear || value > 0);
  };
  for (auto const& series : drawn.series) {
    for (auto const& [x, y] : series.points)
      if (!is_drawable(x, drawn.x_scale) || !is_drawable(y, drawn.y_scale))
        throw internal_error(fmt::format("a point of '{}' is at {}, {}", series.name, x, y));
    if (!series.band.empty() && series.band.size() != series.points.size())
      throw internal_error(fmt::format("the band of '{}' is around {} points of {}", series.name, series.band.size(),
                                       series.points.size()));
    for (auto const& [low, high] : series.band)
      if (!is_drawable(low, drawn.y_scale) || !is_drawable(high, drawn.y_scale))
        throw internal_error(fmt::format("the band of '{}' is from {} to {}", series.name, low, high));
  }
  return svg_writer{drawn}.picture();
}

} // namespace espalier::runtime
