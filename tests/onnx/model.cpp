#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/onnx/emit.hpp>
#include <spaces/all.hpp>

#include "catch.hpp"
#include "random_weights.hpp"

#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

using namespace espalier::compiler;
using Catch::Matchers::ContainsSubstring;

namespace {

onnx::ModelProto parsed(std::string const& bytes) {
  onnx::ModelProto model;
  REQUIRE(model.ParseFromString(bytes));
  return model;
}

graph two_cells() {
  std::ifstream file{ESPALIER_SOURCE_DIR "/tests/compiler/networks/two_cells.ir"};
  return parse(std::string{std::istreambuf_iterator<char>{file}, {}}, "two_cells.ir");
}

// Shape inference is strict: it fails where what it infers is not the declared output.
void check_model(std::string const& bytes) {
  auto model = parsed(bytes);
  CHECK_NOTHROW(onnx::checker::check_model(model));
  CHECK_NOTHROW(
      onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), {true, /*strict_mode=*/1, true}));
  CHECK_NOTHROW(onnx::checker::check_model(model));
}

} // namespace

TEST_CASE("a network of every shipped space is a valid model") {
  for (auto const& [space, what] : spaces::all()) {
    auto const declared = lower(space);
    CAPTURE(declared.name);
    auto const expanded = expand(declared);
    decision_space const decisions{expanded};
    random_generator random{3};
    auto const network = without_search_operations(specialize(expanded, decisions, sample(decisions, random)));
    random_weights const weights{network, 1};
    check_model(espalier::onnx::emit_model(network, weights.tensors()));
  }
}

TEST_CASE("a model has the names of the network, its weights inside, and every kernel's shape") {
  auto const network = two_cells();
  random_weights const weights{network, 1};
  auto const bytes = espalier::onnx::emit_model(network, weights.tensors());
  CHECK(bytes == espalier::onnx::emit_model(network, weights.tensors()));
  auto const model = parsed(bytes);
  std::set<std::string> values;
  for (auto const& node : model.graph().node()) {
    values.insert(node.output(0));
    bool const has_kernel =
        std::ranges::any_of(node.attribute(), [](auto const& a) { return a.name() == "kernel_shape"; });
    CHECK(has_kernel == (node.op_type() == "Conv" || node.op_type().ends_with("Pool")));
  }
  for (auto const* name : {"conv0", "cell0.conv0", "cell1.max_pool0", "half0.factorized_reduce0", "type", "linear0"})
    CHECK(values.contains(name));
  std::set<std::string> initializers;
  for (auto const& tensor : model.graph().initializer())
    initializers.insert(tensor.name());
  for (auto const& tensor : weights.tensors())
    CHECK(initializers.contains(tensor.name) != tensor.name.ends_with("num_batches_tracked"));
  CHECK(model.graph().input_size() == 1);
}

TEST_CASE("weights that do not fit the network are no model") {
  auto const network = two_cells();
  random_weights const weights{network, 1};
  auto tensors = weights.tensors();
  tensors.front().dimensions.back() += 1;
  CHECK_THROWS_AS(espalier::onnx::emit_model(network, tensors), espalier::internal_error);
  tensors.erase(tensors.begin());
  CHECK_THROWS_AS(espalier::onnx::emit_model(network, tensors), espalier::internal_error);
}
