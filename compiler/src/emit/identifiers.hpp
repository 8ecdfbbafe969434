#pragma once

#include <set>
#include <string>
#include <string_view>

namespace espalier::compiler {

/// A label as a type's name: `sep_conv_3x3` is SepConv3x3.
std::string pascal_case(std::string_view label);

/// A label as a namespace's or variable's name: `darts-cifar10` is darts_cifar10.
std::string snake_case(std::string_view label);

/// A value's name where it may begin an identifier: `0` is value_0.
std::string identifier(std::string const& value);

/// Names of one scope of emitted C++.
class identifier_scope {
public:
  /// The wanted name, as an identifier, with something behind it where it is taken or means something in C++.
  std::string claim(std::string const& wanted);
  /// A module's name: together with it, the name of its `Impl` is taken.
  std::string claim_module(std::string const& wanted);

private:
  std::set<std::string> taken_;
};

} // namespace espalier::compiler
