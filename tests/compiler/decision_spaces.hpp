#pragma once

#include <espalier/compiler/architecture.hpp>

#include <string>
#include <vector>

/// Small spaces made of decisions alone, and everything in them.
namespace decision_spaces {

using namespace espalier::compiler;

inline decision choice(std::string path, std::size_t options, int parent = -1, std::uint64_t parent_options = 0) {
  decision d;
  d.path = std::move(path);
  for (std::size_t o = 0; o < options; ++o)
    d.options.push_back("o" + std::to_string(o));
  d.parent = parent;
  d.parent_options = parent_options;
  return d;
}

inline decision subset(std::string path, std::size_t options, int least, int most, int parent = -1,
                       std::uint64_t parent_options = 0) {
  auto d = choice(std::move(path), options, parent, parent_options);
  d.type = decision::kind::subset;
  d.least = least;
  d.most = most;
  return d;
}

/// Subsets of several sizes, decisions that hang on decisions that hang on decisions, on several options of one, and
/// two constraints that share a decision.
inline decision_space tangled() {
  std::vector<decision> decisions{
      choice("depth", 3),
      choice("second", 3, 0, 0b110),
      subset("edges", 4, 1, 3, 0, 0b100),
      choice("op0", 2, 2, 0b0001),
      choice("op12", 3, 2, 0b0110),
      choice("deep", 2, 4, 0b101),
      choice("width", 3),
      choice("heads", 3),
      choice("groups", 2),
      choice("below_heads", 2, 7, 0b100),
  };
  std::vector<constraint_group> const groups{{{6, 7}, {{0, 0}, {1, 0}, {1, 1}, {2, 2}, {2, 0}}},
                                             {{8, 7}, {{0, 0}, {1, 0}, {1, 1}, {0, 2}}}};
  return decision_space{std::move(decisions), groups};
}

/// Every architecture, by trying all values of all decisions.
inline std::vector<architecture> all_of(decision_space const& space) {
  std::vector<architecture> found;
  architecture a{std::vector<std::uint32_t>(space.size())};
  auto const values = [&](std::size_t i) {
    return space[i].type == decision::kind::choice ? space[i].options.size()
                                                   : std::size_t{1} << space[i].options.size();
  };
  for (;;) {
    if (faults(space, a).empty())
      found.push_back(a);
    std::size_t i = 0;
    while (i < space.size() && ++a.values[i] == values(i))
      a.values[i++] = 0;
    if (i == space.size())
      return found;
  }
}

} // namespace decision_spaces
