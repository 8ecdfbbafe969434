#pragma once

#include <string>

namespace espalier::compiler {

/// 1234567 as 1,234,567.
std::string grouped(long long value);

} // namespace espalier::compiler
