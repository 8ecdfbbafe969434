#pragma once

#include <espalier/compiler/sample.hpp>
#include <espalier/runtime/search.hpp>

namespace espalier::runtime {

/// What a strategy works with. The training images are split in two halves: one trains weights, the other judges
/// architectures.
struct search_context {
  compiler::compiled_space const& space;
  dataset weights_data;
  dataset architecture_data;
  search_options const& options;
  compiler::constraint limit;
  run_folder& folder;
  progress& report;
};

/// The value of an option, or what the strategy does when nothing was asked for (0).
template <class Number>
Number or_default(Number asked, Number preset) {
  return asked == 0 ? preset : asked;
}

} // namespace espalier::runtime
