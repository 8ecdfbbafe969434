// Runs every strategy with every evaluator on shipped spaces, each for a few steps, and writes in Markdown what ran and
// what was refused: search_matrix [--check FILE] SPACE..., or all for every space. With --check, each line must be in
// the file. Without arguments, lists the spaces.

#include <torch/torch.h>

#include "matrix.hpp"

#include <espalier/compiler/lower.hpp>
#include <espalier/runtime/threads.hpp>
#include <spaces/all.hpp>

#include <sys/resource.h>

#include <algorithm>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

namespace {

using namespace search_matrix;

std::string name_of(spaces::listed_space const& listed) {
  return compiler::lower(listed.space).name;
}

// The spaces of these names, in the order in which they are shipped.
std::vector<spaces::listed_space> chosen(std::set<std::string> names) {
  if (names.erase("all") > 0)
    return spaces::all();
  std::vector<spaces::listed_space> found;
  std::ranges::copy_if(spaces::all(), std::back_inserter(found),
                       [&](auto const& listed) { return names.erase(name_of(listed)) > 0; });
  if (!names.empty())
    throw std::runtime_error("there is no space " + *names.begin());
  return found;
}

// What does not go together with a message of its own is an outcome; anything else is said, and none.
std::vector<outcome> outcomes_of(searched_space const& space) {
  std::vector<outcome> outcomes;
  for (auto const by : evaluators) {
    auto const scores = space.scores_by(by);
    for (auto const& strategy : runtime::strategies())
      try {
        auto const refusal = space.search(strategy, scores);
        outcomes.push_back({strategy, by, refusal, reason_of(refusal)});
      } catch (std::exception const& error) {
        fmt::print(stderr, "FAILED: {} on {}, scores by {}: {}\n", strategy.name, space.name(), spelled(by),
                   error.what());
      }
  }
  return outcomes;
}

// On standard error: the processor's time of one space, and the most memory until now.
void tell_resources(std::string const& space, std::clock_t start) {
  auto const seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  fmt::print(stderr, "{}: {:.0f} s, at most {} MiB until here\n", space, seconds, used.ru_maxrss / 1024);
}

// Whether each line is in the file; says which are not.
bool are_in(std::string const& file, std::vector<std::string> const& lines) {
  std::set<std::string> known;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);)
    known.insert(line);
  auto const is_known = [&](std::string const& line) {
    if (!known.contains(line))
      fmt::print(stderr, "not in {}: {}\n", file, line);
    return known.contains(line);
  };
  return std::ranges::count_if(lines, is_known) == std::ssize(lines);
}

bool run(std::vector<spaces::listed_space> const& spaces, std::string const& expected) {
  matrix made;
  std::vector<std::string> lines;
  auto const tell = [&](std::vector<std::string> const& more) {
    for (auto const& line : more)
      fmt::print("{}\n", line);
    std::fflush(stdout);
    lines.insert(lines.end(), more.begin(), more.end());
  };
  bool is_complete = true;
  tell(matrix::header_of_spaces());
  for (auto const& listed : spaces) {
    auto const start = std::clock();
    auto const name = name_of(listed);
    auto const outcomes = outcomes_of(searched_space{listed.space});
    is_complete &= outcomes.size() == runtime::strategies().size() * evaluators.size();
    tell({made.add(name, outcomes)});
    tell_resources(name, start);
  }
  if (spaces.size() == spaces::all().size()) {
    fmt::print("\nWhy not, with the first message of each reason:\n\n");
    tell(made.of_refusals());
    fmt::print("\nHow many of the {} spaces each strategy searched:\n\n", spaces.size());
    tell(made.of_strategies());
  }
  return is_complete && (expected.empty() || are_in(expected, lines));
}

} // namespace

int main(int count, char** values) {
  setenv("ESPALIER_KERNELS", "0", 0); // compiling them for each space would take longer than its few steps
  try {
    std::vector<std::string> arguments(values + 1, values + count);
    std::string expected;
    if (arguments.size() > 1 && arguments.front() == "--check") {
      expected = arguments[1];
      arguments.erase(arguments.begin(), arguments.begin() + 2);
    }
    if (arguments.empty() && expected.empty()) {
      for (auto const& listed : spaces::all())
        fmt::print("{}\n", name_of(listed));
      return 0;
    }
    if (arguments.empty())
      throw std::runtime_error("no space to search; give names, or all");
    runtime::use_threads(1);
    return run(chosen({arguments.begin(), arguments.end()}), expected) ? 0 : 1;
  } catch (std::exception const& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
