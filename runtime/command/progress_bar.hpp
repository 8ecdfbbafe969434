#pragma once

#include <espalier/runtime/progress.hpp>

#include <chrono>

namespace espalier::command {

/// Progress on standard error: on a terminal a bar with what the computation says and the time left, elsewhere a line
/// now and then.
class progress_bar final : public runtime::progress {
public:
  progress_bar();
  ~progress_bar() override;
  progress_bar(progress_bar const&) = delete;
  progress_bar& operator=(progress_bar const&) = delete;

  void begin(std::string const& stage, std::int64_t total, std::int64_t done) override;
  void step(std::string const& status) override;
  void end(std::string const& summary) override;

private:
  using clock = std::chrono::steady_clock;

  void show(std::string const& status);
  void draw(std::string const& status) const;
  [[nodiscard]] double share() const;
  [[nodiscard]] std::string time_left() const;

  bool on_terminal_;
  bool in_colour_;
  bool is_drawn_ = false;
  std::string stage_;
  std::int64_t total_ = 0;
  std::int64_t done_ = 0;
  std::int64_t done_before_ = 0; // by an earlier run
  clock::time_point begun_;
  clock::time_point shown_;
};

} // namespace espalier::command
