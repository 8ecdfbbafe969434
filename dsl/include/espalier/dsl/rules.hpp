#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace espalier::dsl {

/// What can be wrong with a search space. One list serves the compile error, `static_assert` tests and the verifier of
/// parsed text.
enum class rule : std::uint8_t {
  none,
  wrong_kind,
  even_kernel,
  size_not_positive,
  groups_do_not_divide_channels,
  stride_on_single_pixel,
  odd_map_halved,
  empty_choice,
  only_none_to_choose,
  duplicate_candidate,
  candidates_disagree,
  edge_changes_shape,
  keep_out_of_range,
  name_reused,
  cell_inputs_disagree,
  named_edge,
};

/// A broken rule and the two numbers it is about.
struct fault {
  rule broken = rule::none;
  int got = 0;
  int want = 0;

  constexpr explicit operator bool() const { return broken != rule::none; }
  constexpr bool operator==(fault const&) const = default;
};

/// How a rule reads: its id, a sentence in which `{got}` and `{want}` stand for the fault's numbers, and the remedy.
struct rule_text {
  rule id;
  std::string_view name;
  std::string_view sentence;
  std::string_view remedy;
};

/// Every rule, in the order of `rule`.
inline constexpr std::array rule_texts{
    rule_text{rule::none, "none", "", ""},
    rule_text{rule::wrong_kind, "wrong-kind",
              "the operation does not take a tensor of this kind (kind {got}, needed {want})",
              "put global_avg_pool() before linear(), and image operations before it"},
    rule_text{rule::even_kernel, "even-kernel", "kernel {got} is even, so that no padding keeps the map's size",
              "use an odd kernel such as {want}"},
    rule_text{rule::size_not_positive, "size-not-positive", "a size is {got}, at least {want} is needed",
              "give kernel, channels, stride, dilation, nodes, repeat counts and input sizes positive values"},
    rule_text{rule::groups_do_not_divide_channels, "groups-do-not-divide-channels",
              "{got} channels cannot be split into {want} groups", "choose channels that are a multiple of the groups"},
    rule_text{rule::stride_on_single_pixel, "stride-on-single-pixel",
              "stride {want} on a map that is already {got} pixel wide", "remove a reduction or enlarge the input"},
    rule_text{rule::odd_map_halved, "odd-map-halved", "a map of {got} pixels cannot be halved without losing a row",
              "make the input a multiple of all strides ({want} divides it)"},
    rule_text{rule::empty_choice, "empty-choice", "the choice has {got} candidates, at least {want} are needed",
              "list two candidates or use the operation directly"},
    rule_text{rule::only_none_to_choose, "only-none-to-choose",
              "none() is no option of an architecture here, and {got} other candidates are left of {want}",
              "add a candidate that computes something"},
    rule_text{rule::duplicate_candidate, "duplicate-candidate",
              "candidates {want} and {got} of the choice are the same",
              "remove one of them, or give blocks different names"},
    rule_text{rule::candidates_disagree, "candidates-disagree",
              "the candidates of the choice give {want} and {got} channels or pixels",
              "make every candidate end in the same shape"},
    rule_text{rule::edge_changes_shape, "edge-changes-shape",
              "an operation on a cell's edge gives {got} channels or pixels where the cell needs {want}",
              "leave channels and the stride of edge operations unspecified: the cell sets them"},
    rule_text{rule::keep_out_of_range, "keep-out-of-range", "keep({got}) of {want} predecessors",
              "keep at least 1 and at most the predecessors of the first node"},
    rule_text{rule::name_reused, "name-reused", "one name stands for two different decisions (nodes {want} and {got})",
              "give them different names, or use the same declaration for both"},
    rule_text{rule::cell_inputs_disagree, "cell-inputs-disagree",
              "a cell's two inputs have {got} and {want} pixels: neither equal nor half",
              "put at most one reduction between two cells"},
    rule_text{rule::named_edge, "named-edge",
              "the choice on a cell's edges has a name, but every edge decides for itself",
              "leave the choice unnamed: its decisions are called after the cell"},
};

/// The text of a rule.
constexpr rule_text const& text_of(rule id) {
  return rule_texts[static_cast<std::size_t>(id)];
}

static_assert([] {
  for (std::size_t i = 0; i < rule_texts.size(); ++i)
    if (rule_texts[i].id != static_cast<rule>(i))
      return false;
  return true;
}());

} // namespace espalier::dsl
