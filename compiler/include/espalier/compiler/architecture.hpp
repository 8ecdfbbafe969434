#pragma once

#include <espalier/compiler/decisions.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace espalier::compiler {

/// A value for every decision of a space: the option's index, a bit set of options for a subset, 0 where the decision
/// is inactive.
struct architecture {
  std::vector<std::uint32_t> values;

  auto operator<=>(architecture const&) const = default;
};

/// Whether a decision of this value takes the option.
bool takes(decision const& d, std::uint32_t value, std::size_t option);

/// Whether a decision that hangs on `parent` exists where that has this value.
bool exists_where(decision const& child, decision const& parent, std::uint32_t value);

/// Which decisions exist in this architecture.
std::vector<bool> active_decisions(decision_space const& space, architecture const& a);

/// Every fault of an architecture, as sentences; empty when it is valid.
std::vector<std::string> faults(decision_space const& space, architecture const& a);

/// Readable JSON: space, fingerprint of its decisions, and a value for each active decision, in their order.
nlohmann::ordered_json to_json(decision_space const& space, std::string const& space_name, architecture const& a);

/// Reads it back; anything invalid, incomplete or foreign is a `user_error` that lists every fault.
architecture from_json(decision_space const& space, nlohmann::json const& json);

/// Parses the text of a JSON file; a syntax error is a `user_error` with `origin`, line and column, a key given twice
/// one with its name.
nlohmann::json parse_json(std::string const& text, std::string const& origin);

/// 16 hexadecimal digits that identify an architecture within its space.
std::string fingerprint(decision_space const& space, architecture const& a);

/// One line: for each active decision its option, in order, as short as it can be read.
std::string summary(decision_space const& space, architecture const& a);

} // namespace espalier::compiler
