#include "run_study.hpp"

#include "../strategy/distinct_proposals.hpp"

#include <espalier/compiler/error.hpp>

#include <chrono>
#include <cmath>
#include <new>
#include <thread>

#include <fmt/format.h>

namespace espalier::runtime {

namespace {

// A strategy in step with the events of a study.
class replica {
public:
  replica(study& record, strategy& proposer, study_extent extent, progress& report)
      : study_(record), proposer_(proposer), distinct_(proposer), extent_(extent), report_(report) {
    catch_up();
    reported_ = finished_;
    report_.begin("architectures", extent_.trials, finished_);
  }

  // The next trial for this process; nothing when all are finished. While the last ones are evaluated elsewhere, it
  // waits, as their processes may die.
  std::optional<trial> next() {
    constexpr std::chrono::milliseconds pause{50};
    for (;; std::this_thread::sleep_for(pause)) {
      catch_up(); // first alone: others need not wait for a long history
      std::optional<trial> mine;
      study_.exclusively([&] {
        catch_up();
        mine = study_.take_over();
        if (!mine && proposed_ < extent_.trials && !is_exhausted_)
          mine = propose();
      });
      tell();
      if (mine || finished_ == proposed_)
        return mine;
    }
  }

  [[nodiscard]] study_result result() const {
    if (!best_)
      return {{}, -std::numeric_limits<double>::infinity(), seconds_};
    return {architecture_of(*best_, study_.space()), *best_->score, seconds_};
  }

private:
  void catch_up() {
    for (auto const& [place, is_proposal, of] : study_.events_after(seen_)) {
      if (is_proposal)
        replay_proposal(of);
      else
        replay_end(of);
      seen_ = place;
    }
  }

  // A strategy that had nothing left has gone beyond what is recorded, and is asked and told nothing any more.
  void replay_proposal(trial const& t) {
    ++proposed_;
    if (is_exhausted_)
      return;
    auto const a = asked();
    auto const now = a ? compiler::fingerprint(study_.space().decisions, *a) : "nothing";
    if (now != t.fingerprint)
      throw user_error(fmt::format("{}: trial {} is {}, this run would propose {}; give another output folder, or "
                                   "remove this one to start over",
                                   study_.file().string(), t.number, t.fingerprint, now));
  }

  void replay_end(trial const& t) {
    ++finished_;
    seconds_ += t.seconds;
    latest_ = t.score;
    if (!t.score)
      return;
    if (!best_ || *t.score > *best_->score)
      best_ = t;
    if (is_exhausted_)
      return;
    auto const a = architecture_of(t, study_.space());
    if (extent_.duplicates)
      proposer_.observe(a, *t.score);
    else
      distinct_.observe(a, *t.score);
  }

  std::optional<trial> propose() {
    auto const a = asked();
    is_exhausted_ = !a;
    if (!a)
      return {};
    auto const [place, is_proposal, mine] = study_.propose(*a, proposer_.parent());
    seen_ = place;
    ++proposed_;
    return mine;
  }

  std::optional<compiler::architecture> asked() try {
    return extent_.duplicates ? proposer_.propose() : distinct_.next();
  } catch (nothing_left const&) {
    return {};
  }

  void tell() {
    for (; reported_ < finished_; ++reported_)
      report_.step(latest_ ? fmt::format("accuracy {:.3f}  best {:.3f}", *latest_, *best_->score) : "failed");
  }

  study& study_;
  strategy& proposer_;
  distinct_proposals distinct_;
  study_extent extent_;
  progress& report_;
  std::int64_t seen_ = 0; // place of the last event that the strategy knows
  std::int64_t proposed_ = 0;
  std::int64_t finished_ = 0;
  std::int64_t reported_ = 0;
  bool is_exhausted_ = false;
  std::optional<trial> best_;
  std::optional<double> latest_; // score of the trial that ended last
  double seconds_ = 0;
};

} // namespace

study_result run_study(study& record, strategy& proposer,
                       std::function<double(compiler::architecture const&)> const& evaluate, study_extent extent,
                       progress& report) {
  replica shared{record, proposer, extent, report};
  while (auto const mine = shared.next()) {
    auto const a = architecture_of(*mine, record.space());
    auto const start = std::chrono::steady_clock::now();
    std::optional<double> score;
    try {
      score = evaluate(a);
    } catch (std::bad_alloc const&) { // then without a score
    }
    std::chrono::duration<double> const taken = std::chrono::steady_clock::now() - start;
    record.finish(mine->number, score && std::isfinite(*score) ? score : std::nullopt, taken.count());
  }
  auto result = shared.result();
  report.end(result.best ? fmt::format("best validation accuracy {:.4f}, {:.1f} s", result.score, result.seconds)
                         : "every trial failed");
  return result;
}

} // namespace espalier::runtime
