#pragma once

#include <espalier/compiler/safetensors.hpp>
#include <espalier/compiler/weights.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

/// Tensors for every operation of a network, under the names of its state dict, drawn by a seed.
class random_weights {
public:
  random_weights(espalier::compiler::graph const& network, unsigned seed) : random_(seed) { add(network.body, ""); }

  [[nodiscard]] std::vector<espalier::compiler::stored_tensor> const& tensors() const { return tensors_; }

private:
  void add(espalier::compiler::region const& body, std::string const& prefix) {
    for (auto const& op : body.operations) {
      for (auto const& inner : op.regions)
        add(inner, prefix + op.name() + ".");
      if (!op.regions.empty())
        continue;
      std::vector<espalier::compiler::tensor_type> operands;
      for (auto const& operand : op.operands)
        operands.push_back(body.type_of(operand));
      for (auto const& held : espalier::compiler::held_tensors(op, operands))
        add(prefix + op.name() + (held.name.empty() ? "" : "." + held.name), held);
    }
  }

  void add(std::string const& name, espalier::compiler::held_tensor const& held) {
    espalier::compiler::stored_tensor made{name, espalier::compiler::element_type::f32, {}, {}};
    for (auto const& dimension : held.dimensions)
      made.dimensions.push_back(dimension.size);
    if (name.ends_with("num_batches_tracked")) {
      made.type = espalier::compiler::element_type::i64;
      made.bytes.assign(sizeof(std::int64_t), '\0');
    } else {
      bool const is_scale = held.initial == espalier::compiler::initial_values::ones;
      auto const inputs = made.dimensions.empty() ? 1 : std::max(held.elements() / made.dimensions.front(), 1LL);
      auto const bound = 1.5F / std::sqrt(static_cast<float>(inputs + 2)); // so that values keep their size
      std::uniform_real_distribution<float> values{is_scale ? 0.5F : -bound, is_scale ? 1.5F : bound};
      std::vector<float> numbers(static_cast<std::size_t>(held.elements()));
      for (auto& number : numbers)
        number = values(random_);
      made.bytes.resize(numbers.size() * sizeof(float));
      if (!numbers.empty())
        std::memcpy(made.bytes.data(), numbers.data(), made.bytes.size());
    }
    tensors_.push_back(std::move(made));
  }

  std::mt19937 random_;
  std::vector<espalier::compiler::stored_tensor> tensors_;
};
