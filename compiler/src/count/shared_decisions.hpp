#pragma once

#include <espalier/dsl/evaluate.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace espalier::compiler {

/// A decision that more than one operation reads, with what it was decided to be; or a fact to remember about a cell.
struct shared_value {
  std::uint64_t id = 0;
  long long value = 0;
  std::size_t until = 0; ///< When the last operation that reads it has ended; 0 for none but the one that decides it.

  bool operator==(shared_value const&) const = default;
};

using shared_values = std::vector<shared_value>;

inline shared_value const* find(shared_values const& values, std::uint64_t id) {
  for (auto const& v : values)
    if (v.id == id)
      return &v;
  return nullptr;
}

/// Keeps them in order, so that equal ones compare equal.
inline void insert(shared_values& values, shared_value const& v) {
  auto at = values.begin();
  while (at != values.end() && at->id < v.id)
    ++at;
  values.insert(at, v);
}

/// Of all that has this name.
inline std::uint64_t id_of(dsl::label const& name) {
  auto const stem = dsl::detail::identity(name);
  return name.size == 0 ? stem : dsl::detail::mixed(stem, static_cast<std::uint64_t>(name.size));
}

inline constexpr std::size_t forever = ~std::size_t{0};

/// When an operation has ended, and with it all that it holds.
inline std::size_t end_of(dsl::space_view space, std::size_t i) {
  return space.end(i) * (space.nodes.size() + 1) - i;
}

/// Which names of a space stand for one decision at several places, and up to where they are read.
class name_uses {
public:
  explicit name_uses(dsl::space_view space);

  /// When the last operation that reads a name has ended; where it is read again and again, what repeats it.
  [[nodiscard]] std::size_t until(dsl::label const& name) const;
  /// Whether more than one operation reads the name, or one more than once.
  [[nodiscard]] bool is_shared(dsl::label const& name) const;
  /// Whether an operation is part of every architecture.
  [[nodiscard]] bool always_exists(std::size_t i) const;
  [[nodiscard]] bool within_constraint(std::size_t i) const;

private:
  struct use {
    dsl::label name;
    std::size_t until = 0;
    bool is_shared = false;
  };

  [[nodiscard]] use const* find(dsl::label const& name) const;
  [[nodiscard]] std::size_t outermost_repetition(std::size_t i) const;
  void extend_by_constraints();

  dsl::space_view space_;
  std::vector<use> uses_;
};

} // namespace espalier::compiler
