#include "identifiers.hpp"

#include <algorithm>
#include <cctype>

namespace espalier::compiler {

std::string_view const cpp_words =
    " alignas alignof and and_eq asm at auto bitand bitor bool break c10 case catch channels_last char char16_t "
    "char32_t char8_t class co_await co_return co_yield compl concept const const_cast consteval constexpr "
    "constinit continue decltype default delete do double dynamic_cast else enum explicit export extern false "
    "float for friend goto if inline int int64_t long main mutable namespace new noexcept not not_eq nullptr "
    "operator or or_eq private protected public recur register reinterpret_cast requires return short "
    "shuffle_channels signed sizeof static static_assert static_cast std struct switch template this "
    "thread_local throw torch true try typedef typeid typename union unsigned using virtual void volatile "
    "wchar_t weighted_sum while xor xor_eq ";

std::string_view const python_words =
    " False None True and as assert async await break channels_last class continue def del elif else except "
    "finally for from global if import in is lambda nonlocal not or pass raise recur return self "
    "shuffle_channels super torch try weighted_sum while with yield ";

namespace {

bool is_letter_or_digit(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}
bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}
bool is_lower(char c) {
  return std::islower(static_cast<unsigned char>(c)) != 0;
}
char upper(char c) {
  return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
}
char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

} // namespace

std::string pascal_case(std::string_view label) {
  bool const shouts = std::ranges::none_of(label, is_lower); // as a macro would
  std::string name;
  bool at_start = true;
  for (char const c : label) {
    if (at_start && is_digit(c) && !name.empty() && is_digit(name.back()))
      name += '_';
    if (is_letter_or_digit(c))
      name += at_start ? upper(c) : shouts ? lower(c) : c;
    at_start = !is_letter_or_digit(c);
  }
  return name.empty() || is_digit(name.front()) ? "Block" + name : name;
}

std::string snake_case(std::string_view label) {
  std::string name;
  for (char const c : label) {
    if (is_letter_or_digit(c))
      name += lower(c);
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  while (!name.empty() && name.back() == '_')
    name.pop_back();
  return name.empty() || is_digit(name.front()) ? "network_" + name : name;
}

std::string identifier(std::string const& value) {
  return is_digit(value.front()) ? "value_" + value : value;
}

std::string identifier_scope::claim(std::string const& wanted) {
  bool const is_reserved = reserved_.find(" " + wanted + " ") != std::string_view::npos;
  auto name = identifier(wanted) + (is_reserved ? "_value" : "");
  auto const base = name;
  for (int i = 2; !taken_.insert(name).second; ++i)
    name = base + (is_digit(base.back()) ? "_" : "") + std::to_string(i);
  return name;
}

std::string identifier_scope::claim_module(std::string const& wanted) {
  auto name = claim(wanted);
  while (!taken_.insert(name + "Impl").second)
    name = claim(wanted);
  return name;
}

} // namespace espalier::compiler
