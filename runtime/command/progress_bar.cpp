#include "progress_bar.hpp"

#include "numbers.hpp"
#include "table.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

#include <fmt/format.h>

namespace espalier::command {

namespace {

using namespace std::chrono_literals;

constexpr auto redraw_interval = 100ms;
constexpr auto line_interval = 10s;
constexpr auto patience = 500ms; // before the time left is estimated
constexpr std::size_t longest_bar = 32;
constexpr std::size_t shortest_bar = 8;
constexpr std::size_t widest_line = 120;
constexpr std::size_t longest_time_left = 12;
constexpr auto start_of_line = "\r\033[K";

std::string repeated(std::string_view text, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i)
    result += text;
  return result;
}

} // namespace

progress_bar::progress_bar()
    : on_terminal_(isatty(STDERR_FILENO) != 0), in_colour_(on_terminal_ && std::getenv("NO_COLOR") == nullptr) {}

// What failed is told on a line of its own.
progress_bar::~progress_bar() {
  if (is_drawn_)
    fmt::print(stderr, "\n");
}

void progress_bar::begin(std::string const& stage, std::int64_t total, std::int64_t done) {
  stage_ = stage;
  total_ = total;
  done_ = done_before_ = done;
  begun_ = shown_ = clock::now();
  if (on_terminal_)
    draw(done > 0 ? "resumed" : "");
  else if (done > 0)
    fmt::print(stderr, "{}  resumed at {:.0f} %\n", stage_, 100 * share());
  is_drawn_ = on_terminal_;
}

void progress_bar::step(std::string const& status) {
  ++done_;
  auto const now = clock::now();
  if (now - shown_ < (on_terminal_ ? clock::duration{redraw_interval} : clock::duration{line_interval}))
    return;
  shown_ = now;
  show(status);
}

void progress_bar::end(std::string const& summary) {
  auto const mark = in_colour_ ? "\033[32m✓\033[0m " : on_terminal_ ? "✓ " : "";
  fmt::print(stderr, "{}{}{}  {}\n", is_drawn_ ? start_of_line : "", mark, stage_, summary);
  is_drawn_ = false;
}

void progress_bar::show(std::string const& status) {
  if (on_terminal_)
    return draw(status);
  fmt::print(stderr, "{}  {:.0f} %  {}  {}\n", stage_, 100 * share(), status, time_left());
}

// supernet ━━━━━━━━━━━━━━────────────────  42 %  loss 0.412  accuracy 0.861  1:23 left
void progress_bar::draw(std::string const& status) const {
  auto const percent = fmt::format("{:3.0f} %", 100 * share());
  auto const left = time_left();
  auto const width = std::min(terminal_width(STDERR_FILENO), widest_line) - 1;
  auto const words = stage_.size() + percent.size() + longest_time_left + 6;
  auto const room = width > words + shortest_bar ? width - words - shortest_bar : 0;
  auto const said = status.substr(0, room);
  auto const bar = shortest_bar + std::min(room - said.size(), longest_bar - shortest_bar);
  auto const full = static_cast<std::size_t>(share() * static_cast<double>(bar));
  fmt::print(stderr, "{}{} {}{}{}{}{} {}  {}{}{}", start_of_line, stage_, in_colour_ ? "\033[32m" : "",
             repeated("━", full), in_colour_ ? "\033[90m" : "", repeated("─", bar - full), in_colour_ ? "\033[0m" : "",
             percent, said, said.empty() ? "" : "  ", left);
  std::fflush(stderr);
}

double progress_bar::share() const {
  return total_ > 0 ? std::clamp(static_cast<double>(done_) / static_cast<double>(total_), 0.0, 1.0) : 1.0;
}

// From the pace of this run alone: an earlier one may have had another machine to itself.
std::string progress_bar::time_left() const {
  auto const elapsed = clock::now() - begun_;
  if (done_ == done_before_ || elapsed < patience)
    return "";
  double const pace = std::chrono::duration<double>(elapsed).count() / static_cast<double>(done_ - done_before_);
  double const seconds = pace * static_cast<double>(std::max<std::int64_t>(0, total_ - done_));
  return (seconds < 60 ? fmt::format("{:.0f} s", seconds) : duration(seconds)) + " left";
}

} // namespace espalier::command
