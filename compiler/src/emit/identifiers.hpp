#pragma once

#include <set>
#include <string>
#include <string_view>

namespace espalier::compiler {

/// A label as a type's name: `sep_conv_3x3` is SepConv3x3, `conv_1x3_3x1` Conv1x3_3x1.
std::string pascal_case(std::string_view label);

/// A label as a namespace's or variable's name: `darts-cifar10` is darts_cifar10.
std::string snake_case(std::string_view label);

/// A value's name where it may begin an identifier: `0` is value_0.
std::string identifier(std::string const& value);

/// Keywords and alternative tokens of C++20, and namespaces that emitted code names, between blanks.
extern std::string_view const cpp_words;
/// Keywords of Python, and what emitted code names.
extern std::string_view const python_words;

/// Names of one scope of emitted code.
class identifier_scope {
public:
  explicit identifier_scope(std::string_view reserved = cpp_words) : reserved_(reserved) {}

  /// The wanted name, as an identifier, with something behind it where it is taken or reserved.
  std::string claim(std::string const& wanted);
  /// A module's name: together with it, the name of its `Impl` is taken.
  std::string claim_module(std::string const& wanted);

private:
  std::string_view reserved_;
  std::set<std::string> taken_;
};

} // namespace espalier::compiler
