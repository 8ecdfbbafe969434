#include "table.hpp"

#include "numbers.hpp"

#include <algorithm>
#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace espalier::command {

namespace {

std::string repeated(std::string_view text, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i)
    result += text;
  return result;
}

constexpr std::string_view gap = "  ";
constexpr std::size_t narrowest_text = 24;

// As many words as fit into the width, which are taken from the text.
std::string take_line(std::string& text, std::size_t width) {
  auto end = text.size();
  if (width_of(text) > width) {
    auto const last_space = text.rfind(' ', width);
    end = last_space == std::string::npos || last_space == 0 ? std::min(text.find(' '), text.size()) : last_space;
  }
  auto const line = text.substr(0, end);
  text.erase(0, std::min(text.find_first_not_of(' ', end), text.size()));
  return line;
}

std::string padded(std::string const& text, std::size_t width, column::kind type) {
  auto const space = std::string(width - std::min(width, width_of(text)), ' ');
  return type == column::kind::text ? text + space : space + text;
}

nlohmann::json to_json(cell const& from) {
  return std::visit(
      [](auto const& value) -> nlohmann::json {
        if constexpr (std::is_same_v<decltype(value), std::monostate const&>)
          return nullptr;
        else
          return value;
      },
      from.value);
}

} // namespace

cell text_cell(std::string text) {
  return {text, text};
}
cell count_cell(long long count) {
  return {count, grouped(count)};
}
cell accuracy_cell(double accuracy) {
  return {accuracy, fmt::format("{:.4f}", accuracy)};
}
cell share_cell(double share) {
  return {share, fmt::format("{:.1f} %", 100 * share)};
}
cell seconds_cell(double seconds) {
  return {seconds, duration(seconds)};
}
cell milliseconds_cell(double milliseconds) {
  return {milliseconds, fmt::format("{:.3f}", milliseconds)};
}
cell missing_cell() {
  return {{}, "-"};
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::size_t terminal_width(int descriptor) {
  winsize size{};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : std::string::npos;
}

void table::add(std::vector<cell> row) {
  rows_.push_back(std::move(row));
}

// 0 for a column that is left out.
std::vector<std::size_t> table::widths(std::size_t terminal) const {
  std::vector<std::size_t> widths(columns_.size());
  std::size_t before = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    bool is_known = false;
    for (auto const& row : rows_) {
      is_known |= row[i].value.index() != 0;
      widths[i] = std::max(widths[i], width_of(row[i].shown));
    }
    widths[i] = is_known ? std::max(widths[i], width_of(columns_[i].heading)) : 0;
    if (i + 1 < columns_.size() && is_known)
      before += widths[i] + gap.size();
  }
  if (columns_.back().type == column::kind::text && before + widths.back() > terminal)
    widths.back() = std::max(narrowest_text, terminal - std::min(terminal, before));
  return widths;
}

std::string table::text(std::size_t terminal) const {
  auto const width = widths(terminal);
  auto const line = [&](auto const& content) {
    std::string result;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (width[i] > 0)
        result.append(result.empty() ? "" : gap).append(padded(content(i), width[i], columns_[i].type));
    result.erase(result.find_last_not_of(' ') + 1);
    return result + '\n';
  };
  auto text = line([&](std::size_t i) { return columns_[i].heading; });
  text += line([&](std::size_t i) { return repeated("─", width[i]); });
  for (auto const& row : rows_) {
    auto rest = row.back().shown;
    text += line([&](std::size_t i) { return i + 1 < row.size() ? row[i].shown : take_line(rest, width[i]); });
    while (!rest.empty() && width.back() > 0)
      text += line([&](std::size_t i) { return i + 1 < row.size() ? "" : take_line(rest, width[i]); });
  }
  return text;
}

std::string table::json() const {
  auto array = nlohmann::ordered_json::array();
  for (auto const& row : rows_) {
    nlohmann::ordered_json object;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      object[columns_[i].key] = to_json(row[i]);
    array.push_back(std::move(object));
  }
  return array.dump(2) + "\n";
}

void table::print(bool as_json) const {
  fmt::print(stdout, "{}", as_json ? json() : text(terminal_width(STDOUT_FILENO)));
}

} // namespace espalier::command
