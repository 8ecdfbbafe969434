#include "shipped_spaces.hpp"

#include <spaces/darts.hpp>
#include <spaces/fashion.hpp>

namespace espalier::command {

std::vector<shipped_space> const& shipped_spaces() {
  static std::vector<shipped_space> const all{
      {spaces::fashion::cells.view(), "three DARTS-like cells of three nodes for 28x28 images, sized for 2 cores"},
      {spaces::fashion::blocks.view(),
       "SPOS-like: eight layers, each one of four blocks or left out (Guo et al., ECCV 2020)"},
      {spaces::darts::search.view(),
       "the 8 cells of 16 channels that DARTS searches on CIFAR-10 (Liu et al., ICLR 2019)"},
      {spaces::darts::cifar10.view(), "the 20 cells of 36 channels that DARTS trains on CIFAR-10"},
  };
  return all;
}

} // namespace espalier::command
