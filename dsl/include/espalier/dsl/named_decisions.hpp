#pragma once

#include <espalier/dsl/evaluate.hpp>

namespace espalier::dsl::detail {

/// Wherever a name stands for a decision, in the order of the space, and where the same name stood before.
class named_decisions {
public:
  struct use {
    std::size_t at;    ///< The operation or number.
    std::uint64_t id;  ///< Of its name.
    std::size_t first; ///< Where the name first stands.
    std::size_t made;  ///< Where it first stands outside constraints, which read a decision and do not make it.
    bool is_read;      ///< By a constraint.
    bool is_depth;     ///< In the number of a repeat.
    bool is_sure;      ///< An earlier use has made it wherever this use exists.
  };

  constexpr explicit named_decisions(space_view space) : space_(space) {
    std::size_t constraint_end = 0;
    std::size_t depth_end = 0;
    for (std::size_t i = 0; i < space.nodes.size(); ++i) {
      if (space.form(i) == structure::constraint)
        constraint_end = space.end(i);
      if (space.form(i) == structure::repeat && space[i].decided != 0)
        depth_end = space.first_child(i);
      if (space.is_named_decision(i))
        add({i, id_of(space[i].name), i, i, i < constraint_end, i < depth_end, false});
    }
  }

  [[nodiscard]] constexpr int count() const { return count_; }
  [[nodiscard]] constexpr use const& operator[](int u) const { return uses_[u]; }
  /// The use at an operation or number, which must be a named decision.
  [[nodiscard]] constexpr use const& at(std::size_t i) const {
    int low = 0;
    for (int high = count_ - 1; low < high;) {
      int const middle = (low + high) / 2;
      if (uses_[middle].at < i)
        low = middle + 1;
      else
        high = middle;
    }
    return uses_[low];
  }

  /// Whether every earlier use stands in a candidate that excludes this use's.
  [[nodiscard]] constexpr bool excludes_earlier(use const& u) const {
    for (int k = 0; uses_[k].at < u.at; ++k)
      if (uses_[k].id == u.id && !uses_[k].is_read &&
          space_.form(common_parent(uses_[k].at, u.at)) != structure::choice)
        return false;
    return true;
  }

private:
  [[nodiscard]] constexpr bool is_within(std::size_t i, std::size_t parent) const {
    return parent <= i && i < space_.end(parent);
  }
  // The operation that `parent` holds around another; `parent` where that is itself or a number of its own.
  [[nodiscard]] constexpr std::size_t child_around(std::size_t i, std::size_t parent) const {
    for (std::size_t c = space_.first_child(parent); c <= i && c < space_.end(parent); c = space_.next(c))
      if (i < space_.end(c))
        return c;
    return parent;
  }
  // The innermost operation around two.
  [[nodiscard]] constexpr std::size_t common_parent(std::size_t earlier, std::size_t later) const {
    std::size_t parent = 0;
    for (auto c = child_around(earlier, 0); c != parent && is_within(later, c); c = child_around(earlier, c))
      parent = c;
    return parent;
  }

  // Whether an earlier use has made the decision wherever this use exists: it stands in no branch that this one does
  // not, or every candidate of a choice before this use makes it.
  [[nodiscard]] constexpr bool surely_reaches(use const& earlier, std::size_t later) const {
    auto parent = common_parent(earlier.at, later);
    if (space_.form(parent) == structure::choice || space_.form(parent) == structure::any_of)
      return earlier.at < space_.first_child(parent);
    for (auto c = child_around(earlier.at, parent); c != parent; c = child_around(earlier.at, c)) {
      parent = c;
      if (parent == earlier.at)
        return true;
      if (space_.form(parent) == structure::choice)
        return surely_makes(parent, earlier.id);
      if (may_be_left_out(parent) && earlier.at >= space_.first_child(parent))
        return false;
    }
    return true;
  }

  [[nodiscard]] constexpr bool may_be_left_out(std::size_t i) const {
    return space_.form(i) == structure::any_of || (space_.form(i) == structure::repeat && space_[i].decided != 0 &&
                                                   number_evaluator{space_}.numbers(i)[0].low < 1);
  }

  [[nodiscard]] constexpr bool surely_makes(std::size_t i, std::uint64_t id) const {
    if (space_.form(i) == structure::constraint || space_.form(i) == structure::layer_chain)
      return false;
    if (space_.is_named_decision(i) && id_of(space_[i].name) == id)
      return true;
    for (std::size_t n = i + 1; n < space_.first_child(i) && space_.form(i) != structure::number; ++n)
      if (space_.is_named_decision(n) && id_of(space_[n].name) == id)
        return true;
    if (may_be_left_out(i))
      return false;
    bool const is_choice = space_.form(i) == structure::choice;
    bool every = true;
    bool some = false;
    space_.for_each_child(i, [&](std::size_t c) {
      bool const makes = surely_makes(c, id);
      every = every && makes;
      some = some || makes;
    });
    return is_choice ? every : some;
  }

  static constexpr int capacity = 1024;
  static void more_than_1024_named_decisions() { throw "a search space with more than 1024 uses of named decisions"; }

  static constexpr std::uint64_t id_of(label const& name) {
    return name.size == 0 ? identity(name) : mixed(identity(name), static_cast<std::uint64_t>(name.size));
  }

  constexpr void add(use made) {
    if (count_ == capacity)
      more_than_1024_named_decisions();
    bool is_made = false;
    for (int u = count_; u-- > 0;)
      if (uses_[u].id == made.id) {
        made.first = uses_[u].first;
        is_made = !(uses_[u].is_read && uses_[u].made == uses_[u].at);
        if (is_made)
          made.made = uses_[u].made;
        break;
      }
    for (int u = 0; u < count_ && !made.is_sure && made.made != made.at; ++u)
      made.is_sure = uses_[u].id == made.id && !uses_[u].is_read && surely_reaches(uses_[u], made.at);
    uses_[count_++] = made;
  }

  space_view space_;
  use uses_[capacity]; // up to `count_`
  int count_ = 0;
};

/// Where an architecture may pass by: a candidate, or the body of a repeat that may be left out, and what holds it.
struct branch {
  std::size_t at = 0; ///< 0 where every architecture passes.
  std::size_t owner = 0;

  [[nodiscard]] constexpr bool contains(space_view space, std::size_t i) const {
    return at == 0 || (at <= i && i < space.end(at));
  }
};

/// The innermost branch that holds an operation or number.
constexpr branch branch_of(space_view space, std::size_t i) {
  branch found;
  for (std::size_t k = 0; k < i; ++k) {
    if (i >= space.end(k) || i < space.first_child(k))
      continue;
    auto const form = space.form(k);
    bool const is_optional =
        form == structure::repeat && space[k].decided != 0 && number_evaluator{space}.numbers(k)[0].low < 1;
    if (form == structure::choice || form == structure::any_of || is_optional)
      space.for_each_child(k, [&](std::size_t c) {
        if (c <= i && i < space.end(c))
          found = {c, k};
      });
  }
  return found;
}

} // namespace espalier::dsl::detail
