#include "gaussian_process.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include <Eigen/Cholesky>

namespace espalier::runtime {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// [known, asked]
MatrixXd distances(std::span<feature_set const> known, std::span<feature_set const> asked) {
  MatrixXd between(static_cast<Index>(known.size()), static_cast<Index>(asked.size()));
  for (std::size_t j = 0; j < asked.size(); ++j)
    for (std::size_t i = 0; i < known.size(); ++i)
      between(static_cast<Index>(i), static_cast<Index>(j)) = static_cast<double>(known[i].distance(asked[j]));
  return between;
}

} // namespace

void gaussian_process::fit(std::span<feature_set const> known, std::span<double const> scores) {
  known_.insert(known_.end(), known.begin() + static_cast<std::ptrdiff_t>(read_), known.end());
  scores_.insert(scores_.end(), scores.begin() + static_cast<std::ptrdiff_t>(read_), scores.end());
  read_ = known.size();
  if (known_.size() > numbers_.most)
    forget();
  standard_ = standardization::of(scores_);
  VectorXd targets(static_cast<Index>(scores_.size()));
  std::ranges::transform(scores_, targets.data(), standard_);

  if (read_ >= tune_at_ && tune_at_ <= numbers_.most_tuned) {
    tune(targets);
    tune_at_ = 2 * read_;
  }
  factorize();
  auto const size = static_cast<Index>(known_.size());
  auto const lower = factor_.topLeftCorner(size, size).triangularView<Eigen::Lower>();
  VectorXd const whitened = lower.solve(targets);
  weights_ = lower.transpose().solve(whitened);
  amplitude_ = std::sqrt(whitened.squaredNorm() / static_cast<double>(size));
}

std::vector<prediction> gaussian_process::predict(std::span<feature_set const> asked) const {
  auto between = covariance(known_, asked);
  VectorXd const means = between.transpose() * weights_;
  auto const size = static_cast<Index>(known_.size());
  factor_.topLeftCorner(size, size).triangularView<Eigen::Lower>().solveInPlace(between);
  VectorXd const explained = between.colwise().squaredNorm();
  std::vector<prediction> predictions;
  for (Index i = 0; i < means.size(); ++i)
    predictions.push_back({standard_.mean + standard_.deviation * means[i],
                           standard_.deviation * amplitude_ * std::sqrt(std::max(1 - explained[i], 0.0))});
  return predictions;
}

// The better three quarters of `most` stay, of equal scores the later, in their order.
void gaussian_process::forget() {
  std::vector<std::size_t> kept(scores_.size());
  std::iota(kept.begin(), kept.end(), 0U);
  auto const end = kept.begin() + static_cast<std::ptrdiff_t>(numbers_.most * 3 / 4);
  std::ranges::nth_element(kept, end, std::greater{}, [&](std::size_t i) { return std::pair{scores_[i], i}; });
  kept.erase(end, kept.end());
  std::ranges::sort(kept);
  for (std::size_t k = 0; k < kept.size(); ++k) {
    known_[k] = known_[kept[k]];
    scores_[k] = scores_[kept[k]];
  }
  known_.erase(known_.begin() + static_cast<std::ptrdiff_t>(kept.size()), known_.end());
  scores_.resize(kept.size());
  factorized_ = 0;
}

// Of the greatest marginal likelihood (Rasmussen and Williams, equation 5.8), but for what does not depend on them; the
// variance of the signal that maximizes it is the mean square of the whitened targets.
void gaussian_process::tune(Eigen::VectorXd const& targets) {
  auto const count = std::min(known_.size(), numbers_.most_tuned);
  auto const first = std::span{known_}.first(count);
  auto const between = distances(first, first);
  auto const size = static_cast<Index>(count);
  constexpr auto least = std::numeric_limits<double>::min(); // where all scores are equal
  auto best = -std::numeric_limits<double>::infinity();
  for (auto const length : numbers_.lengths) {
    MatrixXd const covariances = (between.array() / -length).exp();
    for (auto const noise : numbers_.noises) {
      Eigen::LLT<MatrixXd> const factor{covariances + noise * MatrixXd::Identity(size, size)};
      auto const lower = factor.matrixL();
      auto const variance = std::max(lower.solve(targets.head(size)).squaredNorm() / static_cast<double>(count), least);
      auto const likelihood =
          -static_cast<double>(count) / 2 * std::log(variance) - factor.matrixLLT().diagonal().array().log().sum();
      if (likelihood > best) {
        best = likelihood;
        length_ = length;
        noise_ = noise;
      }
    }
  }
  factorized_ = 0;
}

// Appends the rows that are missing: of the block matrix [A B; B' C], with the factor L of A, those are (inv(L) B)' and
// the factor of what B does not explain of C.
void gaussian_process::factorize() {
  auto const old = static_cast<Index>(factorized_);
  auto const size = static_cast<Index>(known_.size());
  auto const added = size - old;
  if (size > factor_.rows())
    factor_.conservativeResize(2 * size, 2 * size);
  auto const news = std::span{known_}.subspan(factorized_);
  MatrixXd unexplained = covariance(news, news) + noise_ * MatrixXd::Identity(added, added);
  if (old > 0) {
    auto rows = covariance(std::span{known_}.first(factorized_), news);
    factor_.topLeftCorner(old, old).triangularView<Eigen::Lower>().solveInPlace(rows);
    unexplained -= rows.transpose() * rows;
    factor_.block(old, 0, added, old) = rows.transpose();
  }
  factor_.block(old, old, added, added) = unexplained.llt().matrixL();
  factorized_ = known_.size();
}

Eigen::MatrixXd gaussian_process::covariance(std::span<feature_set const> known,
                                             std::span<feature_set const> asked) const {
  return (distances(known, asked).array() / -length_).exp();
}

} // namespace espalier::runtime
