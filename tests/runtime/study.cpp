#include "prelude.hpp"

#include "../../runtime/src/strategy/proposing.hpp"
#include "../../runtime/src/study/run_study.hpp"
#include "fixtures.hpp"
#include "spaces.hpp"

#include <espalier/runtime/threads.hpp>

#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <fstream>
#include <new>
#include <random>
#include <set>
#include <thread>

#include <fmt/format.h>

namespace {

using namespace espalier;
using compiler::architecture;
using compiler::compiled_space;
using runtime::run_study;
using runtime::study;
using runtime::study_extent;
using runtime::study_result;
using test::temporary_folder;
using test::user_error_of;
using progress = runtime::trial::progress;
using evaluator = std::function<double(architecture const&)>;

constexpr std::int64_t trials = 40;

compiled_space const& blocks() {
  static auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  return *space;
}

std::unique_ptr<runtime::strategy> proposer_of(runtime::make_strategy& make, compiled_space const& space = blocks(),
                                               std::uint64_t seed = 5) {
  return make({space, {&space.costs, {}, {}}, seed, 10, trials});
}

// Of which almost no two architectures have the same.
double worth(architecture const& a) {
  auto const cost = blocks().costs.of(a);
  return 1e6 / static_cast<double>(cost.macs) + 1e-6 * static_cast<double>(cost.params);
}

double never(architecture const&) {
  FAIL("it was evaluated before");
  return 0;
}

study_result run(std::filesystem::path const& file, runtime::strategy& proposer, evaluator const& evaluate,
                 study_extent extent = {trials}) {
  study record{file, blocks(), {{"strategy", "any"}}, 7};
  runtime::silent_progress silent;
  return run_study(record, proposer, evaluate, extent, silent);
}

study_result run(std::filesystem::path const& file, runtime::make_strategy& make, evaluator const& evaluate,
                 study_extent extent = {trials}) {
  return run(file, *proposer_of(make), evaluate, extent);
}

// All that a study holds but for what time it was, and in which order it happened.
std::vector<std::string> contents(std::filesystem::path const& file) {
  std::vector<std::string> lines;
  for (auto const& [place, is_proposal, t] : study{file, blocks(), {}, {}}.events_after(0))
    lines.push_back(fmt::format("{} {} trial {}: {} = {} {} {} {} {} {} {}", place, is_proposal, t.number, t.decisions,
                                t.fingerprint, spelled(t.state), t.score.value_or(-1), t.macs, t.params,
                                t.seed.value_or(0), t.parent.value_or(0)));
  return lines;
}

std::multiset<std::string> finished(std::filesystem::path const& file) {
  std::multiset<std::string> fingerprints;
  if (std::filesystem::exists(file))
    for (auto const& t : study{file, blocks(), {}, {}}.trials())
      if (t.state != progress::proposed)
        fingerprints.insert(t.fingerprint);
  return fingerprints;
}

// Notes in a file what is evaluated, which outlives the process, and takes some time.
class noting_evaluator {
public:
  noting_evaluator(std::filesystem::path const& notes, std::chrono::microseconds time) : notes_(notes), time_(time) {}
  double operator()(architecture const& a) const {
    std::ofstream{notes_, std::ios::app} << compiler::fingerprint(blocks().decisions, a) + "\n" << std::flush;
    std::this_thread::sleep_for(time_);
    return worth(a);
  }

private:
  std::filesystem::path notes_;
  std::chrono::microseconds time_;
};

std::multiset<std::string> lines_of(std::filesystem::path const& file) {
  std::multiset<std::string> lines;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);)
    lines.insert(line);
  return lines;
}

// A process that runs `body` and no more; its exit status is 0 unless that throws.
template <class Body>
pid_t begin_process(Body const& body) {
  pid_t const child = fork();
  if (child == 0) {
    try {
      body();
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  return child;
}

int status_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

// Runs a study in processes that are killed at random moments, until one of them comes to its end; returns the kills.
// Each may live longer than the one before, as it has more to replay.
int run_with_kills(runtime::make_strategy& make, temporary_folder const& folder, std::mt19937& random,
                   std::chrono::microseconds longest) {
  auto const file = folder / "killed.db";
  auto const notes = folder / "notes";
  for (int kills = 0;; ++kills) {
    std::uniform_int_distribution<std::int64_t> delay{0, longest.count()};
    longest += longest / 8;
    auto const before = finished(file);
    std::filesystem::remove(notes);
    auto const child = begin_process([&] { run(file, make, noting_evaluator{notes, std::chrono::microseconds{300}}); });
    std::this_thread::sleep_for(std::chrono::microseconds{delay(random)});
    kill(child, SIGKILL);
    auto const status = status_of(child);
    auto const after = finished(file);
    auto const evaluated = lines_of(notes);
    CHECK(std::ranges::includes(after, before)); // nothing is lost,
    for (auto const& fingerprint : evaluated)    // and nothing that was known is evaluated again
      CHECK(before.count(fingerprint) == 0);
    if (WIFEXITED(status)) {
      CHECK(WEXITSTATUS(status) == 0);
      return kills;
    }
  }
}

void check_kills(runtime::make_strategy& make, int wanted, unsigned seed) {
  temporary_folder const whole;
  auto const start = std::chrono::steady_clock::now();
  run(whole / "whole.db", make, noting_evaluator{whole / "notes", std::chrono::microseconds{300}});
  auto const taken = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  auto const expected = contents(whole / "whole.db");
  CHECK(expected.size() == 2 * trials);
  std::mt19937 random{seed};
  for (int kills = 0; kills < wanted;) {
    temporary_folder const folder;
    kills += run_with_kills(make, folder, random, taken / 3);
    CHECK(contents(folder / "killed.db") == expected);
  }
}

// The architectures of a list, over and over, which remembers what it is told.
class listed_proposals final : public runtime::strategy {
public:
  explicit listed_proposals(std::vector<architecture> list, std::size_t most = 1000)
      : list_(std::move(list)), most_(most) {}
  architecture propose() override {
    if (next_ == most_)
      throw runtime::nothing_left("nothing is left");
    return list_[next_++ % list_.size()];
  }
  void observe(architecture const& a, double score) override { told.emplace_back(a, score); }
  [[nodiscard]] architecture const* parent() const override { return next_ == 2 ? list_.data() : nullptr; }

  std::vector<std::pair<architecture, double>> told;

private:
  std::vector<architecture> list_;
  std::size_t most_;
  std::size_t next_ = 0;
};

std::vector<architecture> drawn(std::size_t count) {
  compiler::random_generator random{3};
  std::set<architecture> distinct;
  while (distinct.size() < count)
    distinct.insert(compiler::sample(blocks().decisions, random));
  return {distinct.begin(), distinct.end()};
}

} // namespace

TEST_CASE("a study that is killed at 200 random moments loses nothing, repeats nothing, and goes on the same way") {
  check_kills(runtime::make_aging_evolution, 200, 1);
}

TEST_CASE("a study of any strategy goes on the same way behind kills") {
  runtime::use_threads(1);
  auto* const make =
      GENERATE(runtime::make_random, runtime::make_random_choices, runtime::make_exhaustive, runtime::make_local_search,
               runtime::make_genetic, runtime::make_nsga2, runtime::make_reinforce, runtime::make_ppo,
               runtime::make_q_learning, runtime::make_bo_forest, runtime::make_bo_gp, runtime::make_bananas);
  check_kills(*make, 4, 2);
}

TEST_CASE("several processes share a study: no trial is missing, none is evaluated twice, and all see the same end") {
  auto const count = GENERATE(2, 3);
  temporary_folder const folder;
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i)
    children.push_back(begin_process([&, i] {
      auto const result = run(folder / "study.db", runtime::make_aging_evolution,
                              noting_evaluator{folder / "notes", std::chrono::milliseconds{20 + 5 * i}});
      test::write_bytes(folder / fmt::format("result{}", i),
                        fmt::format("{} {} {}", compiler::fingerprint(blocks().decisions, *result.best), result.score,
                                    result.seconds));
    }));
  for (auto const child : children)
    CHECK(status_of(child) == 0);
  auto const results = [&] {
    std::set<std::string> all;
    for (int i = 0; i < count; ++i)
      all.merge(std::set<std::string>{*lines_of(folder / fmt::format("result{}", i)).begin()});
    return all;
  }();
  CHECK(results.size() == 1);
  auto const evaluated = lines_of(folder / "notes");
  CHECK(evaluated.size() == trials);
  CHECK(evaluated == finished(folder / "study.db"));
  CHECK(std::set<std::string>{evaluated.begin(), evaluated.end()}.size() == trials);
  std::set<std::int64_t> workers;
  for (auto const& t : study{folder / "study.db", blocks(), {}, {}}.trials())
    workers.insert(t.worker);
  CHECK(workers.size() == static_cast<std::size_t>(count));

  // Another process makes the same proposals behind the same scores, and so has nothing to do.
  auto const again = run(folder / "study.db", runtime::make_aging_evolution, never);
  CHECK(again.score == std::stod(results.begin()->substr(17)));
}

TEST_CASE("the trial of a process that dies is taken over by one that shares its study") {
  temporary_folder const folder;
  auto const file = folder / "study.db";
  auto const stuck = begin_process([&] {
    run(file, runtime::make_random, [&](architecture const&) -> double {
      test::write_bytes(folder / "stuck", "");
      pause();
      return 0;
    });
  });
  while (!std::filesystem::exists(folder / "stuck"))
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  auto const other = begin_process([&] {
    run(file, runtime::make_random, noting_evaluator{folder / "notes", {}}, {10});
  });
  while (finished(file).size() < 9)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  std::this_thread::sleep_for(std::chrono::milliseconds{120}); // in which the other waits
  CHECK(finished(file).size() == 9);
  kill(stuck, SIGKILL);
  status_of(stuck);
  CHECK(status_of(other) == 0);
  CHECK(lines_of(folder / "notes") == finished(file));
  CHECK(finished(file).size() == 10);
}

TEST_CASE("an evaluation that gives no number or finds no memory fails its trial alone, and the strategy is not told") {
  temporary_folder const folder;
  auto const list = drawn(4);
  listed_proposals proposer{list};
  auto const result = run(folder / "study.db", proposer,
                          [&](architecture const& a) {
                            if (a == list[1])
                              throw std::bad_alloc{};
                            return a == list[2] ? std::nan("") : worth(a);
                          },
                          {4});
  CHECK((proposer.told ==
         std::vector<std::pair<architecture, double>>{{list[0], worth(list[0])}, {list[3], worth(list[3])}}));
  CHECK(result.score == std::max(worth(list[0]), worth(list[3])));
  auto const recorded = runtime::read_study(folder.path()).trials;
  REQUIRE(recorded.size() == 4);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(recorded[i].state == (i == 1 || i == 2 ? progress::failed : progress::complete));
  CHECK(recorded[1].parent == 1);
  CHECK_FALSE(recorded[0].parent);
  CHECK(recorded[0].seed == 7);
  CHECK(runtime::architecture_of(recorded[3], blocks()) == list[3]);
}

TEST_CASE("a mistake of the user stops a study, and its trial is evaluated when the study is resumed") {
  temporary_folder const folder;
  auto const list = drawn(3);
  listed_proposals first{list};
  CHECK(user_error_of([&] {
          run(folder / "study.db", first, [](architecture const&) -> double { throw user_error("no such file"); }, {3});
        }) == "no such file");
  listed_proposals second{list};
  std::vector<architecture> evaluated;
  run(folder / "study.db", second,
      [&](architecture const& a) {
        evaluated.push_back(a);
        return 1.0;
      },
      {3});
  CHECK((evaluated == list));
}

TEST_CASE("an architecture is evaluated once unless duplicates are asked for, and a study ends where nothing is left") {
  auto const list = drawn(3);
  auto const scores = [](architecture const&) { return 0.5; };
  {
    temporary_folder const folder;
    listed_proposals proposer{list};
    run(folder / "study.db", proposer, scores, {10});
    CHECK(finished(folder / "study.db").size() == 3);
    listed_proposals again{list};
    run(folder / "study.db", again, never, {10});
  }
  temporary_folder const folder;
  listed_proposals proposer{list, 7};
  run(folder / "study.db", proposer, scores, {10, true});
  CHECK(finished(folder / "study.db").size() == 7);
}

TEST_CASE("a study refuses another space, another strategy, and a file that is no study") {
  temporary_folder const folder;
  auto const file = folder / "study.db";
  run(file, runtime::make_random, worth, {5});
  auto const cells = test_spaces::compiled(test_spaces::cells.view());
  auto const foreign = user_error_of([&] { study{file, *cells, {}, {}}; });
  for (auto const& told : {blocks().fingerprint, cells->fingerprint, std::string{"small-cells"}})
    CHECK_THAT(foreign, Catch::Matchers::ContainsSubstring(told));
  auto const proposer = proposer_of(runtime::make_random, blocks(), 6);
  auto const other = user_error_of([&] { run(file, *proposer, worth, {5}); });
  CHECK_THAT(other, Catch::Matchers::ContainsSubstring("trial 1 is"));
  CHECK_THAT(other, Catch::Matchers::ContainsSubstring("this run would propose"));
  test::write_bytes(folder / "letter.db", "Dear reader, this is no study, but a letter of more than a hundred bytes, "
                                          "which SQLite has to read as the header of a file.");
  CHECK_THAT(user_error_of([&] {
               study{folder / "letter.db", *cells, {}, {}};
             }),
             Catch::Matchers::ContainsSubstring("it is no study"));
  CHECK_THAT(user_error_of([&] { runtime::read_study(folder / "letter.db"); }),
             Catch::Matchers::ContainsSubstring("it is no study"));
  CHECK_THAT(user_error_of([&] { runtime::read_study(folder / "nowhere"); }),
             Catch::Matchers::ContainsSubstring("there is no"));
}
