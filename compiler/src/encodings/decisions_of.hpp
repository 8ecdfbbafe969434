#pragma once

#include <espalier/compiler/encodings/registry.hpp>

/// \file
/// What each encoding says of the decisions of the shipped space that holds it.

namespace espalier::compiler::encodings {

/// \name Spaces of cells
/// @{
encoded_architecture darts_decisions(nlohmann::json const& encoding);
encoded_architecture nas_bench_101_decisions(nlohmann::json const& encoding);
encoded_architecture nas_bench_201_decisions(nlohmann::json const& encoding);
encoded_architecture nasnet_decisions(nlohmann::json const& encoding);
encoded_architecture pnas_decisions(nlohmann::json const& encoding);
encoded_architecture amoebanet_decisions(nlohmann::json const& encoding);
encoded_architecture enas_cell_decisions(nlohmann::json const& encoding);
encoded_architecture nas_unet_decisions(nlohmann::json const& encoding);
encoded_architecture recurrent_decisions(nlohmann::json const& encoding);
/// @}

/// \name Spaces of layers
/// @{
encoded_architecture enas_layer_decisions(nlohmann::json const& encoding);
encoded_architecture spos_decisions(nlohmann::json const& encoding);
encoded_architecture block_list_decisions(nlohmann::json const& encoding);
encoded_architecture once_for_all_decisions(nlohmann::json const& encoding);
encoded_architecture attentive_nas_decisions(nlohmann::json const& encoding);
encoded_architecture fbnet_decisions(nlohmann::json const& encoding);
encoded_architecture mnasnet_decisions(nlohmann::json const& encoding);
/// @}

} // namespace espalier::compiler::encodings
