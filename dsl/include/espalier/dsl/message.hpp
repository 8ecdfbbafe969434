#pragma once

#include <espalier/dsl/check.hpp>

namespace espalier::dsl {

/// A text of at most `N` characters, made at compile time.
template <std::size_t N>
struct message_text {
  char characters[N + 1]{};

  [[nodiscard]] constexpr std::size_t size() const {
    std::size_t length = 0;
    while (characters[length] != '\0')
      ++length;
    return length;
  }
  [[nodiscard]] constexpr char const* data() const { return characters; }
};

namespace detail {

/// What a tensor of this kind is called in a sentence.
constexpr std::string_view article(tensor_kind kind) {
  switch (kind) {
  case tensor_kind::image:
    return "an image";
  case tensor_kind::sequence:
    return "a sequence";
  case tensor_kind::tokens:
    return "tokens";
  case tensor_kind::vector:
    return "a vector";
  default:
    return "the ids of words";
  }
}

constexpr bool is_about_kinds(rule id) {
  return id == rule::wrong_kind || id == rule::embedding_needs_ids || id == rule::candidates_disagree_in_kind ||
         id == rule::branches_disagree_in_kind;
}

/// Writes text into a sink that takes characters.
template <class Put>
struct writer {
  Put put;

  constexpr void write(std::string_view s) {
    for (char const c : s)
      put(c);
  }
  /// A number, its thousands apart where it is long and not a name or place.
  constexpr void write(long long n, bool is_grouped = false) {
    is_grouped = is_grouped && n >= 10'000;
    if (n < 0)
      put('-'), n = -n;
    char digits[20]{};
    int count = 0;
    do
      digits[count++] = static_cast<char>('0' + n % 10);
    while ((n /= 10) > 0);
    while (count > 0) {
      put(digits[--count]);
      if (is_grouped && count > 0 && count % 3 == 0)
        put(',');
    }
  }
  constexpr void write_name(label const& name) {
    name.spell([&](auto const& piece) { write(piece); });
  }
  /// An image, a sequence or tokens.
  constexpr void write_kinds(kind_set set) {
    bool is_first = true;
    for (int k = 0; set >> k != 0; ++k)
      if ((set >> k & 1) != 0) {
        if (!is_first)
          write(set >> (k + 1) != 0 ? ", " : " or ");
        write(article(static_cast<tensor_kind>(k)));
        is_first = false;
      }
  }
  /// A sentence of the rule list with a fault's numbers.
  constexpr void write(std::string_view sentence, fault const& problem) {
    auto const number = [&](long long n) {
      if (is_about_kinds(problem.broken)) {
        write(article(static_cast<tensor_kind>(n)));
      } else if (problem.broken == rule::malformed_name && n >= ' ' && n <= '~') {
        put('"'), put(static_cast<char>(n)), put('"');
      } else {
        write(n, true);
      }
    };
    while (!sentence.empty()) {
      if (sentence.substr(0, 5) == "{got}") {
        number(problem.got);
        sentence.remove_prefix(5);
      } else if (sentence.substr(0, 6) == "{want}") {
        if (problem.broken == rule::wrong_kind)
          write_kinds(static_cast<kind_set>(problem.want));
        else if (problem.broken == rule::malformed_name)
          write(problem.want);
        else
          number(problem.want);
        sentence.remove_prefix(6);
      } else if (sentence.substr(0, 9) == "{subject}") {
        write(problem.subject);
        sentence.remove_prefix(9);
      } else {
        put(sentence.front());
        sentence.remove_prefix(1);
      }
    }
  }
  /// What is wrong, the remedy and the rule.
  constexpr void write_fault(fault const& problem) {
    auto const& texts = text_of(problem.broken);
    write(texts.sentence, problem);
    write("; ");
    write(texts.remedy, problem);
    write(" [");
    write(texts.name);
    write("]");
  }
  /// Where an operation stands: the names of what holds it, from the outside in.
  constexpr void write_path(space_view space, std::size_t where) {
    std::size_t i = 0;
    while (i != where) {
      std::size_t child = i + 1;
      int alike = 0;
      for (; where >= space.end(child); child = space.next(child)) {
        std::size_t const inner = step_into(space, i, where);
        alike += space[child].declaration == space[inner].declaration && space[child].name == space[inner].name;
      }
      if (i != 0)
        put('/');
      i = child;
      if (space[i].name.empty()) {
        write(space[i].declaration->name);
        write(static_cast<long long>(alike));
      } else {
        write_name(space[i].name);
      }
      if (space[i].name.line > 0) {
        write(" (line ");
        write(static_cast<long long>(space[i].name.line));
        write(")");
      }
    }
  }

private:
  static constexpr std::size_t step_into(space_view space, std::size_t i, std::size_t where) {
    std::size_t child = i + 1;
    while (where >= space.end(child))
      child = space.next(child);
    return child;
  }
};
template <class Put>
writer(Put) -> writer<Put>;

/// A finding as one line: space, place, sentence, remedy and rule.
template <class Put>
constexpr void explain(space_view space, finding const& found, Put put) {
  writer<Put> out{put};
  out.write_name(space.name);
  if (space.name.line > 0) {
    out.write(" (line ");
    out.write(static_cast<long long>(space.name.line));
    out.write(")");
  }
  out.write(": ");
  if (found.where != 0) {
    out.write_path(space, found.where);
    out.write(": ");
  }
  out.write_fault(found.problem);
}

inline constexpr std::size_t max_message = 480;

constexpr message_text<max_message> message_of(space_view space, finding const& found) {
  message_text<max_message> made;
  std::size_t length = 0;
  explain(space, found, [&](char c) {
    if (length < max_message)
      made.characters[length++] = c;
  });
  return made;
}

} // namespace detail

} // namespace espalier::dsl
