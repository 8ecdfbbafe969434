#include "images.hpp"

#include <ATen/Parallel.h>

namespace espalier::runtime {

void for_each_part(std::int64_t parts, std::function<void(std::int64_t part)> const& work) {
  at::parallel_for(0, parts, 1, [&](std::int64_t first, std::int64_t last) {
    for (auto part = first; part < last; ++part)
      work(part);
  });
}

} // namespace espalier::runtime
