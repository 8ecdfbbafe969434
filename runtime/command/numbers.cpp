#include "numbers.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace espalier::command {

namespace {

constexpr double readable_at_a_glance = 1e9;

std::string with_separators(std::string number) {
  auto const first_digit = number.starts_with('-') ? 1U : 0U;
  for (auto i = number.size(); i > first_digit + 3;)
    number.insert(i -= 3, ",");
  return number;
}

// 1.08e18
std::string scientific(double number) {
  auto const text = fmt::format("{:.2e}", number);
  auto const exponent = text.find('e');
  return fmt::format("{}e{}", text.substr(0, exponent), std::atoi(text.c_str() + exponent + 1));
}

} // namespace

std::string grouped(long long number) {
  return with_separators(fmt::format("{}", number));
}

std::string digits(dsl::cardinality number) {
  std::string text;
  do
    text += static_cast<char>('0' + number.divide(10));
  while (number != dsl::cardinality{});
  std::ranges::reverse(text);
  return text;
}

std::string grouped(dsl::cardinality const& number) {
  auto const exact = with_separators(digits(number));
  return number.approximate() < readable_at_a_glance ? exact
                                                     : fmt::format("{} ({})", exact, scientific(number.approximate()));
}

std::string duration(double seconds) {
  if (seconds < 60)
    return fmt::format("{:.1f} s", seconds);
  auto const whole = std::llround(seconds);
  if (whole < 3600)
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::optional<long long> parse_amount(std::string const& text) {
  char* end = nullptr;
  double const number = std::strtod(text.c_str(), &end);
  std::string const unit{end};
  double factor = 0;
  if (unit.empty())
    factor = 1;
  else if (unit == "k" || unit == "K")
    factor = 1e3;
  else if (unit == "M")
    factor = 1e6;
  else if (unit == "G")
    factor = 1e9;
  double const amount = number * factor;
  if (text.empty() || !(amount >= 1 && amount < 9e18))
    return {};
  return std::llround(amount);
}

} // namespace espalier::command
