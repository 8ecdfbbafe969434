#include "prelude.hpp"

#include "../../runtime/src/sampled/sampled_path.hpp"
#include "spaces.hpp"

#include <espalier/compiler/encodings/attentive_nas.hpp>
#include <espalier/compiler/encodings/registry.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/runtime/atomic_file.hpp>

#include <spaces/attentive_nas.hpp>
#include <spaces/ofa_mobilenet_v3.hpp>

#include <nlohmann/json.hpp>

namespace {

using namespace espalier;
using compiler::architecture;
using runtime::network;

nlohmann::json published() {
  std::string const file = ESPALIER_SOURCE_DIR "/tests/reference_check/checks.json";
  auto const document = nlohmann::json::parse(runtime::read_file(file));
  return document.is_array() ? document : document.at("checks");
}

long long elements_of(std::vector<at::Tensor> const& tensors) {
  long long count = 0;
  for (auto const& t : tensors)
    count += t.numel();
  return count;
}

// The parameters of what a path uses of a supernet, and of the network alone that is given them.
void check_params(compiler::compiled_space const& space, network& supernet, architecture const& a, long long expected) {
  std::vector<at::Tensor> parts;
  runtime::sampled_path const path{supernet, a};
  for (auto const& t : path.tensors())
    if (t.part.defined() && t.name.find(".kernel_") == std::string::npos)
      parts.push_back(t.transformed ? t.transformed() : t.part);
  CHECK(elements_of(parts) == expected);
  auto const graph = compiler::specialize(space.expanded, space.decisions, a);
  network alone{graph, compiler::decision_space{graph}, network::affine::yes};
  runtime::copy_weights(supernet, alone);
  CHECK(elements_of(alone.parameters()) == expected);
}

architecture imported(compiler::compiled_space const& space, std::string const& format,
                      nlohmann::json const& encoding) {
  return architecture_of(space.decisions, compiler::encodings::encoding_named(format).decisions(encoding),
                         space.structured.name);
}

} // namespace

TEST_CASE("published subnets of AttentiveNAS are slices of one supernet, with their costs") {
  auto const space = test_spaces::compiled(spaces::attentive_nas::supernet.view());
  network supernet{space->expanded, space->decisions, network::affine::yes};
  int subnets = 0;
  for (auto const& entry : published()) {
    auto const id = entry.at("id").get<std::string>();
    if (!id.starts_with("attentivenas.") || !entry.at("architecture").is_object())
      continue;
    CAPTURE(id);
    auto const& encoding = entry.at("architecture");
    auto const a = imported(*space, "attentive-nas", encoding);
    CHECK(space->costs.of(a).macs == entry.at("expect").at("macs").get<long long>());
    auto const unused =
        compiler::encodings::unused_shortcut_params(compiler::encodings::read_attentive_nas_config(encoding));
    check_params(*space, supernet, a, entry.at("expect").at("params").get<long long>() - unused);
    ++subnets;
  }
  CHECK(subnets == 6);
}

TEST_CASE("published subnets of Once-for-All are slices of one supernet, with their costs") {
  auto const space = test_spaces::compiled(spaces::ofa_mobilenet_v3::supernet.view());
  network supernet{space->expanded, space->decisions, network::affine::yes, nullptr, network::windows::transformed};
  CHECK(elements_of(supernet.parameters()) == 7'678'880);
  int subnets = 0;
  for (auto const& entry : published()) {
    auto const id = entry.at("id").get<std::string>();
    auto const& told = entry.at("architecture");
    if (!id.starts_with("ofa.") || !told.is_object() || told.value("first", 0) != 16)
      continue; // other widths are other supernets
    CAPTURE(id);
    auto encoding = told;
    encoding["resolution"] = entry.at("expect").at("image");
    auto const a = imported(*space, "ofa-mobilenet", encoding);
    CHECK(space->costs.of(a).macs == entry.at("expect").at("macs").get<long long>());
    check_params(*space, supernet, a, entry.at("expect").at("params").get<long long>());
    ++subnets;
  }
  CHECK(subnets == 12);
}
