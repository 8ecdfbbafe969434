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
  std::vector<std::string> options{};
  std::vector<std::size_t> positions{}; ///< Of options that the encoding knows by their order alone.
  bool is_implied = false;              ///< A space that does not decide it holds the encoding nevertheless.
};

/// What an encoding says of a space's decisions.
struct encoded_architecture {
  std::vector<encoded_decision> decisions;
  std::vector<std::string> misfits; ///< What no space of such decisions holds, each with its place.
};

/// A published encoding.
struct published_encoding {
  std::string_view name;
  std::string_view about; ///< What a file holds.
  std::string_view space; ///< The shipped space that holds it unless another is told; empty where none does.
  graph (*network)(nlohmann::json const&); ///< As its authors trained it first; a `user_error` lists every fault.
  encoded_architecture (*decisions)(nlohmann::json const&); ///< nullptr where no space holds it.
  std::string_view why_none{};                              ///< Then the reason.
};

/// Every published encoding that is known.
std::span<published_encoding const> published_encodings();

/// The encoding of a name; a `user_error` with near names where there is none.
published_encoding const& encoding_named(std::string_view name);

/// The architecture of a space that an encoding means. A `user_error` lists every misfit, every decision that the space
/// does not have, or not with that option, and every one that the encoding leaves open.
architecture architecture_of(decision_space const& space, encoded_architecture const& encoded,
                             std::string_view space_name);

} // namespace espalier::compiler::encodings
