// table_search [--table FILE] [--accuracy COLUMN] [--only NAME,NAME] [--seeds N] [--queries N] [--processes N]
// [--out FOLDER]: how far strategies get on NAS-Bench-201, where a table answers every query (by default the file that
// $ESPALIER_TABLE names; its format is score_table's): percent points that the best architecture asked for is behind
// the best of all (by default of cifar10), beside random search with the same seeds; and NSGA-II beside random search,
// for accuracy and latency on two devices. --out writes curves with 95 % bands as CSV and SVG. By default 200 seeds ask
// for 1,000 architectures each, in two processes: less than five minutes. The last line is the figure to watch: how
// many strategies are ahead of random search both at 150 and at 500 queries (sign test over the seeds, p < 0.01).

#include "searches.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/nearest.hpp>
#include <espalier/runtime/threads.hpp>

#include <spaces/nas_bench_201.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>

#include <fmt/format.h>

namespace {

using namespace espalier;
using benchmark::contest;
using benchmark::contestant;

struct entry {
  std::string name;
  runtime::make_strategy* make;
};

// Each with its own defaults.
std::vector<entry> const& strategies() {
  static std::vector<entry> const all{
      {"random", runtime::make_random},         {"local-search", runtime::make_local_search},
      {"genetic", runtime::make_genetic},       {"aging-evolution", runtime::make_aging_evolution},
      {"reinforce", runtime::make_reinforce},   {"ppo", runtime::make_ppo},
      {"q-learning", runtime::make_q_learning}, {"bo-forest", runtime::make_bo_forest},
      {"bo-gp", runtime::make_bo_gp},           {"bananas", runtime::make_bananas},
  };
  return all;
}

struct options {
  std::string table;
  std::string accuracy = "cifar10"; // a column of the table
  std::vector<std::string> only;
  benchmark::contest_size size;
  std::string folder;
};

options parse(std::vector<std::string> const& words) {
  auto const* const from_environment = std::getenv("ESPALIER_TABLE");
  options found;
  if (from_environment != nullptr)
    found.table = from_environment;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    auto const value = i + 1 < words.size() ? words[i + 1] : "";
    if (words[i] == "--table") {
      found.table = value;
    } else if (words[i] == "--accuracy") {
      found.accuracy = value;
    } else if (words[i] == "--only") {
      std::istringstream names{value};
      for (std::string name; std::getline(names, name, ',');)
        found.only.push_back(name);
    } else if (words[i] == "--seeds") {
      found.size.seeds = std::stoul(value);
    } else if (words[i] == "--queries") {
      found.size.queries = std::stoul(value);
    } else if (words[i] == "--processes") {
      found.size.processes = std::stoul(value);
    } else if (words[i] == "--out") {
      found.folder = value;
    } else {
      throw user_error(fmt::format("there is no option '{}'; see the first lines of table_search.cpp", words[i]));
    }
  }
  if (found.table.empty())
    throw user_error("no table: say --table FILE or set ESPALIER_TABLE");
  return found;
}

// Random search, with which the others are compared, and those that are asked for.
std::vector<contestant> searches_of_regret(benchmark::table_search const& of, std::vector<std::string> const& only) {
  std::vector<std::string> known;
  std::ranges::transform(strategies(), std::back_inserter(known), &entry::name);
  for (auto const& name : only)
    if (std::ranges::find(known, name) == known.end())
      throw user_error(fmt::format("there is no strategy '{}'{}", name, compiler::suggest(name, known)));
  std::vector<contestant> found;
  for (auto const& [name, make] : strategies())
    if (found.empty() || only.empty() || std::ranges::find(only, name) != only.end())
      found.push_back(benchmark::search_of(of, name, make));
  return found;
}

} // namespace

int main(int count, char** arguments) try {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  auto const asked = parse({arguments + 1, arguments + count});
  auto const begin = std::chrono::steady_clock::now();
  runtime::use_threads(1);
  compiler::compiled_space const space{compiler::lower(spaces::nas_bench_201::cifar10.view())};
  runtime::score_table const table{asked.table, space.decisions, asked.accuracy};
  benchmark::table_search const of{space, table};

  contest const regrets{searches_of_regret(of, asked.only), asked.size, {50, 150, 500, 1000}, {150, 500}};
  std::chrono::duration<double> const taken = std::chrono::steady_clock::now() - begin;
  regrets.print("percent points behind the best accuracy");
  fmt::print("\n{:.1f} s in {} processes\n\n", taken.count(), asked.size.processes);

  contest const fronts{
      benchmark::searches_of_fronts(of, {"raspi4", "fpga"}), asked.size, {100, 300, 1000}, {100, 300, 1000}};
  fronts.print("percent of the exact front's hypervolume that is lacking");
  if (!asked.folder.empty()) {
    regrets.write(asked.folder + "/table_search", fmt::format("NAS-Bench-201, {}", asked.accuracy),
                  "percent points behind the best");
    fronts.write(asked.folder + "/table_fronts", "NAS-Bench-201, accuracy and latency",
                 "percent of the hypervolume lacking");
  }
  fmt::print("\nheadline table_search {} strategies\n", regrets.winners());
} catch (std::exception const& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 2;
}
