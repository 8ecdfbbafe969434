#pragma once

#include <espalier/compiler/architecture.hpp>

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Published encodings of architectures: how each is called, read, and turned into an architecture of a space.
namespace espalier::compiler::encodings {

/// What an encoding says of one decision of a space.
struct encoded_decision {
  std::string place; ///< In the encoding.
  std::string path;  ///< Of the decision; empty for the next one of the space's own order.
  std::vector<std::string> options;
};

/// A published encoding.
struct published_encoding {
  std::string_view name;
  std::string_view about; ///< What a file holds.
  std::string_view space; ///< The shipped space that holds it unless another is told; empty where none does.
  graph (*network)(nlohmann::json const&); ///< As its authors trained it first; a `user_error` lists every fault.
  std::vector<encoded_decision> (*decisions)(nlohmann::json const&); ///< nullptr where no shipped space holds it.
};

/// Every published encoding that is known.
std::span<published_encoding const> published_encodings();

/// The encoding of a name; a `user_error` with near names where there is none.
published_encoding const& encoding_named(std::string_view name);

/// The architecture of a space that an encoding means. A `user_error` lists every decision that the space does not
/// have, or not with that option, and every one that the encoding leaves open.
architecture architecture_of(decision_space const& space, std::vector<encoded_decision> const& encoded,
                             std::string_view space_name);

} // namespace espalier::compiler::encodings
