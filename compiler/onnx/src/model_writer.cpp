#include "model_writer.hpp"

#include <espalier/compiler/error.hpp>

#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::onnx {

namespace {

using ::onnx::AttributeProto;
using ::onnx::TensorProto;

constexpr std::int64_t format_version = 7; // the first one with operator set 13 is 7
constexpr std::int64_t operator_set = 13;

void set(AttributeProto& to, std::int64_t value) {
  to.set_type(AttributeProto::INT);
  to.set_i(value);
}
void set(AttributeProto& to, float value) {
  to.set_type(AttributeProto::FLOAT);
  to.set_f(value);
}
void set(AttributeProto& to, std::string_view value) {
  to.set_type(AttributeProto::STRING);
  to.set_s(std::string{value});
}
void set(AttributeProto& to, integers const& values) {
  to.set_type(AttributeProto::INTS);
  for (auto const value : values)
    to.add_ints(value);
}

void set_type(::onnx::ValueInfoProto& value, std::string const& name, compiler::tensor_type const& type) {
  value.set_name(name);
  auto& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type.kind == dsl::tensor_kind::ids ? TensorProto::INT64 : TensorProto::FLOAT);
  auto& shape = *tensor.mutable_shape();
  shape.add_dim()->set_dim_param("N");
  auto const add = [&](std::int64_t size) { shape.add_dim()->set_dim_value(size); };
  switch (type.kind) {
  case dsl::tensor_kind::image:
    add(type.channels), add(type.height), add(type.width);
    break;
  case dsl::tensor_kind::vector:
    add(type.channels);
    break;
  case dsl::tensor_kind::ids:
    add(type.positions());
    break;
  default:
    add(type.positions()), add(type.channels);
  }
}

} // namespace

model_writer::model_writer(std::string const& name, std::vector<compiler::stored_tensor> const& weights) {
  model_.set_ir_version(format_version);
  model_.set_producer_name("Espalier");
  auto& set = *model_.add_opset_import();
  set.set_domain("");
  set.set_version(operator_set);
  model_.mutable_graph()->set_name(name);
  for (auto const& w : weights)
    weights_.emplace(w.name, &w);
}

std::string model_writer::fresh(std::string const& wanted) {
  auto name = wanted;
  for (int i = 2; !taken_.insert(name).second; ++i)
    name = fmt::format("{}:{}", wanted, i);
  return name;
}

::onnx::NodeProto& model_writer::add_node(std::string_view type, std::vector<std::string> const& inputs,
                                          std::vector<attribute> const& attributes) {
  auto& made = *nodes_->add_node();
  made.set_op_type(std::string{type});
  for (auto const& input : inputs)
    made.add_input(input);
  for (auto const& [name, value] : attributes) {
    auto& to = *made.add_attribute();
    to.set_name(std::string{name});
    std::visit([&](auto const& v) { set(to, v); }, value);
  }
  return made;
}

std::string model_writer::node(std::string_view type, std::vector<std::string> const& inputs,
                               std::vector<attribute> const& attributes, std::string const& wanted) {
  auto const result = fresh(wanted);
  auto& made = add_node(type, inputs, attributes);
  made.set_name(result);
  made.add_output(result);
  return result;
}

std::string model_writer::scan(std::string const& sequence, compiler::tensor_type const& features,
                               compiler::tensor_type const& state,
                               std::function<std::string(std::string const&, std::string const&)> const& step,
                               std::string const& wanted) {
  auto const shape = node("Shape", {sequence}, {}, wanted + ".input_shape");
  auto const batch = node("Gather", {shape, constant(integers{0}, wanted + ".first")}, {}, wanted + ".batch");
  auto const width = constant(integers{state.channels}, wanted + ".features");
  auto const state_shape = node("Concat", {batch, width}, {{"axis", std::int64_t{0}}}, wanted + ".state_shape");
  auto const zeros = node("ConstantOfShape", {state_shape}, {}, wanted + ".zeros");

  ::onnx::GraphProto body;
  body.set_name(wanted + ".step");
  auto const last = fresh(wanted + ".last_state");
  auto const position = fresh(wanted + ".position");
  set_type(*body.add_input(), last, state);
  set_type(*body.add_input(), position, features);
  auto* const outer = std::exchange(nodes_, &body);
  auto const next = node("Identity", {step(position, last)}, {}, wanted + ".next_state");
  auto const shown = node("Identity", {next}, {}, wanted + ".shown_state");
  nodes_ = outer;
  set_type(*body.add_output(), next, state);
  set_type(*body.add_output(), shown, state);

  auto const states = fresh(wanted);
  auto& made = add_node(
      "Scan", {zeros, sequence},
      {{"num_scan_inputs", std::int64_t{1}}, {"scan_input_axes", integers{1}}, {"scan_output_axes", integers{1}}});
  made.set_name(states);
  made.add_output(fresh(wanted + ".final_state"));
  made.add_output(states);
  auto& to = *made.add_attribute();
  to.set_name("body");
  to.set_type(AttributeProto::GRAPH);
  to.mutable_g()->Swap(&body);
  return states;
}

compiler::stored_tensor const& model_writer::tensor(std::string const& name, integers const& dimensions) const {
  auto const found = weights_.find(name);
  if (found == weights_.end())
    throw internal_error(fmt::format("the network's weights hold no {}", name));
  auto const& stored = *found->second;
  if (stored.dimensions != dimensions || stored.type != compiler::element_type::f32)
    throw internal_error(fmt::format("{} is {} [{}], F32 [{}] is needed", name, compiler::name_of(stored.type),
                                     fmt::join(stored.dimensions, ", "), fmt::join(dimensions, ", ")));
  return stored;
}

std::string model_writer::weight(std::string const& name, integers const& dimensions, std::string const& as) {
  auto const& stored = tensor(name, dimensions);
  auto const& result = as.empty() ? name : as;
  for (auto const& known : model_.graph().initializer())
    if (known.name() == result)
      return result;
  taken_.insert(result);
  auto& made = *model_.mutable_graph()->add_initializer();
  made.set_name(result);
  made.set_data_type(TensorProto::FLOAT);
  for (auto const dimension : dimensions)
    made.add_dims(dimension);
  made.set_raw_data(stored.bytes);
  return result;
}

std::string model_writer::constant(std::vector<float> const& values, integers const& dimensions,
                                   std::string const& wanted) {
  auto& made = *model_.mutable_graph()->add_initializer();
  made.set_name(fresh(wanted));
  made.set_data_type(TensorProto::FLOAT);
  for (auto const dimension : dimensions)
    made.add_dims(dimension);
  for (auto const value : values)
    made.add_float_data(value);
  return made.name();
}

std::string model_writer::constant(integers const& values, std::string const& wanted) {
  auto& made = *model_.mutable_graph()->add_initializer();
  made.set_name(fresh(wanted));
  made.set_data_type(TensorProto::INT64);
  made.add_dims(static_cast<std::int64_t>(values.size()));
  for (auto const value : values)
    made.add_int64_data(value);
  return made.name();
}

std::vector<float> model_writer::values_of(std::string const& name, integers const& dimensions) const {
  auto const& bytes = tensor(name, dimensions).bytes;
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

void model_writer::add_input(std::string const& name, compiler::tensor_type const& type) {
  taken_.insert(name);
  set_type(*model_.mutable_graph()->add_input(), name, type);
}

void model_writer::add_output(std::string const& name, compiler::tensor_type const& type) {
  set_type(*model_.mutable_graph()->add_output(), name, type);
}

std::string model_writer::finish() const {
  return model_.SerializeAsString();
}

} // namespace espalier::onnx
