#pragma once

#include <espalier/dsl/cardinality.hpp>
#include <espalier/dsl/space_view.hpp>

namespace espalier::dsl {

namespace detail {

// A named decision counts where it first stands; an unnamed one wherever it stands.
class counter {
public:
  constexpr explicit counter(space_view space) : space_(space) {}

  // On a cell's edge, none() is no option of the edge's own choice.
  constexpr cardinality count(std::size_t i, bool is_edge = false) {
    node const& n = space_.nodes[i];
    switch (n.declaration->form) {
    case structure::sequence:
    case structure::block: {
      cardinality product = 1;
      space_.for_each_child(i, [&](std::size_t child) { product *= count(child); });
      return product;
    }
    case structure::repeat: {
      bool const outside = first_time_;
      cardinality product = count(i + 1);
      first_time_ = false;
      product *= power(count(i + 1), n.attributes[0] - 1);
      first_time_ = outside;
      return product;
    }
    case structure::choice: {
      if (is_known(i))
        return 1;
      cardinality sum;
      space_.for_each_child(i, [&](std::size_t candidate) {
        bool const is_none = space_.nodes[candidate].declaration == &declaration_of<operations::none>;
        if (!(is_edge && is_none))
          sum += count(candidate);
      });
      return sum;
    }
    case structure::cell: {
      if (is_known(i))
        return 1;
      auto const shape = from_values<operations::cell>(n.attributes);
      auto const candidates = count(i + 1, true);
      cardinality product = 1;
      for (int k = 0; k < shape.nodes; ++k)
        product *= binomial(k + 2, shape.keep) * power(candidates, shape.keep);
      return product;
    }
    default:
      return 1;
    }
  }

private:
  [[nodiscard]] constexpr bool is_known(std::size_t i) const {
    node const& n = space_.nodes[i];
    if (n.name.view().empty())
      return false;
    if (!first_time_)
      return true;
    for (std::size_t earlier = 0; earlier < i; ++earlier)
      if (space_.nodes[earlier].declaration == n.declaration && space_.nodes[earlier].name == n.name)
        return true;
    return false;
  }

  space_view space_;
  bool first_time_ = true; // outside the second and later rounds of a repeat
};

} // namespace detail

/// How many architectures the space holds, exactly.
constexpr cardinality count_architectures(space_view space) {
  return detail::counter{space}.count(0);
}

/// How many architectures `Space` holds, exactly, as a constant.
template <const auto& Space>
consteval cardinality count() {
  return count_architectures(Space.view());
}

} // namespace espalier::dsl
