#pragma once

#include <espalier/dsl/space_view.hpp>

namespace espalier::dsl {

/// The first broken rule of a space, and the operation that breaks it.
struct finding {
  fault problem{};
  std::size_t where = 0; ///< Index into the space's operations.
};

namespace detail {

// Walks the space once with the types that flow through it. A cell reads the outputs of the two cells before it, hence
// the pair; behind any other operation both are that operation's output.
class checker {
public:
  constexpr explicit checker(space_view space) : space_(space) {}

  constexpr finding run() {
    if (space_.input.channels < 1 || space_.input.height < 1 || space_.input.width < 1)
      return {{rule::size_not_positive, 0, 1}, 0};
    check_names();
    int stride = 1;
    walk(0, {space_.input, space_.input}, stride);
    return first_;
  }

private:
  struct flow {
    tensor_type before;
    tensor_type now;
    constexpr void set(tensor_type const& next) { before = now = next; }
    constexpr void push_cell(tensor_type const& next) { before = now, now = next; }
    constexpr bool operator==(flow const&) const = default;
  };

  constexpr bool report(rule broken, int got, int want, std::size_t where) {
    if (!first_.problem)
      first_ = {{broken, got, want}, where};
    return false;
  }

  constexpr bool disagree(rule broken, tensor_type const& got, tensor_type const& want, std::size_t where) {
    if (got.channels != want.channels)
      return report(broken, got.channels, want.channels, where);
    return report(broken, got.height, want.height, where);
  }

  constexpr void check_names() {
    for (std::size_t a = 0; a < space_.nodes.size(); ++a) {
      if (!names_a_decision(a))
        continue;
      for (std::size_t b = a + 1; b < space_.nodes.size(); ++b)
        if (names_a_decision(b) && space_.nodes[a].name == space_.nodes[b].name && !space_.same_declaration(a, b)) {
          report(rule::name_reused, static_cast<int>(b), static_cast<int>(a), b);
          return;
        }
    }
  }

  [[nodiscard]] constexpr bool names_a_decision(std::size_t i) const {
    auto const form = space_.nodes[i].declaration->form;
    return (form == structure::choice || form == structure::cell) && !space_.nodes[i].name.view().empty();
  }

  constexpr bool walk(std::size_t i, flow& state, int& edge_stride, bool is_edge = false) {
    node const& n = space_.nodes[i];
    switch (n.declaration->form) {
    case structure::sequence: {
      bool good = true;
      space_.for_each_child(i, [&](std::size_t child) { good = good && walk(child, state, edge_stride); });
      return good;
    }
    case structure::block: {
      flow inside{state.now, state.now};
      bool good = true;
      space_.for_each_child(i, [&](std::size_t child) { good = good && walk(child, inside, edge_stride); });
      if (good)
        state.set(inside.now);
      return good;
    }
    case structure::choice:
      return walk_choice(i, state, edge_stride, is_edge);
    case structure::repeat:
      return walk_repeat(i, state);
    case structure::cell:
      return walk_cell(i, state);
    default:
      return walk_leaf(i, state, edge_stride);
    }
  }
  constexpr bool walk(std::size_t i, flow&& state, int& edge_stride) { return walk(i, state, edge_stride); }

  constexpr bool walk_leaf(std::size_t i, flow& state, int& edge_stride) {
    node const& n = space_.nodes[i];
    if (n.declaration->infer == nullptr)
      return report(rule::wrong_kind, 0, 0, i);
    auto const result = n.declaration->infer(resolve(*n.declaration, n.attributes, state.now, edge_stride), state.now);
    if (result.problem)
      return report(result.problem.broken, result.problem.got, result.problem.want, i);
    state.set(result.type);
    return true;
  }

  constexpr bool walk_choice(std::size_t i, flow& state, int& edge_stride, bool is_edge) {
    if (is_edge && !space_.nodes[i].name.view().empty())
      return report(rule::named_edge, 0, 1, i);
    int count = 0;
    int nones = 0;
    int stride_after = edge_stride;
    tensor_type first_type{};
    bool good = true;
    space_.for_each_child(i, [&](std::size_t candidate) {
      if (!good)
        return;
      int index = 0;
      space_.for_each_child(i, [&](std::size_t earlier) {
        if (good && earlier < candidate && space_.same_declaration(earlier, candidate))
          good = report(rule::duplicate_candidate, count, index, candidate);
        ++index;
      });
      if (!good)
        return;
      flow inside{state.now, state.now};
      int stride = edge_stride;
      good = walk(candidate, inside, stride);
      if (!good)
        return;
      if (count == 0)
        first_type = inside.now, stride_after = stride;
      else if (inside.now != first_type)
        good = disagree(rule::candidates_disagree, inside.now, first_type, candidate);
      nones += space_.nodes[candidate].declaration == &declaration_of<operations::none>;
      ++count;
    });
    if (!good)
      return false;
    if (count < 2)
      return report(rule::empty_choice, count, 2, i);
    if (is_edge && nones == count)
      return report(rule::only_none_to_choose, 0, count, i);
    edge_stride = stride_after;
    state.set(first_type);
    return true;
  }

  constexpr bool walk_repeat(std::size_t i, flow& state) {
    int const count = space_.nodes[i].attributes[0];
    if (count < 1)
      return report(rule::size_not_positive, count, 1, i);
    for (int k = 0; k < count; ++k) {
      flow const before = state;
      int stride = 1;
      if (!walk(i + 1, state, stride))
        return false;
      if (state == before)
        break; // further rounds see the same shapes
    }
    return true;
  }

  constexpr bool walk_cell(std::size_t i, flow& state) {
    auto const shape = from_values<operations::cell>(space_.nodes[i].attributes);
    if (state.now.kind != tensor_kind::image)
      return report(rule::wrong_kind, static_cast<int>(state.now.kind), static_cast<int>(tensor_kind::image), i);
    if (shape.nodes < 1 || shape.channels < 1 || shape.stride < 1)
      return report(rule::size_not_positive,
                    shape.nodes < 1      ? shape.nodes
                    : shape.channels < 1 ? shape.channels
                                         : shape.stride,
                    1, i);
    if (shape.keep < 1 || shape.keep > 2)
      return report(rule::keep_out_of_range, shape.keep, 2, i);
    if (state.before.height != state.now.height) {
      if (state.before.height % 2 != 0)
        return report(rule::odd_map_halved, state.before.height, 2, i);
      if (state.before.height != 2 * state.now.height)
        return report(rule::cell_inputs_disagree, state.before.height, state.now.height, i);
    }
    tensor_type in = state.now;
    in.channels = shape.channels;
    tensor_type inner = in;
    for (int step : {shape.stride, 1}) {
      tensor_type want = in;
      if (step > 1 && in.height == 1)
        return report(rule::stride_on_single_pixel, 1, step, i);
      want.height = (in.height - 1) / step + 1;
      want.width = (in.width - 1) / step + 1;
      int stride = step;
      flow inside{in, in};
      if (!walk(i + 1, inside, stride, true))
        return false;
      if (inside.now != want)
        return disagree(rule::edge_changes_shape, inside.now, want, i + 1);
      inner = in = want;
    }
    inner.channels = shape.channels * shape.nodes;
    state.push_cell(inner);
    return true;
  }

  space_view space_;
  finding first_{};
};

} // namespace detail

/// The first broken rule of a space, in any combination of its decisions, or no problem.
constexpr finding check(space_view space) {
  return detail::checker{space}.run();
}

} // namespace espalier::dsl
