#pragma once

#include <espalier/compiler/graph.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace espalier::compiler {

/// One file of an emitted project.
struct emitted_file {
  std::string name;
  std::string content;

  bool operator==(emitted_file const&) const = default;
};

/// How a project's weights are stored: as an archive of LibTorch, for `torch::load`, or as safetensors, which hold
/// numbers and nothing else.
enum class weights_format : bool { archive, safetensors };

/// What an emitted project says and does beyond its network.
struct emission_options {
  std::string architecture_json{}; ///< Shown in the README; may be empty.
  bool has_weights = false; ///< Whether files of weights and of recorded outputs, `parity`, are put beside the files.
  bool is_deployed = false; ///< A LibTorch project of a network that is not trained further: see `deployment_passes`.
  weights_format weights = weights_format::archive; ///< Of a LibTorch project: PyTorch projects have safetensors.
  std::vector<float> mean{};                        ///< Of each channel, for pixels in [0, 1]; empty stands for 0.
  std::vector<float> deviation{};                   ///< Empty stands for 1.
  int crop_padding = 0; ///< Random crops while training, from images padded with so many zeros.
  bool flip = false;    ///< Random mirroring while training.
};

/// The passes, separated by commas, that make a network one to deploy: it computes the same in evaluation mode, of
/// fewer operations and of other weights, which the passes tell.
std::string_view deployment_passes();

/// The stand-alone LibTorch project of a network without decisions: network.hpp, main.cpp, CMakeLists.txt, README.md
/// and the style that they are formatted in. Module names are the graph's value names, so that state-dict keys agree
/// with the supernet's. The program trains and evaluates a classifier of images; any other network it checks and times.
std::vector<emitted_file> emit_libtorch(graph const& network, emission_options const& options);

/// The stand-alone PyTorch project of a network without decisions: network.py, which imports nothing but torch, main.py
/// and README.md. Its state dict has the names of the LibTorch project's.
std::vector<emitted_file> emit_python(graph const& network, emission_options const& options);

} // namespace espalier::compiler
