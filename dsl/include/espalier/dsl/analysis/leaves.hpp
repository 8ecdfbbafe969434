#pragma once

#include <espalier/dsl/analysis.hpp>

namespace espalier::dsl::detail {

constexpr shape analysis::probable(operation_declaration const& d, attribute_quantities const& numbers, shape in) {
  for (auto const kind : {tensor_kind::vector, tensor_kind::image, tensor_kind::sequence, tensor_kind::tokens})
    if (!holds(d.takes, in.kind) && holds(d.takes, kind))
      in.kind = kind;
  if (d.channels < max_attributes && numbers[d.channels].low > 0)
    in.channels = numbers[d.channels];
  if (d.stride < max_attributes && numbers[d.stride].low > 0) {
    in.height = divide_rounding_up(in.height, numbers[d.stride]);
    in.width = divide_rounding_up(in.width, numbers[d.stride]);
  }
  return in;
}

constexpr cost_bounds analysis::walk_leaf(std::size_t i, flow& state, int& edge_stride) {
  node const& leaf = space_[i];
  if (leaf.decided != 0)
    return compute_leaf(i, state, edge_stride);
  auto& known = memory_.place(leaf, state.now, edge_stride);
  if (known.is_about(leaf, state.now, edge_stride)) {
    edge_stride = known.stride_after;
    state.set(known.out);
    return known.cost;
  }
  shape const in = state.now;
  int const stride = edge_stride;
  int const noted = findings_.count + loose_.count();
  auto const cost = compute_leaf(i, state, edge_stride);
  if (findings_.count + loose_.count() == noted)
    known = {&leaf, in, stride, state.now, edge_stride, cost};
  return cost;
}

constexpr cost_bounds analysis::compute_leaf(std::size_t i, flow& state, int& edge_stride) {
  auto const& d = *space_[i].declaration;
  auto const numbers = resolve(d, evaluate_.numbers(i), state.now, edge_stride);
  auto in = state.now;
  auto const [made, price] = d.price(numbers, in);
  if (made.problem.broken != rule::none && !is_promised(d, made.problem, numbers, in)) {
    report(made.problem, i);
    state.set(probable(d, numbers, in));
    return {};
  }
  bool const is_good = made.problem.broken == rule::none;
  auto const out = is_good ? made.type : in;
  in.kind = adapted(d.takes, in.kind);
  state.set(out);
  check_tied(i, in, out);
  auto c = is_good ? price : d.cost(numbers, in, out);
  if (c.vanishes_on_agreement) {
    loose_.add(in.channels, out.channels, c);
    c.params.low = c.macs.low = 0;
  }
  return bounds_of(c);
}

constexpr void analysis::check_tied(std::size_t i, shape const& in, shape const& out) {
  if (space_.is(i, declaration_of<operations::embedding>)) {
    embedding_ = {in.channels, out.channels};
  } else if (space_.is(i, declaration_of<operations::tied_linear>)) {
    long long got = 0;
    long long want = 0;
    if (embedding_.features.is(0))
      report(rule::tied_without_embedding, out.channels.low, 0, i);
    else if (differ(in.channels, embedding_.features, got, want))
      report(rule::tied_linear_disagrees, got, want, i, "features");
    else if (differ(out.channels, embedding_.words, got, want))
      report(rule::tied_linear_disagrees, got, want, i, "words");
  }
}

constexpr bool analysis::is_promised(operation_declaration const& d, fault const& problem,
                                     attribute_quantities const& numbers, shape const& in) const {
  quantity divisor = 0;
  if (problem.broken == rule::heads_do_not_divide_width)
    divisor = numbers[0];
  else if (problem.broken == rule::groups_do_not_divide_channels && d.groups < max_attributes)
    divisor = numbers[d.groups];
  else
    return false;
  return constraint_promises(space_, evaluate_, in.channels % divisor);
}

} // namespace espalier::dsl::detail
