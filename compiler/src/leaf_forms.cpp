#include "leaf_forms.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

template <std::size_t N>
bool is_one_of(operation const& op, std::array<std::string_view, N> const& names) {
  return std::ranges::find(names, op.declaration->name) != names.end();
}

// Each channel of the result depends on the same one of the operand alone.
constexpr std::array<std::string_view, 21> of_each_channel{"relu",
                                                           "relu6",
                                                           "hard_swish",
                                                           "swish",
                                                           "gelu",
                                                           "sigmoid",
                                                           "tanh",
                                                           "batch_norm",
                                                           "max_pool",
                                                           "avg_pool",
                                                           "global_avg_pool",
                                                           "last_step",
                                                           "resize",
                                                           "upsample",
                                                           "crop",
                                                           "channels_last",
                                                           "as_image",
                                                           "as_tokens",
                                                           "as_sequence",
                                                           "skip_connect",
                                                           "position_embedding"};

// Each channel of the result is a sum over those of the operand, whose weights do not depend on which there are.
constexpr std::array<std::string_view, 8> of_all_channels{
    "linear", "rectangular_conv", "factorized_reduce", "patch_embedding", "embedding", "tied_linear", "none"};

bool is_whole(index_ranges const& ranges, int channels) {
  return ranges == index_ranges{{0, channels}};
}

} // namespace

leaf_forms::leaf_forms(operation const& leaf, tensor_type const& in, tensor_type const& block_input)
    : leaf_(leaf), in_(in), widest_(at_widest(leaf, in, block_input)) {}

narrow_leaf leaf_forms::narrowed(attribute_values numbers, tensor_type const& in, index_ranges const& used) const {
  int edge_stride = 1;
  narrow_leaf made{dsl::resolve(*leaf_.declaration, numbers, in, edge_stride), in, used, {}, {}};
  auto const inferred = leaf_.declaration->infer(made.numbers, in);
  if (inferred.problem)
    return {};
  made.out = inferred.type;
  auto const narrow = bound(made);
  made.made = channels_in_use({widest_, {in_}}, {narrow, {in}}, {used});
  return made;
}

operation leaf_forms::bound(narrow_leaf const& leaf) const {
  return {leaf_.declaration, {}, {}, leaf.numbers, {}, {{leaf_.name(), leaf.out}}, {}};
}

std::vector<int> leaf_forms::windows_of(narrow_leaf const& leaf) const {
  std::vector<int> sizes;
  for (auto const& held : held_tensors(bound(leaf), {leaf.in}, tensor_holder::supernet))
    for (auto const& dimension : held.dimensions)
      if (dimension.part == dimension_part::centre)
        sizes.push_back(dimension.size);
  return sizes;
}

int leaf_forms::number(narrow_leaf const& leaf, std::string_view name) const {
  return leaf.numbers[leaf_.declaration->index_of(name)];
}

std::string leaf_forms::refusal(std::vector<narrow_leaf> const& all) const {
  if (all.empty())
    return "has numbers that no architecture may have";
  auto const& first = all.front();
  for (auto const& one : all)
    if (one.out.kind != first.out.kind || one.out.height != first.out.height || one.out.width != first.out.width)
      return fmt::format("decides the size of a map, {}x{} or {}x{}, and maps of several sizes have no weighted sum",
                         first.out.height, first.out.width, one.out.height, one.out.width);
  return {};
}

relaxed_form leaf_forms::form_of(std::vector<narrow_leaf> const& all, bool is_known) const {
  auto const& first = all.front();
  if (is_known && all.size() == 1 && is_whole(first.used, in_.channels) && is_whole(first.made, leaf_.type().channels))
    return relaxed_form::constant;
  if (!differs_by_masks(all) || !windows_are_centred(all))
    return relaxed_form::mixed;
  if (std::ranges::all_of(all, [&](auto const& one) { return keeps_channels(one); }))
    return relaxed_form::channelwise;
  if (std::ranges::all_of(all, [&](auto const& one) { return sums_channels(one); }))
    return relaxed_form::linear;
  return relaxed_form::mixed;
}

// Whether they differ in their channels and in the windows of their tensors alone.
bool leaf_forms::differs_by_masks(std::vector<narrow_leaf> const& all) const {
  bool const has_windows = !windows_of(all.front()).empty();
  auto const& declaration = *leaf_.declaration;
  for (std::size_t i = 0; i < declaration.attribute_count; ++i) {
    bool const is_window = declaration.attributes[i].rules.slice == dsl::slicing::centre && has_windows;
    bool const is_depthwise_group = declaration.attributes[i].name == "groups" && keeps_channels(all.front());
    if (is_window || is_depthwise_group || i == declaration.channels)
      continue;
    if (std::ranges::any_of(all, [&](auto const& one) { return one.numbers[i] != all.front().numbers[i]; }))
      return false;
  }
  return true;
}

// Whether each window lies in the middle of the widest one, padded so that it stands at the same place.
bool leaf_forms::windows_are_centred(std::vector<narrow_leaf> const& all) const {
  auto const widest = windows_of({widest_.attributes, in_, {}, leaf_.type(), {}});
  auto const padded = leaf_.declaration->index_of("padded");
  bool const is_unpadded = padded < leaf_.declaration->attribute_count && leaf_.attributes[padded] == 0;
  for (auto const& one : all) {
    auto const sizes = windows_of(one);
    for (std::size_t i = 0; i < sizes.size(); ++i)
      if ((widest[i] - sizes[i]) % 2 != 0 || (sizes[i] != widest[i] && is_unpadded))
        return false;
  }
  return true;
}

bool leaf_forms::keeps_channels(narrow_leaf const& leaf) const {
  if (leaf.made != leaf.used)
    return false;
  if (leaf_.is("shortcut"))
    return leaf.out.channels == leaf.in.channels;
  bool const is_depthwise =
      leaf_.is("conv") && number(leaf, "groups") > 1 && number(leaf, "groups") == leaf.in.channels;
  return is_depthwise || is_one_of(leaf_, of_each_channel);
}

bool leaf_forms::sums_channels(narrow_leaf const& leaf) const {
  if (leaf_.is("shortcut"))
    return leaf.out.channels != leaf.in.channels;
  bool const is_ungrouped = (leaf_.is("conv") || leaf_.is("transposed_conv")) && number(leaf, "groups") == 1;
  return is_ungrouped || is_one_of(leaf_, of_all_channels);
}

} // namespace espalier::compiler
