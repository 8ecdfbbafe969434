#pragma once

#include <espalier/compiler/encodings/registry.hpp>

/// \file
/// What each encoding says of the decisions of the shipped space that holds it.

namespace espalier::compiler::encodings {

std::vector<encoded_decision> darts_decisions(nlohmann::json const& encoding);
std::vector<encoded_decision> nas_bench_201_decisions(nlohmann::json const& encoding);
std::vector<encoded_decision> nasnet_decisions(nlohmann::json const& encoding);
std::vector<encoded_decision> amoebanet_decisions(nlohmann::json const& encoding);
std::vector<encoded_decision> enas_decisions(nlohmann::json const& encoding);
std::vector<encoded_decision> recurrent_decisions(nlohmann::json const& encoding);
std::vector<encoded_decision> spos_decisions(nlohmann::json const& encoding);
std::vector<encoded_decision> block_list_decisions(nlohmann::json const& encoding);
std::vector<encoded_decision> fbnet_decisions(nlohmann::json const& encoding);

} // namespace espalier::compiler::encodings
