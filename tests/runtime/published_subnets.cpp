#include "prelude.hpp"

#include "../../runtime/src/sampled/sampled_path.hpp"
#include "spaces.hpp"

#include <espalier/compiler/encodings/attentive_nas.hpp>
#include <espalier/compiler/encodings/registry.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/runtime/atomic_file.hpp>

#include <spaces/attentive_nas.hpp>
#include <spaces/ofa_mobilenet_v3.hpp>

#include <array>

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

TEST_CASE("the other released subnets of AttentiveNAS have the millions of multiply-adds that its README tells") {
  struct released {
    char const* encoding; // configs/eval_attentive_nas_models.yml
    long long millions;
  };
  constexpr std::array others{
      released{
          R"({"resolution": 224, "width": [16, 16, 24, 32, 64, 112, 200, 224, 1984], "depth": [1, 3, 3, 3, 3, 4, 1],
                   "kernel_size": [3, 3, 3, 3, 3, 5, 3], "expand_ratio": [1, 4, 5, 4, 4, 6, 6]})",
          317},
      released{
          R"({"resolution": 256, "width": [16, 16, 24, 32, 72, 112, 192, 216, 1792], "depth": [1, 3, 3, 3, 4, 6, 1],
                   "kernel_size": [3, 3, 3, 5, 3, 3, 3], "expand_ratio": [1, 4, 5, 4, 4, 6, 6]})",
          491},
      released{
          R"({"resolution": 288, "width": [16, 16, 24, 32, 64, 112, 216, 224, 1984], "depth": [1, 3, 3, 4, 4, 6, 1],
                   "kernel_size": [3, 3, 3, 3, 3, 5, 3], "expand_ratio": [1, 4, 6, 5, 4, 6, 6]})",
          709}};
  auto const space = test_spaces::compiled(spaces::attentive_nas::supernet.view());
  network supernet{space->expanded, space->decisions, network::affine::yes};
  for (auto const& [encoding, millions] : others) {
    auto const a = imported(*space, "attentive-nas", nlohmann::json::parse(encoding));
    auto const cost = space->costs.of(a);
    CHECK((cost.macs + 500'000) / 1'000'000 == millions);
    check_params(*space, supernet, a, cost.params);
  }
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
