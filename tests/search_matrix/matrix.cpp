#include "matrix.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace search_matrix {

namespace {

struct known_reason {
  std::string_view name;
  std::string_view sign; // in each of its messages, and in no other
};

constexpr std::array reasons{
    known_reason{"own weights", "trains the weights that judge its architectures"},
    known_reason{"another table", "search nas-bench-201-cifar10 with the table"},
    known_reason{"no images", "train on a space that begins with image("},
    known_reason{"no classes", "end the space in linear("},
    known_reason{"decided sizes", "maps of several sizes have no weighted sum"},
    known_reason{"decided chain", "a weighted sum of chains has no sizes"},
    known_reason{"decided graph", "a weighted sum of graphs has no widths"},
    known_reason{"no nodes", "partial channels are for sums of choices"},
    known_reason{"decided numbers", "partial channels are for candidates of constant numbers"},
};

// Which strategies of a reading searched a space with an evaluator, and why others did not.
std::string cell(std::vector<outcome> const& of_space, std::string_view reading, evaluator by) {
  std::map<std::string, std::vector<std::string>> refused; // strategies by reason
  bool has_some = false;
  for (auto const& o : of_space)
    if (o.strategy.reading == reading && o.by == by) {
      if (o.refusal.empty())
        has_some = true;
      else
        refused[o.reason].push_back(o.strategy.name);
    }
  if (refused.empty())
    return "all";
  if (!has_some && refused.size() == 1)
    return fmt::format("none ({})", refused.begin()->first);
  std::vector<std::string> groups;
  for (auto const& [reason, names] : refused)
    groups.push_back(fmt::format("{} ({})", fmt::join(names, ", "), reason));
  return fmt::format("{} {}", has_some ? "all but" : "none:", fmt::join(groups, ", "));
}

} // namespace

std::string reason_of(std::string const& refusal) {
  if (refusal.empty())
    return {};
  auto const tells = [&](known_reason const& r) { return refusal.find(r.sign) != std::string::npos; };
  if (std::ranges::count_if(reasons, tells) != 1)
    throw std::runtime_error(fmt::format("a refusal of no known reason, or of several: {}", refusal));
  return std::string{std::ranges::find_if(reasons, tells)->name};
}

std::vector<std::string> matrix::header_of_spaces() {
  return {"| space | relax | sample | mutate, trained alone | mutate, by a supernet | mutate, by a table |",
          "|---|---|---|---|---|---|"};
}

std::string matrix::add(std::string const& space, std::vector<outcome> const& of_space) {
  outcomes_.insert(outcomes_.end(), of_space.begin(), of_space.end());
  using enum evaluator;
  return fmt::format("| {} | {} | {} | {} | {} | {} |", space, cell(of_space, "relax", training),
                     cell(of_space, "sample", training), cell(of_space, "mutate", training),
                     cell(of_space, "mutate", supernet), cell(of_space, "mutate", table));
}

std::vector<std::string> matrix::of_strategies() const {
  std::vector<std::string> lines{"| strategy | by training | by a supernet | by a table |", "|---|---|---|---|"};
  for (auto const& strategy : runtime::strategies()) {
    auto line = fmt::format("| `{}` |", strategy.name);
    for (auto const by : evaluators) {
      auto const searched = std::ranges::count_if(outcomes_, [&](outcome const& o) {
        return o.strategy.name == strategy.name && o.by == by && o.refusal.empty();
      });
      line += fmt::format(" {} |", searched);
    }
    lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> matrix::of_refusals() const {
  std::map<std::string, std::string> first; // message by reason
  for (auto const& o : outcomes_)
    if (!o.refusal.empty())
      first.emplace(o.reason, o.refusal);
  std::vector<std::string> lines;
  for (auto const& [reason, message] : first)
    lines.push_back(fmt::format("- {}: `{}`", reason, message));
  return lines;
}

} // namespace search_matrix
