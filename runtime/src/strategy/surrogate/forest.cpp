#include "forest.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace espalier::runtime {

namespace {

// The features of every known architecture, one list behind another.
class feature_lists {
public:
  explicit feature_lists(std::span<feature_set const> sets) {
    for (auto const& set : sets) {
      set.for_each([&](std::size_t f) { features_.push_back(static_cast<std::uint32_t>(f)); });
      ends_.push_back(features_.size());
    }
    count_ = features_.empty() ? 0 : *std::ranges::max_element(features_) + std::size_t{1};
  }

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::span<std::uint32_t const> operator[](std::size_t i) const {
    auto const begin = i == 0 ? 0 : ends_[i - 1];
    return {features_.data() + begin, ends_[i] - begin};
  }

private:
  std::vector<std::uint32_t> features_;
  std::vector<std::size_t> ends_;
  std::size_t count_ = 0;
};

} // namespace

// Grows the trees of one fit.
class forest::growth {
public:
  growth(std::span<feature_set const> known, std::span<double const> scores, parameters const& numbers,
         compiler::random_generator& random)
      : known_(known), scores_(scores), numbers_(numbers), random_(random), lists_(known), with_(lists_.count()),
        rows_(known.size()) {}

  std::vector<node> tree() {
    for (auto& row : rows_)
      row = random_.below(static_cast<std::uint32_t>(known_.size()));
    nodes_.assign(1, {});
    split(0, rows_);
    return std::move(nodes_);
  }

private:
  struct sum {
    double scores = 0;
    std::size_t count = 0;
  };

  void split(std::size_t at, std::span<std::uint32_t> rows) {
    auto const count = static_cast<double>(rows.size());
    double total = 0;
    double squares = 0;
    for (auto const row : rows) {
      total += scores_[row];
      squares += scores_[row] * scores_[row];
    }
    auto const mean = total / count;
    auto const variance = std::max(squares / count - mean * mean, 0.0);
    nodes_[at].scores = {mean, variance};
    auto const feature = variance > 0 && rows.size() >= 2 * numbers_.least ? best_feature(rows, total) : -1;
    if (feature < 0)
      return;
    auto const lacks = [&](std::uint32_t row) { return !known_[row].contains(static_cast<std::size_t>(feature)); };
    auto const with = std::ranges::partition(rows, lacks);
    auto const without = rows.size() - with.size();
    nodes_[at].feature = feature;
    auto const children = nodes_[at].children = nodes_.size();
    nodes_.resize(children + 2);
    split(children, rows.first(without));
    split(children + 1, rows.subspan(without));
  }

  // That by which the squared error falls most, or -1. With the sums s of n scores on either side, it falls most where
  // the sum of s * s / n is greatest.
  int best_feature(std::span<std::uint32_t const> rows, double total) {
    std::ranges::fill(with_, sum{});
    for (auto const row : rows)
      for (auto const f : lists_[row]) {
        with_[f].scores += scores_[row];
        ++with_[f].count;
      }
    int best = -1;
    auto most = total * total / static_cast<double>(rows.size()) * (1 + 1e-12);
    for (std::size_t f = 0; f < with_.size(); ++f) {
      auto const& [scores, count] = with_[f];
      auto const others = rows.size() - count;
      if (count < numbers_.least || others < numbers_.least || random_.uniform() >= numbers_.features)
        continue;
      auto const gain = scores * scores / static_cast<double>(count) +
                        (total - scores) * (total - scores) / static_cast<double>(others);
      if (gain > most) {
        most = gain;
        best = static_cast<int>(f);
      }
    }
    return best;
  }

  std::span<feature_set const> known_;
  std::span<double const> scores_;
  parameters const& numbers_;
  compiler::random_generator& random_;
  feature_lists lists_;
  std::vector<sum> with_;           // by feature: of the rows that have it
  std::vector<std::uint32_t> rows_; // of the bootstrap sample
  std::vector<node> nodes_;
};

void forest::fit(std::span<feature_set const> known, std::span<double const> scores) {
  growth grown{known, scores, numbers_, random_};
  trees_.clear();
  for (int t = 0; t < numbers_.trees; ++t)
    trees_.push_back(grown.tree());
}

std::vector<prediction> forest::predict(std::span<feature_set const> asked) const {
  std::vector<prediction> predictions;
  for (auto const& features : asked) {
    double mean = 0;
    double squares = 0;
    double within = 0;
    for (std::size_t t = 0; t < trees_.size(); ++t) {
      auto const& l = leaf_of(t, features);
      mean += l.mean;
      squares += l.mean * l.mean;
      within += l.variance;
    }
    auto const trees = static_cast<double>(trees_.size());
    mean /= trees;
    predictions.push_back({mean, std::sqrt(within / trees + std::max(squares / trees - mean * mean, 0.0))});
  }
  return predictions;
}

std::vector<forest::leaf> forest::leaves(feature_set const& asked) const {
  std::vector<leaf> found;
  for (std::size_t t = 0; t < trees_.size(); ++t)
    found.push_back(leaf_of(t, asked));
  return found;
}

forest::leaf const& forest::leaf_of(std::size_t tree, feature_set const& asked) const {
  auto const& nodes = trees_[tree];
  auto const* at = &nodes.front();
  while (at->feature >= 0)
    at = &nodes[at->children + (asked.contains(static_cast<std::size_t>(at->feature)) ? 1 : 0)];
  return at->scores;
}

} // namespace espalier::runtime
