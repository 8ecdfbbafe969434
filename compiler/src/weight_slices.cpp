#include <espalier/compiler/weights.hpp>

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using indices = std::vector<int>;

indices listed(index_ranges const& ranges) {
  indices all;
  for (auto const& range : ranges)
    for (int i = 0; i < range.count; ++i)
      all.push_back(range.first + i);
  return all;
}

index_ranges merged(indices const& all) {
  index_ranges ranges;
  for (int const i : all) {
    if (!ranges.empty() && ranges.back().first + ranges.back().count == i)
      ++ranges.back().count;
    else
      ranges.push_back({i, 1});
  }
  return ranges;
}

indices first_of(int count) {
  return listed({{0, count}});
}

// The parts that the narrow dimension has, and of each its first elements.
index_ranges part_of(tensor_dimension const& widest, tensor_dimension const& narrow, index_ranges const& used) {
  if (narrow.part == dimension_part::centre)
    return {{(widest.size - narrow.size) / 2, narrow.size}};
  if (widest.part != narrow.part)
    return {{0, narrow.size}};
  int const stride = widest.size / widest.parts;
  int const count = narrow.size / narrow.parts;
  indices all;
  for (int const part : narrow.part == dimension_part::used ? listed(used) : first_of(narrow.parts))
    for (int i = 0; i < count; ++i)
      all.push_back(part * stride + i);
  return merged(all);
}

void require_within(typed_operation const& narrow, tensor_slice const& slice, held_tensor const& widest) {
  for (std::size_t d = 0; d < slice.size(); ++d)
    for (auto const& range : slice[d])
      if (range.first < 0 || range.first + range.count > widest.dimensions[d].size)
        throw user_error(fmt::format("weights: %{} needs numbers {} to {} of dimension {} of {}, which has {}; they "
                                     "belong to another network",
                                     narrow.op.name(), range.first, range.first + range.count - 1, d, widest.name,
                                     widest.dimensions[d].size));
}

bool is_depthwise(typed_operation const& t) {
  return t.op.is("conv") && t.op.attribute("groups") > 1 && t.op.attribute("groups") == t.operands.front().channels;
}

// Where a narrow operation that moves channels finds those of its result: for each, its place in the widest result.
class moved_channels {
public:
  moved_channels(typed_operation const& widest, typed_operation const& narrow, indices used)
      : widest_(widest), narrow_(narrow), used_(std::move(used)), wide_(widest.operands.front()),
        in_(narrow.operands.front()) {}

  // Nothing where the operation moves none.
  [[nodiscard]] std::optional<indices> find() const {
    auto const& op = narrow_.op;
    if (op.is("channel_shuffle"))
      return shuffled(op.attribute("groups"));
    if (op.is("channel_part"))
      return every(op.attribute("part"), op.attribute("parts"));
    if (op.is("chunk"))
      return chunk(op.attribute("part"), op.attribute("parts"));
    if (op.is("truncate"))
      return indices(used_.begin(), used_.begin() + op.attribute("channels"));
    if (op.is("flatten"))
      return flattened();
    if (op.is("factorized_reduce"))
      return halves(op.attribute("channels") / 2, widest_.op.attribute("channels") / 2);
    if (is_depthwise(narrow_) && is_depthwise(widest_))
      return multiplied(op.attribute("channels") / in_.channels, widest_.op.attribute("channels") / wide_.channels);
    return std::nullopt;
  }

private:
  [[nodiscard]] indices shuffled(int groups) const {
    int const of_group = in_.channels / groups;
    int const wide_of_group = wide_.channels / groups;
    indices found;
    for (int c = 0; c < of_group; ++c)
      for (int g = 0; g < groups; ++g) {
        int const from = used_[static_cast<std::size_t>(g * of_group + c)];
        found.push_back(from % wide_of_group * groups + from / wide_of_group);
      }
    return found;
  }

  [[nodiscard]] indices every(int part, int parts) const {
    indices found;
    for (auto i = static_cast<std::size_t>(part); i < used_.size(); i += static_cast<std::size_t>(parts))
      found.push_back(used_[i] % parts == part ? used_[i] / parts : -1);
    return found;
  }

  [[nodiscard]] indices chunk(int part, int parts) const {
    auto const size = used_.size() / static_cast<std::size_t>(parts);
    indices found;
    for (std::size_t i = 0; i < size; ++i)
      found.push_back(used_[static_cast<std::size_t>(part) * size + i] - part * (wide_.channels / parts));
    return found;
  }

  // Features last: by position; an image by channel. A smaller map is the upper left part.
  [[nodiscard]] indices flattened() const {
    bool const is_image = in_.kind == dsl::tensor_kind::image;
    indices positions;
    for (int y = 0; y < in_.height; ++y)
      for (int x = 0; x < in_.width; ++x)
        positions.push_back(y * wide_.width + x);
    indices found;
    if (is_image) {
      for (int const c : used_)
        for (int const p : positions)
          found.push_back(c * wide_.height * wide_.width + p);
    } else {
      for (int const p : positions)
        for (int const c : used_)
          found.push_back(p * wide_.channels + c);
    }
    return found;
  }

  static indices halves(int half, int wide_half) { return listed({{0, half}, {wide_half, half}}); }

  [[nodiscard]] indices multiplied(int multiplier, int wide_multiplier) const {
    indices found;
    for (int const c : used_)
      for (int i = 0; i < multiplier; ++i)
        found.push_back(c * wide_multiplier + i);
    return found;
  }

  typed_operation const& widest_;
  typed_operation const& narrow_;
  indices used_;
  tensor_type const& wide_;
  tensor_type const& in_;
};

bool keeps_channels(typed_operation const& t) {
  if (t.op.is("none"))
    return false;
  auto const i = t.op.declaration->channels;
  bool const sets_channels = i < dsl::max_attributes && !t.op.is("squeeze_excite");
  return !sets_channels || (t.op.is("shortcut") && t.op.attributes[i] == t.operands.front().channels);
}

index_ranges one_after_another(typed_operation const& widest, std::vector<index_ranges> const& used) {
  indices found;
  int offset = 0;
  for (std::size_t i = 0; i < used.size(); ++i) {
    for (int const c : listed(used[i]))
      found.push_back(offset + c);
    offset += widest.operands[i].channels;
  }
  return merged(found);
}

} // namespace

std::vector<tensor_slice> slices_of(typed_operation const& widest, typed_operation const& narrow,
                                    index_ranges const& used) {
  auto const wide = held_tensors(widest.op, widest.operands, tensor_holder::supernet);
  std::vector<tensor_slice> slices;
  for (auto const& held : held_tensors(narrow.op, narrow.operands)) {
    auto const whole = std::ranges::find(wide, held.name, &held_tensor::name);
    if (whole == wide.end() || whole->dimensions.size() != held.dimensions.size())
      throw user_error(
          fmt::format("weights: %{} has no {}; they belong to another network", narrow.op.name(), held.name));
    tensor_slice slice;
    for (std::size_t d = 0; d < held.dimensions.size(); ++d)
      slice.push_back(part_of(whole->dimensions[d], held.dimensions[d], used));
    require_within(narrow, slice, *whole);
    slices.push_back(std::move(slice));
  }
  return slices;
}

index_ranges channels_in_use(typed_operation const& widest, typed_operation const& narrow,
                             std::vector<index_ranges> const& used) {
  if (narrow.op.form() == structure::concat)
    return one_after_another(widest, used);
  if (narrow.op.form() != structure::leaf && narrow.op.form() != structure::recurrence)
    return used.front();
  if (narrow.op.form() == structure::leaf) {
    auto const moved = moved_channels{widest, narrow, listed(used.front())}.find();
    if (moved && std::ranges::all_of(*moved, [&](int i) { return i >= 0 && i < widest.op.type().channels; }))
      return merged(*moved);
    if (!moved && keeps_channels(narrow))
      return used.front();
  }
  return {{0, narrow.op.type().channels}};
}

} // namespace espalier::compiler
