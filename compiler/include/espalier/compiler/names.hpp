#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/dsl/label.hpp>

#include <map>
#include <string>

namespace espalier::compiler {

/// A name of the language, with the size of a kernel behind it: `sep_conv_5x5`.
std::string spelled(dsl::label const& name);

/// Value names of one region: `conv0`, `conv1`, `normal0`; deterministic in the order of asking.
class name_source {
public:
  /// The next name for an operation's result, after its label if it has one.
  std::string fresh(operation const& op);

private:
  std::map<std::string, int> next_;
};

} // namespace espalier::compiler
