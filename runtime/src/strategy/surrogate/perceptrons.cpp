#include "perceptrons.hpp"

#include <cmath>

namespace espalier::runtime {

perceptrons::perceptrons(std::size_t features, std::uint64_t seed, parameters numbers)
    : numbers_(numbers), random_(seed) {
  for (int n = 0; n < numbers_.networks; ++n)
    networks_.emplace_back(features, numbers_.units, random_);
}

void perceptrons::fit(std::span<feature_set const> known, std::span<double const> scores) {
  standard_ = standardization::of(scores);
  std::vector<feature_set const*> batch(numbers_.batch);
  Eigen::RowVectorXf targets(static_cast<Eigen::Index>(numbers_.batch));
  for (int s = 0; s < numbers_.steps; ++s)
    for (auto& network : networks_) {
      for (std::size_t i = 0; i < batch.size(); ++i) {
        auto const row = random_.below(static_cast<std::uint32_t>(known.size()));
        batch[i] = &known[row];
        targets[static_cast<Eigen::Index>(i)] = static_cast<float>(standard_(scores[row]));
      }
      auto const made = network.forward(batch);
      network.backward(batch, made, (made.output - targets).cwiseSign() / static_cast<float>(batch.size()));
      network.descend(numbers_.rate);
    }
}

std::vector<prediction> perceptrons::predict(std::span<feature_set const> asked) const {
  std::vector<feature_set const*> batch;
  for (auto const& features : asked)
    batch.push_back(&features);
  Eigen::ArrayXXd outputs(static_cast<Eigen::Index>(networks_.size()), static_cast<Eigen::Index>(asked.size()));
  for (std::size_t n = 0; n < networks_.size(); ++n)
    outputs.row(static_cast<Eigen::Index>(n)) = networks_[n].forward(batch).output.cast<double>().array();
  Eigen::ArrayXXd const differences = outputs.rowwise() - outputs.colwise().mean();
  std::vector<prediction> predictions;
  for (Eigen::Index i = 0; i < outputs.cols(); ++i)
    predictions.push_back({standard_.mean + standard_.deviation * outputs.col(i).mean(),
                           standard_.deviation * std::sqrt(differences.col(i).square().mean())});
  return predictions;
}

} // namespace espalier::runtime
