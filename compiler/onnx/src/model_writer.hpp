#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/compiler/safetensors.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <onnx/onnx_pb.h>

namespace espalier::onnx {

using integers = std::vector<std::int64_t>;
using attribute = std::pair<std::string_view, std::variant<std::int64_t, float, std::string_view, integers>>;

/// Writes the nodes and initializers of one ONNX model.
class model_writer {
public:
  /// The tensors must outlive it.
  model_writer(std::string const& name, std::vector<compiler::stored_tensor> const& weights);
  model_writer(model_writer const&) = delete;
  model_writer& operator=(model_writer const&) = delete;

  /// Appends a node and returns its result's name: a fresh one of `wanted`.
  std::string node(std::string_view type, std::vector<std::string> const& inputs,
                   std::vector<attribute> const& attributes, std::string const& wanted);

  /// Appends a `Scan` along the positions of a sequence [N, T, C] and returns the name of its states [N, T, features],
  /// the first of which follows a state of zeros. `step` writes what is done at a position: from the names of its
  /// features and of the last state to that of the next state.
  std::string scan(std::string const& sequence, compiler::tensor_type const& features,
                   compiler::tensor_type const& state,
                   std::function<std::string(std::string const&, std::string const&)> const& step,
                   std::string const& wanted);

  /// \name Initializers: their names
  /// @{
  /// A tensor of the state dict, under its own name unless told.
  std::string weight(std::string const& name, integers const& dimensions, std::string const& as = {});
  std::string constant(std::vector<float> const& values, integers const& dimensions, std::string const& wanted);
  std::string constant(float value, std::string const& wanted) { return constant({value}, {}, wanted); }
  std::string constant(integers const& values, std::string const& wanted);
  /// @}

  /// The numbers of a tensor of the state dict.
  [[nodiscard]] std::vector<float> values_of(std::string const& name, integers const& dimensions) const;

  void add_input(std::string const& name, compiler::tensor_type const& type);
  void add_output(std::string const& name, compiler::tensor_type const& type);

  [[nodiscard]] std::string finish() const;

private:
  [[nodiscard]] compiler::stored_tensor const& tensor(std::string const& name, integers const& dimensions) const;
  std::string fresh(std::string const& wanted);
  ::onnx::NodeProto& add_node(std::string_view type, std::vector<std::string> const& inputs,
                              std::vector<attribute> const& attributes);

  ::onnx::ModelProto model_;
  ::onnx::GraphProto* nodes_ = model_.mutable_graph(); // where they go: the model's graph, or that of a step
  std::map<std::string, compiler::stored_tensor const*> weights_;
  std::set<std::string> taken_;
};

} // namespace espalier::onnx
