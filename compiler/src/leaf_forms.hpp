#pragma once

#include "decided_value.hpp"

#include <espalier/compiler/relaxation_plan.hpp>

#include <optional>

namespace espalier::compiler {

/// What the numbers inside a block refer to: what it reads, unknown where too many decisions determine that.
struct block_scope {
  std::optional<decided_value<tensor_type>> types;
  tensor_type widest;
};

/// The narrow forms of a leaf of a supernet, and how they run together.
class leaf_forms {
public:
  leaf_forms(operation const& leaf, tensor_type const& in, tensor_type const& block_input);

  /// One of them; without channels where no architecture has these numbers.
  [[nodiscard]] narrow_leaf narrowed(attribute_values numbers, tensor_type const& in, index_ranges const& used) const;
  /// The sizes of its tensors' windows.
  [[nodiscard]] std::vector<int> windows_of(narrow_leaf const& leaf) const;
  /// Why these cannot run together; empty where they can.
  [[nodiscard]] std::string refusal(std::vector<narrow_leaf> const& all) const;
  /// How they run together; `is_known` says whether they name all channels that the operand may have.
  [[nodiscard]] relaxed_form form_of(std::vector<narrow_leaf> const& all, bool is_known) const;

private:
  [[nodiscard]] operation bound(narrow_leaf const& leaf) const;
  [[nodiscard]] bool differs_by_masks(std::vector<narrow_leaf> const& all) const;
  [[nodiscard]] bool windows_are_centred(std::vector<narrow_leaf> const& all) const;
  [[nodiscard]] bool keeps_channels(narrow_leaf const& leaf) const;
  [[nodiscard]] bool sums_channels(narrow_leaf const& leaf) const;
  [[nodiscard]] int number(narrow_leaf const& leaf, std::string_view name) const;

  operation const& leaf_;
  tensor_type in_;
  operation widest_;
};

} // namespace espalier::compiler
