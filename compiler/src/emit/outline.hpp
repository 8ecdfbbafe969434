#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/compiler/weights.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace espalier::compiler {

/// A number in emitted code: a constructor parameter by its name, or a literal.
struct number {
  std::string parameter;
  int literal = 0;

  [[nodiscard]] bool is(int value) const { return parameter.empty() && literal == value; }
  [[nodiscard]] std::string text() const { return parameter.empty() ? std::to_string(literal) : parameter; }
};

/// The numbers that an operation's code names.
using named_numbers = std::map<std::string, number, std::less<>>;

/// What an operation of a module becomes: the numbers that its code names, and, for a block or a recurrence, the module
/// it is made of.
struct outlined_operation {
  named_numbers numbers;             ///< Of a leaf or a join.
  std::optional<std::size_t> module; ///< Of a block, an index into the outline.
  std::vector<number> arguments;     ///< Of a block, for the parameters of its module.
};

/// One struct of emitted code, for all blocks of one label that differ in nothing but numbers. Numbers that are equal
/// in all of them are literals, the others constructor parameters; numbers of one meaning that always agree are one
/// parameter.
struct outlined_module {
  std::string label; ///< Of a block that has none, after the block that holds it.
  std::vector<region const*> instances;
  std::string first_path; ///< The value names that lead to the first instance, joined by dots; empty for the network.
  std::vector<std::string> parameters;
  std::vector<outlined_operation> operations; ///< One for each operation of the body.

  /// The first instance's body: all others have the same names.
  [[nodiscard]] region const& body() const { return *instances.front(); }
};

/// The names of the numbers that the code of a leaf or a join depends on: attributes, sizes of what it reads
/// (`in_channels`, `in_height`, `in_width`, `positions`), or what follows from them (`squeezed`).
struct code_numbers {
  std::vector<std::string_view> mentioned;    ///< May be constructor parameters.
  std::vector<std::string_view> immaterial{}; ///< Attributes without which the code is the same.
};
using code_numbers_of = code_numbers (*)(typed_operation const&);

/// Whether the network, the last module, reads images.
bool reads_images(std::vector<outlined_module> const& modules);

/// Whether an operation is a module of its own: a block or a recurrence.
bool holds_region(operation const& op);

/// An operation of a region with the types of its operands.
typed_operation typed(operation const& op, region const& in);

/// The modules of a network without decisions, every one before those that hold it; the last is the network. The
/// network must outlive it.
std::vector<outlined_module> outline(graph const& network, code_numbers_of numbers_of);

} // namespace espalier::compiler
