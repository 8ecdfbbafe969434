#pragma once

#include "decided_context.hpp"

#include <map>
#include <set>
#include <string>

namespace espalier::compiler {

/// Whether an architecture has something.
using needs = decided_value<char>;

/// Whether an operation concatenates what no other reads.
inline bool takes_unread(operation const& op) {
  return op.form() == structure::concat && op.attribute("unread") == 1;
}

/// Where an operation that exists reads one of its operands.
needs where_read(decided_context& context, operation const& op, std::size_t operand);

/// Which values of a region an architecture needs that has the region: from what it yields backwards.
class needed_values {
public:
  needed_values(decided_context& context, region const& in, needs const& region_needed);

  [[nodiscard]] bool contains(std::string const& name) const { return needed_.contains(name); }
  [[nodiscard]] needs const& at(std::string const& name) const { return needed_.at(name); }
  [[nodiscard]] needs reads(operation const& op, std::size_t operand) const {
    return where_read(context_, op, operand);
  }
  /// Where no other operation reads a value.
  [[nodiscard]] needs unread(std::string const& name) const;

private:
  void mark_certain();

  decided_context& context_;
  region const& in_;
  std::set<std::string> certain_;
  std::map<std::string, needs> needed_;
};

} // namespace espalier::compiler
