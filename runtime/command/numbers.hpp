#pragma once

#include <espalier/dsl/cardinality.hpp>

#include <optional>
#include <string>

namespace espalier::command {

/// 1,076,746
std::string grouped(long long number);

/// Every digit, without separators.
std::string digits(dsl::cardinality number);

/// Every digit, and how many that are: 1,076,746,950,455,072,400 (1.08e18).
std::string grouped(dsl::cardinality const& number);

/// Seconds as one reads a clock: 4.2 s, 3:07, 1:02:45.
std::string duration(double seconds);

/// Reads 600000, 600k, 12.5M or 3G; nothing if the text is no such amount.
std::optional<long long> parse_amount(std::string const& text);

} // namespace espalier::command
