#pragma once

#include <espalier/compiler/compiled_space.hpp>
#include <espalier/runtime/batches.hpp>
#include <espalier/runtime/network.hpp>
#include <espalier/runtime/progress.hpp>
#include <espalier/runtime/run_folder.hpp>
#include <espalier/runtime/search.hpp>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

/// \file
/// What is done with a supernet once it is trained: paths of it are judged, selected within limits, and extracted.

namespace espalier::runtime {

/// The images on which the statistics of a path are measured before the path is tested or emitted: a twentieth of the
/// training images, always the same ones.
batches calibration_images(dataset const& training);

/// One path of a supernet as a network of its own, with the path's weights and the statistics of all paths. The path is
/// specialized from the supernet's graph.
std::shared_ptr<network> extract_path(network const& supernet, compiler::graph const& path);

/// The accuracy of an extracted path with statistics of its own, measured on these images.
double recalibrated_accuracy(network const& supernet, compiler::graph const& path, batches const& calibration,
                             dataset const& judged, normalization const& norm);

/// How good a path of a supernet is; more is better.
using path_judge = std::function<double(compiler::architecture const&)>;

/// The accuracy of paths on images that trained no weights: the half of the training images that judged architectures
/// in the search that trained the supernet, by the images and the seed that this was told. Measures the statistics of
/// each path anew. The supernet must outlive it.
path_judge validation_judge(network& supernet, dataset const& training, search_options const& trained);

/// A path and how good it was judged to be.
struct judged_path {
  compiler::architecture a;
  double accuracy = 0;

  bool operator==(judged_path const&) const = default;
};

class study;

/// Selects paths of one supernet. No path is judged twice, for however many limits: each result is written to the study
/// of the folder at once, and an interrupted selection goes on with what it left there.
class path_selector {
public:
  /// The space, the folder and what is reported to must outlive it.
  path_selector(compiler::compiled_space const& space, path_judge judge, run_folder const& folder, progress& report);
  ~path_selector();

  /// The best path within the limits of the options that the constrained evolution of SPOS finds (Guo et al., ECCV
  /// 2020, algorithm 1) in so many trials, 20 generations where no number is given. It stops where no path is left; a
  /// `user_error` says where there is none.
  judged_path best_within(search_options const& options);

  /// The paths that none of the others beats in both multiply-adds and accuracy, of those within the limits of the
  /// options that NSGA-II finds (Deb et al., IEEE TEC 2002), in rising order of multiply-adds. Trials and errors as of
  /// `best_within`.
  std::vector<judged_path> pareto_front(search_options const& options);

  /// Every path that was asked for, once, in the order in which it was first.
  [[nodiscard]] std::vector<judged_path> const& judged() const { return judged_; }

private:
  double accuracy_of(compiler::architecture const& a);
  template <class Proposer, class Observe>
  void run(Proposer& proposer, search_options const& options, std::size_t population, Observe observe);

  compiler::compiled_space const& space_;
  path_judge judge_;
  progress& report_;
  std::unique_ptr<study> study_;
  std::map<std::string, double> scores_; // of all its trials, by fingerprint
  std::vector<judged_path> judged_;
  std::set<std::string> asked_; // fingerprints of these
};

} // namespace espalier::runtime
