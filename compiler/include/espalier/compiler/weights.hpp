#pragma once

#include <espalier/compiler/graph.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace espalier::compiler {

/// How a tensor begins, as LibTorch's modules do it.
enum class initial_values : std::uint8_t {
  zeros,
  ones,
  normal,           ///< Of mean 0 and deviation 1.
  small_normal,     ///< Of mean 0 and deviation 0.02 (ViT; Dosovitskiy et al. 2021).
  fan_in,           ///< Uniform within 1 / sqrt(numbers that one output reads).
  fan_in_of_weight, ///< The same, of the weight before it: of a bias.
  state_features    ///< Uniform within 1 / sqrt(features of the state).
};

/// Which part of a dimension a narrower operation uses.
enum class dimension_part : std::uint8_t {
  first,  ///< Of the first `parts`, the first elements of each: channels, gates x features, heads x their width.
  used,   ///< Of the operand's channels in use, each a part, the first elements of each.
  centre, ///< Of a kernel.
};

/// One dimension of a tensor: `parts` times `size / parts` elements.
struct tensor_dimension {
  dimension_part part = dimension_part::first;
  int size = 1;
  int parts = 1;
};

/// A tensor that an operation holds.
struct held_tensor {
  std::string name; ///< As in LibTorch's state dict, behind the operation's: `weight`; empty for the operation's own.
  initial_values initial = initial_values::zeros;
  std::vector<tensor_dimension> dimensions;
  bool is_statistic = false; ///< A buffer, which no gradient moves.

  [[nodiscard]] long long elements() const;
};

/// Who holds the tensors: a network of exact types, or a supernet, whose shortcuts may change the channels in some
/// architecture.
enum class tensor_holder : bool { network, supernet };

/// The tensors of an operation whose numbers are resolved, parameters before statistics. A tied linear layer holds its
/// bias alone. Empty for an operation without any.
std::vector<held_tensor> held_tensors(operation const& op, std::vector<tensor_type> const& operands,
                                      tensor_holder holder = tensor_holder::network);

/// A leaf of a supernet with the numbers that need the largest tensors; `block_input` is what the formulas of its block
/// refer to.
operation at_widest(operation leaf, tensor_type const& in, tensor_type const& block_input);

/// Neighbouring elements of a dimension.
struct index_range {
  int first = 0;
  int count = 0;

  bool operator==(index_range const&) const = default;
};

/// Elements of a dimension, in the order in which the narrower operation has them.
using index_ranges = std::vector<index_range>;

/// For each dimension of a tensor, which elements.
using tensor_slice = std::vector<index_ranges>;

/// An operation and the types of what it reads.
struct typed_operation {
  operation const& op;
  std::vector<tensor_type> operands;
};

/// For each tensor that the narrow operation holds: which part of the widest operation's it is. `used` says which of
/// the channels of the widest operand the narrow one has.
std::vector<tensor_slice> slices_of(typed_operation const& widest, typed_operation const& narrow,
                                    index_ranges const& used);

/// Which channels of the widest result the narrow one has, given the same of each operand. Where the widest has no
/// such channels, the first ones.
index_ranges channels_in_use(typed_operation const& widest, typed_operation const& narrow,
                             std::vector<index_ranges> const& used);

} // namespace espalier::compiler
