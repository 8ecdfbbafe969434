#pragma once

#include <espalier/dsl/quantity.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace espalier::dsl {

/// Which part of the widest weights an operation uses when a number is smaller than its largest.
enum class slicing : std::uint8_t {
  none,     ///< The number shapes no weights.
  prefix,   ///< The first ones: of channels, heads, blocks.
  centre,   ///< The centre of the kernel.
  precision ///< All of them, rounded to fewer bits.
};

/// What a weight on every option of a number means.
enum class relaxation : std::uint8_t {
  masks,  ///< Each weight masks the part of the widest operation that only larger options use.
  sum,    ///< The weighted sum of the operation under each option.
  exits,  ///< The weighted sum of the results after each depth.
  refused ///< Options differ in the sizes of later maps: the compiler says so.
};

/// How parameters and multiply-adds follow a number.
enum class trend : std::uint8_t { rises, falls, neutral };

/// What a number of an operation is: its bounds and its rules. Each kind of number is a type that carries them.
struct attribute_rules {
  long long least = 1;
  slicing slice = slicing::none;
  relaxation relax = relaxation::refused;
  trend cost = trend::neutral;
  bool can_be_decision = true;
  long long most = 1'048'576;
};

namespace detail {

template <attribute_rules Rules>
struct ruled : quantity {
  using quantity::quantity;
  constexpr ruled(quantity const& q) : quantity(q) {} // NOLINT(google-explicit-constructor)
  static constexpr attribute_rules rules = Rules;
};

} // namespace detail

/// \name The kinds of numbers an operation has
/// @{
using kernel_size = detail::ruled<attribute_rules{1, slicing::centre, relaxation::masks, trend::rises, true, 1023}>;
/// The width of a kernel whose height is another number; 0 where it is the same.
using other_kernel_size = detail::ruled<attribute_rules{0, slicing::centre, relaxation::masks, trend::rises}>;
using channel_count = detail::ruled<attribute_rules{1, slicing::prefix, relaxation::masks, trend::rises}>;
/// Features of a head; 0 where they follow from the input.
using head_features = detail::ruled<attribute_rules{0, slicing::prefix, relaxation::masks, trend::rises}>;
using head_count = detail::ruled<attribute_rules{1, slicing::prefix, relaxation::masks, trend::rises}>;
using group_count = detail::ruled<attribute_rules{1, slicing::prefix, relaxation::sum, trend::falls}>;
using stride_length = detail::ruled<attribute_rules{1, slicing::none, relaxation::refused, trend::falls}>;
using dilation_rate = detail::ruled<attribute_rules{1, slicing::none, relaxation::sum, trend::neutral}>;
using bit_width = detail::ruled<attribute_rules{1, slicing::precision, relaxation::sum, trend::neutral, true, 32}>;
using map_size = detail::ruled<attribute_rules{1, slicing::none, relaxation::refused, trend::rises}>;
using repetition_count =
    detail::ruled<attribute_rules{0, slicing::prefix, relaxation::exits, trend::rises, true, 4096}>;
/// The seed of a random wiring: every value is another graph.
using random_seed = detail::ruled<attribute_rules{0, slicing::none, relaxation::sum, trend::neutral}>;
/// Which of several operands there are.
using operand_index = detail::ruled<attribute_rules{0, slicing::none, relaxation::sum, trend::neutral}>;
/// By how much the squeezed width of an excitation is smaller.
using reduction_ratio = detail::ruled<attribute_rules{1, slicing::prefix, relaxation::masks, trend::falls}>;
/// A number that is part of what the operation is: no decision.
using fixed_number = detail::ruled<attribute_rules{0, slicing::none, relaxation::refused, trend::neutral, false}>;
/// A condition over decisions.
using predicate = detail::ruled<attribute_rules{0}>;
/// @}

/// A number's name, the value it has when nothing is said, and its rules.
struct attribute_declaration {
  std::string_view name;
  int preset = 0;
  attribute_rules rules{};
};

/// What an operation shows its numbers to, in their order: each by name.
///
/// An operation has a member `constexpr void reflect(attribute_visitor& visit) { visit("kernel", kernel)(...); }`.
/// (Boost.Hana's adapted structs say the same at ten and more times the compile time; see docs/performance.md.)
class attribute_visitor {
public:
  /// Writes a declaration for each number.
  constexpr explicit attribute_visitor(attribute_declaration* into) : declared_(into) {}
  /// Gives each number its value.
  constexpr explicit attribute_visitor(quantity const* values) : values_(values) {}

  template <attribute_rules Rules>
  constexpr attribute_visitor& operator()(char const* name, detail::ruled<Rules>& number) {
    if (values_ != nullptr)
      static_cast<quantity&>(number) = *values_++;
    else
      declared_[count_++] = {name, static_cast<int>(number.low), Rules};
    return *this;
  }
  /// How many declarations it has written.
  [[nodiscard]] constexpr std::size_t count() const { return count_; }

private:
  quantity const* values_ = nullptr;
  attribute_declaration* declared_ = nullptr;
  std::size_t count_ = 0;
};

} // namespace espalier::dsl
