#pragma once

#include "../search_context.hpp"

namespace espalier::runtime {

/// Scores an architecture by training it alone for a few epochs on one half of the images and testing it on the other.
class stand_alone_evaluator {
public:
  stand_alone_evaluator(search_context const& context, std::int64_t epochs) : context_(context), epochs_(epochs) {}

  double operator()(compiler::architecture const& a) const;

private:
  search_context const& context_;
  std::int64_t epochs_;
};

} // namespace espalier::runtime
