#pragma once

#include <espalier/dsl/operations/convolution.hpp>
#include <espalier/dsl/operations/structure.hpp>

/// Operations of a supernet and of a network, which only the compiler makes.
namespace espalier::dsl::operations {

/// A subset of its operands, as the decision of its name says, of at least and at most so many: their sum (0), or their
/// channels one after another (1).
struct select {
  static constexpr std::string_view name = "select";
  static constexpr structure form = structure::select;
  fixed_number least = 1;
  fixed_number most = 1;
  fixed_number join = 0;
  fixed_number otherwise = 0; ///< The first operand is no option (1): it is read where no other one is.

  constexpr void reflect(attribute_visitor& visit) {
    visit("least", least)("most", most)("join", join)("otherwise", otherwise);
  }
};

/// One of its operands, counted from 0.
struct pick {
  static constexpr std::string_view name = "pick";
  static constexpr structure form = structure::pick;
  operand_index which = 0;

  constexpr void reflect(attribute_visitor& visit) { visit("which", which); }
};

/// The sum of its operands.
struct add {
  static constexpr std::string_view name = "add";
  static constexpr structure form = structure::add;
};

/// Its operands' channels one after another: of all, or only of those that no other operation reads (1).
struct concat {
  static constexpr std::string_view name = "concat";
  static constexpr structure form = structure::concat;
  fixed_number unread = 0;

  constexpr void reflect(attribute_visitor& visit) { visit("unread", unread); }
};

/// The mean of its operands.
struct average {
  static constexpr std::string_view name = "average";
  static constexpr structure form = structure::average;
};

/// The sum of its operands, each times the sigmoid of a trained weight of its own (RandWire; Xie et al. 2019, section
/// 3.2).
struct weighted_sum {
  static constexpr std::string_view name = "weighted_sum";
  static constexpr structure form = structure::weighted_sum;
};

/// Of a state, a gate and a candidate: state + sigmoid(gate) * (candidate - state) (Zilly et al. 2017, equation 7 with
/// coupled gates).
struct highway {
  static constexpr std::string_view name = "highway";
  static constexpr structure form = structure::highway;
};

/// One of `parts` equal parts of the channels, which lie side by side.
struct chunk {
  static constexpr std::string_view name = "chunk";
  fixed_number part = 0;
  fixed_number parts = 2;

  constexpr void reflect(attribute_visitor& visit) { visit("part", part)("parts", parts); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    if (parts.low < 1)
      return fault{rule::size_not_positive, parts.low, 1, "parts"};
    if (part.low >= parts.low)
      return fault{rule::part_out_of_range, part.low, parts.low};
    if (auto const f = detail::divides(rule::parts_do_not_divide_channels, in.channels, parts))
      return f;
    return shape{in.kind, in.channels / parts, in.height, in.width};
  }
};

/// The first channels; as many as there are, at most.
struct truncate {
  static constexpr std::string_view name = "truncate";
  channel_count channels = inherited;

  constexpr void reflect(attribute_visitor& visit) { visit("channels", channels); }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    if (channels.low > in.channels.high)
      return fault{rule::number_too_large, channels.low, in.channels.high, "channels"};
    return shape{in.kind, channels, in.height, in.width};
  }
};

/// An image without its first row and column.
struct crop {
  static constexpr std::string_view name = "crop";
  static constexpr kind_set takes = detail::images;
  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    for (quantity const side : {in.height, in.width})
      if (side.low < 2)
        return fault{rule::kernel_exceeds_map, side.low, 2};
    return shape{tensor_kind::image, in.channels, in.height - 1, in.width - 1};
  }
};

/// The same image, in memory pixel by pixel with the channels side by side.
struct channels_last {
  static constexpr std::string_view name = "channels_last";
  static constexpr kind_set takes = detail::images;
  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const { return in; }
};

/// \name The same features, read as a tensor of another kind: pixels in reading order, positions in time, tokens
/// @{
struct as_image {
  static constexpr std::string_view name = "as_image";
  static constexpr kind_set takes = positional_kinds;
  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return shape{tensor_kind::image, in.channels, in.height, in.width};
  }
};
struct as_sequence {
  static constexpr std::string_view name = "as_sequence";
  static constexpr kind_set takes = positional_kinds;
  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return shape{tensor_kind::sequence, in.channels, in.height, in.width};
  }
};
struct as_tokens {
  static constexpr std::string_view name = "as_tokens";
  static constexpr kind_set takes = positional_kinds;
  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    return shape{tensor_kind::tokens, in.channels, in.height, in.width};
  }
};
/// @}

/// Carries a state along a sequence: at each position a region makes the next state of the position's features and of
/// the last state, at first zeros. Gives the sequence of states.
struct recurrence {
  static constexpr std::string_view name = "recurrence";
  static constexpr structure form = structure::recurrence;
  channel_count channels = inherited;

  constexpr void reflect(attribute_visitor& visit) { visit("channels", channels); }
};

/// A chain of at most `limit` layers, each decided, that gives its last layer's output as a vector. The first region
/// is what ends it and holds its transitions; every other one is a layer that may be chosen.
struct chain {
  static constexpr std::string_view name = "chain";
  static constexpr structure form = structure::chain;
  fixed_number limit = 1;

  constexpr void reflect(attribute_visitor& visit) { visit("limit", limit); }
};

/// In one state of a chain, the layer of this name may follow and leads to another state; the first state is 0.
struct transition {
  static constexpr std::string_view name = "transition";
  static constexpr structure form = structure::reference;
  fixed_number from = 0;
  fixed_number to = 0;

  constexpr void reflect(attribute_visitor& visit) { visit("from", from)("to", to); }
};

/// Where in its chain a layer may stand, counted from 0; one that does not say so may stand anywhere.
struct layer_position {
  static constexpr std::string_view name = "layer_position";
  static constexpr structure form = structure::reference;
  fixed_number layer = 0;

  constexpr void reflect(attribute_visitor& visit) { visit("layer", layer); }
};

} // namespace espalier::dsl::operations
