#include <espalier/compiler/nearest.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

namespace espalier::compiler {
namespace {

constexpr std::size_t most_suggestions = 3;
constexpr std::size_t shortest_fragment = 3;

/// Letters in lower case and '_' as '-', so that spelling habits cost nothing.
std::string folded(std::string_view text) {
  std::string result{text};
  for (char& c : result)
    c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// Insertions, deletions, replacements and swaps of neighbours between two texts (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last = std::exchange(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

} // namespace

std::string suggest(std::string_view given, std::span<const std::string> known) {
  if (known.empty())
    return {};
  std::string const wanted = folded(given);
  std::size_t const tolerance = std::max<std::size_t>(1, wanted.size() / 3);
  std::vector<std::pair<std::size_t, std::size_t>> near; // distance, index into known
  for (std::size_t i = 0; i < known.size(); ++i) {
    std::string const candidate = folded(known[i]);
    std::size_t const distance = edit_distance(wanted, candidate);
    if (distance <= tolerance && distance < candidate.size())
      near.emplace_back(distance, i);
    else if (wanted.size() >= shortest_fragment && candidate.find(wanted) != std::string::npos)
      near.emplace_back(tolerance + 1, i);
  }
  if (near.empty())
    return fmt::format(" (known: {})", fmt::join(known, ", "));
  std::sort(near.begin(), near.end());
  near.resize(std::min(near.size(), most_suggestions));
  std::string names;
  for (std::size_t i = 0; i < near.size(); ++i)
    names += fmt::format("{}'{}'", i == 0 ? "" : i + 1 == near.size() ? " or " : ", ", known[near[i].second]);
  return fmt::format(" (did you mean {}?)", names);
}

} // namespace espalier::compiler
