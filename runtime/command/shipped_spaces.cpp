#include "shipped_spaces.hpp"

#include <spaces/all.hpp>

namespace espalier::command {

std::vector<shipped_space> const& shipped_spaces() {
  static std::vector<shipped_space> const all = [] {
    std::vector<shipped_space> named;
    for (auto const& [space, what] : spaces::all())
      named.push_back({space, std::string{what}});
    return named;
  }();
  return all;
}

} // namespace espalier::command
