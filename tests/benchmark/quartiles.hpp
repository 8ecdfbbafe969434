#pragma once

#include <algorithm>
#include <vector>

/// Of what several runs measured.
struct quartiles {
  double low = 0;
  double median = 0;
  double high = 0;
};

inline quartiles quartiles_of(std::vector<double> all) {
  std::ranges::sort(all);
  auto const last = all.size() - 1;
  return {all[last / 4], all[all.size() / 2], all[last - last / 4]};
}
