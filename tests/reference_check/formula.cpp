#include "check.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/dsl/count.hpp>

#include <fmt/format.h>

#include <map>
#include <regex>

namespace reference_check {

namespace {

using espalier::dsl::cardinality;

// Sums, products, powers, factorials and parentheses, with variables of one letter and of a whole value.
class formula {
public:
  explicit formula(std::string const& text) : text_(text) {
    static std::regex const value{R"(\b([A-Z]) ?= ?(\d{1,4}))"};
    for (std::sregex_iterator at{text.begin(), text.end(), value}, end; at != end; ++at)
      variables_[(*at)[1].str()[0]] = std::stoull((*at)[2].str());
  }

  cardinality value() { return sum(); }

private:
  char peek() {
    while (at_ < text_.size() && text_[at_] == ' ')
      ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c)
      return false;
    ++at_;
    return true;
  }
  [[noreturn]] void refuse() const {
    throw espalier::user_error(fmt::format("the formula '{}' is no arithmetic from character {} on", text_, at_ + 1));
  }

  cardinality sum() {
    auto total = product();
    while (peek() == '+' || peek() == '-') {
      bool const subtracts = take('-');
      if (!subtracts)
        ++at_;
      auto const term = product();
      total = subtracts ? cardinality{small(total) - small(term)} : total + term;
    }
    return total;
  }
  cardinality product() {
    auto total = raised();
    while (peek() == '*') {
      ++at_;
      total *= raised();
    }
    return total;
  }
  cardinality raised() {
    auto const base = factor();
    return take('^') ? espalier::dsl::power(base, static_cast<int>(small(raised()))) : base;
  }
  cardinality factor() {
    auto value = atom();
    while (take('!')) {
      cardinality product = 1;
      for (unsigned long long i = 2; i <= small(value); ++i)
        product *= i;
      value = product;
    }
    return value;
  }
  cardinality atom() {
    if (take('(')) {
      auto const inside = sum();
      if (!take(')'))
        refuse();
      return inside;
    }
    if (auto const at = variables_.find(peek()); at != variables_.end()) {
      ++at_;
      return at->second;
    }
    if (peek() < '0' || peek() > '9')
      refuse();
    cardinality value = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9')
      value = value * 10 + static_cast<unsigned long long>(text_[at_++] - '0');
    return value;
  }
  unsigned long long small(cardinality const& value) const {
    auto rest = value;
    auto const low = rest.divide(1'000'000'000);
    if (rest != cardinality{})
      refuse();
    return low;
  }

  std::string const& text_;
  std::map<char, unsigned long long> variables_;
  std::size_t at_ = 0;
};

} // namespace

cardinality formula_value(std::string const& text) {
  return formula{text}.value();
}

} // namespace reference_check
