#include <espalier/compiler/encodings/block_cells.hpp>

#include "encoding_reader.hpp"
#include "layers.hpp"

#include <espalier/dsl/blocks.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace espalier::compiler::encodings {

namespace {

// The digits before and behind an 'x': 3 of `separable_3x3_2`.
int kernel_of(std::string const& name) {
  return name[name.rfind('x') - 1] - '0';
}

bool is_known(std::string const& name, block_cell_code code) {
  std::vector<std::string> known{"none"};
  for (char const* kernel : {"3x3", "5x5", "7x7"})
    known.push_back(fmt::format("separable_{}_2", kernel));
  for (char const* pool : {"avg", "max"})
    for (char const* kernel : {"2x2", "3x3", "5x5", "7x7"})
      known.push_back(fmt::format("{}_pool_{}", pool, kernel));
  if (code == block_cell_code::amoebanet)
    for (char const* other :
         {"1x1", "3x3", "1x3_3x1", "1x7_7x1", "dilated_3x3_rate_2", "dilated_3x3_rate_4", "dilated_3x3_rate_6",
          "dil_2_separable_5x5_2", "dil_2_separable_3x3_2", "dil_2_separable_7x7_2"})
      known.emplace_back(other);
  return std::ranges::find(known, name) != known.end();
}

block_cell read_cell(encoding_reader& from, nlohmann::json const& encoding, std::string const& place,
                     block_cell_code code) {
  block_cell cell;
  auto const names = from.items(from.member(encoding, "ops", place), place + "/ops", 2);
  auto const blocks = names.size() / 2;
  if (names.size() % 2 != 0)
    from.fault(place + "/ops", fmt::format("{} operations", names.size()), "two a block");
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto const at = fmt::format("{}/ops[{}]", place, i);
    cell.operations.push_back(from.text(names[i], at));
    if (!is_known(cell.operations.back(), code))
      from.fault(at, fmt::format("there is no '{}'", cell.operations.back()),
                 code == block_cell_code::nasnet
                     ? "none, separable_KxK_2, avg_pool_KxK and max_pool_KxK"
                     : "none, 1x1, 3x3, 1x3_3x1, 1x7_7x1, dilated_3x3_rate_R, separable_KxK_2, avg_pool_KxK and "
                       "max_pool_KxK");
  }
  auto const indices = from.items(from.member(encoding, "idx", place), place + "/idx", names.size(), names.size());
  for (std::size_t i = 0; i < indices.size(); ++i)
    cell.indices.push_back(from.whole(indices[i], fmt::format("{}/idx[{}]", place, i), 0, static_cast<int>(i / 2) + 1));
  auto const used = from.items(from.member(encoding, "used", place), place + "/used", blocks + 2, blocks + 2);
  for (std::size_t i = 0; i < used.size(); ++i)
    cell.used.push_back(from.whole(used[i], fmt::format("{}/used[{}]", place, i), 0, 1) == 1);
  if (!cell.used.empty() && std::ranges::find(cell.used, false) == cell.used.end())
    from.fault(place + "/used", "every state is used", "at least one that is not: the output");
  return cell;
}

class network_writer {
public:
  explicit network_writer(block_cell_skeleton const& skeleton)
      : skeleton_(skeleton), to_{{{"input", skeleton.input}}} {}

  graph write(block_cells const& cells) {
    double scale = 1;
    auto const first = append_stem();
    std::vector<std::string> outputs{"", first};
    if (skeleton_.strided_stem) {
      scale = 0.25;
      for (int i = 0; i < 2; ++i, scale *= 2)
        outputs.push_back(
            append_cell(cells.reduction, "reduction", outputs.back(), outputs[outputs.size() - 2], scale, 2));
    }
    for (int cell = 0; cell < skeleton_.normal_cells; ++cell) {
      bool const reduces = cell == skeleton_.normal_cells / 3 || cell == 2 * skeleton_.normal_cells / 3;
      auto before = outputs[outputs.size() - 2];
      scale *= reduces ? 2 : 1;
      if (reduces && !cells.is_one_cell) {
        outputs.push_back(append_cell(cells.reduction, "reduction", outputs.back(), before, scale, 2));
        if (!skeleton_.reads_before_reduction)
          before = outputs[outputs.size() - 2];
      }
      outputs.push_back(
          append_cell(cells.normal, "normal", outputs.back(), before, scale, reduces && cells.is_one_cell ? 2 : 1));
    }
    auto const y = classifier(to_, relu(to_, outputs.back()), skeleton_.classes);
    return {skeleton_.code == block_cell_code::nasnet ? "nasnet" : "amoebanet", std::move(to_).finish(y)};
  }

private:
  std::string append_stem() {
    bool const keeps_size = !skeleton_.strided_stem && skeleton_.code == block_cell_code::nasnet;
    auto const x = keeps_size ? convolution(to_, "input", 3, skeleton_.stem_filters)
                              : unpadded(to_, "input", 3, skeleton_.stem_filters, skeleton_.strided_stem ? 2 : 1);
    return batch_norm(to_, x);
  }

  // `before` is empty for the first cell, which reads `last` twice: as it is, and behind its own 1x1 convolution.
  std::string append_cell(block_cell const& cell, std::string const& label, std::string const& last,
                          std::string const& before, double scale, int stride) {
    filters_ = static_cast<int>(skeleton_.filters * scale);
    auto const operands = before.empty() ? std::vector{last} : std::vector{last, before};
    return to_.block(label, operands, [&](region_builder& body, std::vector<std::string> states) {
      if (before.empty())
        states.push_back(states[0]);
      else
        states[1] = like_last(body, states[1], body.type_of(states[0]));
      states[0] = relu_conv_bn(body, states[0], 1, filters_);
      for (std::size_t i = 0; i + 1 < cell.operations.size(); i += 2) {
        std::vector<std::string> read;
        for (auto const e : {i, i + 1})
          read.push_back(apply(body, states[static_cast<std::size_t>(cell.indices[e])], cell.operations[e],
                               cell.indices[e] < 2 ? stride : 1));
        states.push_back(added(body, read));
      }
      return append_output(body, cell, states);
    });
  }

  // The output of the cell before the last, as large and as wide as the states.
  std::string like_last(region_builder& to, std::string const& x, tensor_type const& last) {
    if (to.type_of(x).width != last.width)
      return halved(to, x, filters_);
    return to.type_of(x).channels == filters_ ? x : relu_conv_bn(to, x, 1, filters_);
  }

  std::string append_output(region_builder& to, block_cell const& cell, std::vector<std::string> const& states) {
    auto const final = to.type_of(states.back());
    std::vector<std::string> output;
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (cell.used[i])
        continue;
      auto const& type = to.type_of(states[i]);
      if (type.width != final.width)
        output.push_back(halved(to, states[i], final.channels, false));
      else
        output.push_back(type.channels == final.channels ? states[i] : conv_bn(to, states[i], 1, final.channels));
    }
    return concatenated(to, output);
  }

  std::string apply(region_builder& to, std::string const& x, std::string const& name, int stride) {
    bool const is_as_wide = to.type_of(x).channels == filters_;
    if (name.find("separable") != std::string::npos)
      return separable(to, x, kernel_of(name), filters_, stride, 2, name.starts_with("dil_2") ? 2 : 1);
    if (name.find("pool") != std::string::npos) {
      auto const y =
          name.starts_with("max") ? max_pool(to, x, kernel_of(name), stride) : avg_pool(to, x, kernel_of(name), stride);
      return is_as_wide ? y : conv_bn(to, y, 1, filters_);
    }
    if (name == "none" || name == "1x1")
      return name == "none" && stride == 1 && is_as_wide ? x : relu_conv_bn(to, x, 1, filters_, stride);
    return bottleneck(to, x, name, stride);
  }

  // A convolution between two 1x1 ones, on a quarter of the filters: on three eighths for 1x3 and 3x1.
  std::string bottleneck(region_builder& to, std::string const& x, std::string const& name, int stride) {
    int const few = name == "1x3_3x1" ? 3 * filters_ / 8 : filters_ / 4;
    int const inside = few < 1 ? filters_ : few;
    auto y = relu(to, few < 1 ? x : relu_conv_bn(to, x, 1, inside));
    if (name == "3x3")
      y = convolution(to, y, 3, inside, {.stride = stride});
    else if (name.starts_with("dilated"))
      y = convolution(to, y, 3, inside, {.stride = stride, .dilation = name.back() - '0'});
    else
      y = crossed(to, y, name[2] - '0', inside, stride, true);
    y = batch_norm(to, y);
    return few < 1 ? y : relu_conv_bn(to, y, 1, filters_);
  }

  block_cell_skeleton const& skeleton_;
  region_builder to_;
  int filters_ = 0;
};

} // namespace

block_cells read_block_cells(nlohmann::json const& encoding, block_cell_code code) {
  encoding_reader from{code == block_cell_code::nasnet ? "the NASNet cells" : "the AmoebaNet cells"};
  auto const key = [&](char const* a, char const* b) {
    return std::string(encoding.is_object() && encoding.contains(a) ? a : b);
  };
  auto const normal = key("cell", "normal");
  auto const reduction = key("reduce", "reduction");
  block_cells cells;
  cells.normal = read_cell(from, from.member(encoding, normal, "cells"), normal, code);
  cells.is_one_cell = normal == "cell" || (encoding.is_object() && !encoding.contains(reduction));
  cells.reduction =
      cells.is_one_cell ? cells.normal : read_cell(from, from.member(encoding, reduction, "cells"), reduction, code);
  from.finish();
  return cells;
}

graph block_cell_network(block_cells const& cells, block_cell_skeleton const& skeleton) {
  return network_writer{skeleton}.write(cells);
}

} // namespace espalier::compiler::encodings
