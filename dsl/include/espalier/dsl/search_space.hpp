#pragma once

#include <espalier/dsl/blocks.hpp>
#include <espalier/dsl/check.hpp>
#include <espalier/dsl/count.hpp>

namespace espalier::dsl {

/// A checked search space of `N` operations.
template <std::size_t N>
struct space {
  label name{};
  tensor_type input{};
  expression<N> body{};

  [[nodiscard]] constexpr space_view view() const { return {name.view(), input, body.nodes}; }
};

namespace mistake {

// Not constexpr on purpose: a consteval call of one of them is the compile error, and its name is the message.
inline void operation_does_not_take_a_tensor_of_this_kind() {}
inline void kernel_is_even_use_an_odd_one() {}
inline void size_must_be_at_least_one() {}
inline void channels_are_not_a_multiple_of_the_groups() {}
inline void stride_on_a_map_that_is_already_one_pixel_wide() {}
inline void odd_map_cannot_be_halved_make_the_input_a_multiple_of_all_strides() {}
inline void choice_needs_at_least_two_candidates() {}
inline void choice_in_a_cell_has_nothing_but_none() {}
inline void choice_lists_the_same_candidate_twice() {}
inline void candidates_of_the_choice_end_in_different_shapes() {}
inline void operation_on_a_cell_edge_changes_the_shape_leave_its_channels_and_stride_open() {}
inline void keep_is_not_between_one_and_the_predecessors_of_the_first_node() {}
inline void one_name_stands_for_two_different_decisions() {}
inline void choice_on_a_cell_edge_has_a_name() {}
inline void two_reductions_lie_between_the_inputs_of_a_cell() {}

} // namespace mistake

namespace detail {

// `got`, `want` and the operation's number appear in the compiler's expansion of this call.
constexpr void refuse(rule broken, [[maybe_unused]] int got, [[maybe_unused]] int want,
                      [[maybe_unused]] std::size_t operation) {
  switch (broken) {
  case rule::none:
    return;
  case rule::wrong_kind:
    return mistake::operation_does_not_take_a_tensor_of_this_kind();
  case rule::even_kernel:
    return mistake::kernel_is_even_use_an_odd_one();
  case rule::size_not_positive:
    return mistake::size_must_be_at_least_one();
  case rule::groups_do_not_divide_channels:
    return mistake::channels_are_not_a_multiple_of_the_groups();
  case rule::stride_on_single_pixel:
    return mistake::stride_on_a_map_that_is_already_one_pixel_wide();
  case rule::odd_map_halved:
    return mistake::odd_map_cannot_be_halved_make_the_input_a_multiple_of_all_strides();
  case rule::empty_choice:
    return mistake::choice_needs_at_least_two_candidates();
  case rule::only_none_to_choose:
    return mistake::choice_in_a_cell_has_nothing_but_none();
  case rule::duplicate_candidate:
    return mistake::choice_lists_the_same_candidate_twice();
  case rule::candidates_disagree:
    return mistake::candidates_of_the_choice_end_in_different_shapes();
  case rule::edge_changes_shape:
    return mistake::operation_on_a_cell_edge_changes_the_shape_leave_its_channels_and_stride_open();
  case rule::keep_out_of_range:
    return mistake::keep_is_not_between_one_and_the_predecessors_of_the_first_node();
  case rule::name_reused:
    return mistake::one_name_stands_for_two_different_decisions();
  case rule::named_edge:
    return mistake::choice_on_a_cell_edge_has_a_name();
  case rule::cell_inputs_disagree:
    return mistake::two_reductions_lie_between_the_inputs_of_a_cell();
  }
}

} // namespace detail

/// A search space: its name, its input, and the blocks from input to output. Refuses to compile when a rule is broken.
template <std::size_t... N>
consteval auto search_space(label name, tensor_type input, expression<N> const&... parts) {
  auto const body = sequence(parts...);
  space<body.nodes.size()> made{name, input, body};
  auto const found = check(made.view());
  detail::refuse(found.problem.broken, found.problem.got, found.problem.want, found.where);
  return made;
}

} // namespace espalier::dsl
