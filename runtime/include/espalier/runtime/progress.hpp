#pragma once

#include <cstdint>
#include <string>

namespace espalier::runtime {

/// What a long computation tells while it runs; the command draws a bar from it, tests ignore it.
class progress {
public:
  virtual ~progress() = default;
  /// A stage of `total` steps begins, `done` of which an earlier run has done.
  virtual void begin(std::string const& stage, std::int64_t total, std::int64_t done) = 0;
  /// One step is done; `status` is short, such as `loss 0.412  accuracy 0.861`.
  virtual void step(std::string const& status) = 0;
  /// The stage is over; `summary` stays on the screen.
  virtual void end(std::string const& summary) = 0;
};

/// Says nothing.
class silent_progress final : public progress {
public:
  void begin(std::string const&, std::int64_t, std::int64_t) override {}
  void step(std::string const&) override {}
  void end(std::string const&) override {}
};

} // namespace espalier::runtime
