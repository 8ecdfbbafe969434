#pragma once

#include <espalier/compiler/graph.hpp>

#include <map>
#include <string>

namespace espalier::compiler {

/// Value names of one region: `conv0`, `conv1`, `normal0`; deterministic in the order of asking.
class name_source {
public:
  /// The next name for an operation's result, after its label if it has one.
  std::string fresh(operation const& op);

private:
  std::map<std::string, int> next_;
};

} // namespace espalier::compiler
