#pragma once

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/dsl/space_view.hpp>
#include <espalier/runtime/dataset.hpp>
#include <espalier/runtime/network.hpp>
#include <espalier/runtime/search.hpp>

#include "runtime/fixtures.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace search_matrix {

namespace compiler = espalier::compiler;
namespace runtime = espalier::runtime;

/// What scores the architectures of a search: the training of each alone, or the strategy's own supernet; a supernet
/// that an earlier search left; a table.
enum class evaluator : std::uint8_t { training, supernet, table };

inline constexpr std::array evaluators{evaluator::training, evaluator::supernet, evaluator::table};

/// `training`, `supernet` or `table`.
char const* spelled(evaluator by);

/// Where the scores of a search come from, or why there are none.
struct offered_scores {
  std::string refusal;
  std::optional<runtime::score_source> source = {}; ///< Of `training` none.
};

/// A space with what searches of it need. Runs of equal cells are one cell each, which leaves the decisions as they
/// are.
class searched_space {
public:
  explicit searched_space(espalier::dsl::space_view declared);

  [[nodiscard]] std::string const& name() const { return space_.structured.name; }

  /// Of a supernet of random weights, or a table of random scores of NAS-Bench-201.
  [[nodiscard]] offered_scores scores_by(evaluator by) const;

  /// Runs a search of a few steps on random images. Empty where it ran, or the message of the `user_error` that it
  /// began and ended with. A `std::runtime_error` where it failed later, or left something else than a search does.
  [[nodiscard]] std::string search(runtime::strategy_description const& strategy, offered_scores const& scores) const;

private:
  [[nodiscard]] runtime::score_source scores_of_supernet() const;
  [[nodiscard]] runtime::score_source scores_of_table() const;
  void require_sound(runtime::strategy_description const& strategy, runtime::search_options const& options,
                     runtime::search_result const& found, espalier::test::temporary_folder const& folder) const;

  compiler::compiled_space space_;
  runtime::train_test data_;
};

} // namespace search_matrix
