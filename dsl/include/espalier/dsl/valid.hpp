#pragma once

#include <espalier/dsl/message.hpp>

#include <utility>

namespace espalier::dsl {

/// Never defined: where a space breaks a rule, the compiler prints this with the sentence.
template <message_text... Sentence>
struct invalid_search_space;

namespace detail {

// Two constants, since clang limits the steps that one may take.
template <const auto& Space>
inline constexpr check_result declared = check_declarations(Space.view());
template <const auto& Space>
inline constexpr check_result checked = declared<Space>.is_declared ? check_shapes(Space.view()) : declared<Space>;

template <const auto& Space>
inline constexpr finding found_in = checked<Space>.findings.count > 0 ? checked<Space>.findings.items[0] : finding{};

template <const auto& Space>
consteval auto sentence() {
  constexpr auto whole = message_of(Space.view(), found_in<Space>);
  message_text<whole.size()> made;
  for (std::size_t i = 0; i < whole.size(); ++i)
    made.characters[i] = whole.characters[i];
  return made;
}

template <const auto& Space, bool Broken = found_in<Space>.problem.broken != rule::none>
struct verdict {};
#ifdef __clang__
// clang prints no more than 32 characters of a text: it gets the sentence in pieces.
template <const auto& Space, std::size_t Piece>
consteval auto piece() {
  constexpr auto whole = sentence<Space>();
  message_text<30> made;
  for (std::size_t i = 0; i < 30; ++i) // clang prints characters as numbers where many are 0
    made.characters[i] = 30 * Piece + i < whole.size() ? whole.characters[30 * Piece + i] : ' ';
  return made;
}
template <const auto& Space, class Pieces>
struct refusal;
template <const auto& Space, std::size_t... Piece>
struct refusal<Space, std::index_sequence<Piece...>> {
  char refused[sizeof(invalid_search_space<piece<Space, Piece>()...>)];
};
template <const auto& Space>
struct verdict<Space, true> : refusal<Space, std::make_index_sequence<(sentence<Space>().size() + 29) / 30>> {};
#else
template <const auto& Space>
struct verdict<Space, true> {
  char refused[sizeof(invalid_search_space<sentence<Space>()>)];
};
#endif

/// Refuses to compile where a rule is broken, once for a space. Facts are computed all the same where they can be, so
/// that nothing else is reported.
template <const auto& Space>
inline constexpr bool is_valid = sizeof(verdict<Space>) > 0;

} // namespace detail

/// Whether no rule is broken. Where one is, the compiler says which.
template <const auto& Space>
consteval bool valid() {
  return detail::is_valid<Space>;
}

} // namespace espalier::dsl
