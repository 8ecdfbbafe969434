#pragma once

#include <espalier/compiler/sample.hpp>

#include <cstddef>
#include <set>
#include <vector>

namespace espalier::runtime {

/// Architectures that evolution proposes one by one: all within a limit, and none twice, in whatever generation.
class generation {
public:
  explicit generation(compiler::constraint limit);

  /// Whether each has been proposed, so that the next generation is due.
  [[nodiscard]] bool is_spent() const { return next_ == members_.size(); }
  /// Whether there was none before.
  [[nodiscard]] bool is_first() const { return visited_.empty(); }
  [[nodiscard]] std::size_t size() const { return members_.size(); }

  compiler::architecture const& next() { return members_[next_++]; }
  void clear();
  /// Unless it is beyond the limit, or was there before.
  void add(compiler::architecture a);
  /// Adds what `make` makes, until there are so many or it was called so often.
  template <class Make>
  void fill(std::size_t until, std::size_t tries, Make make) {
    while (size() < until && tries-- > 0)
      add(make());
  }
  /// The same with random architectures; `nothing_left` where there is none at all in the end.
  void fill_up(std::size_t until, std::size_t tries, compiler::decision_space const& space,
               compiler::random_generator& random);

private:
  compiler::constraint limit_;
  std::vector<compiler::architecture> members_;
  std::size_t next_ = 0;
  std::set<compiler::architecture> visited_;
};

/// The architectures of the best scores, of equal ones the earlier.
class elite {
public:
  explicit elite(std::size_t most) : most_(most) {}

  void observe(compiler::architecture const& a, double score);
  [[nodiscard]] bool is_empty() const { return best_.empty(); }
  [[nodiscard]] compiler::architecture const& random_member(compiler::random_generator& random) const;

private:
  struct individual {
    compiler::architecture a;
    double score;
  };

  std::size_t most_;
  std::vector<individual> best_; // best first
};

} // namespace espalier::runtime
