#pragma once

// Catch2 2 (Debian 12) and 3 under one name; write Approx and Catch::Matchers::ContainsSubstring.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

using Catch::Approx;
#else
#include <catch2/catch.hpp>

#include <string>

namespace Catch::Matchers {

inline auto ContainsSubstring(const std::string& text) {
  return Contains(text);
}

} // namespace Catch::Matchers
#endif
