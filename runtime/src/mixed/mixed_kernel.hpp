#pragma once

#include "../operations/operations.hpp"

#include <espalier/compiler/kernel_library.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace espalier::runtime {

class memory_pool;
struct shared_input;

/// A candidate that is neither computed by the kernels nor zero.
struct other_candidate {
  std::size_t edge = 0;
  std::size_t candidate = 0;
};

/// Computes a weighted sum of all candidates of all edges into a value by kernels that were compiled for its shapes:
/// candidates that read one value share its padded copy, nothing between a depthwise and a pointwise convolution is
/// kept, weights of candidates scale what batch normalization scales anyway. Backward computes again what is cheap.
class mixed_kernel : public std::enable_shared_from_this<mixed_kernel> {
public:
  /// The tensors that the operation of a value holds, by the names of values inside the candidates of a choice.
  using held_by = std::function<std::vector<at::Tensor> const&(std::string const& choice, std::size_t candidate,
                                                               std::string const& value)>;

  /// `nullptr` where a normalization has a scale and a shift. `memory` is shared by the sums of a network.
  static std::shared_ptr<mixed_kernel const> make(compiler::mixed_sum const& sum,
                                                  std::shared_ptr<compiler::kernel_library const> library,
                                                  std::shared_ptr<memory_pool> memory, held_by const& held);
  virtual ~mixed_kernel() = default;

  /// An image [N, C, H, W] that sums read, so that they share what they make of it and add up its gradient at one
  /// place.
  static std::shared_ptr<shared_input> share(at::Tensor const& value);
  /// The image, as whatever else reads it shall.
  static at::Tensor const& value_of(shared_input const& shared);

  /// The candidates whose results `run` must be given.
  [[nodiscard]] std::vector<other_candidate> const& others() const { return others_; }

  /// Whether the inputs of the edges have the types, the numbers and the device that the kernels were compiled for.
  [[nodiscard]] virtual bool takes(std::vector<at::Tensor> const& inputs) const = 0;

  /// `inputs` and `weights` by edge: what is read, and the candidates' weights.
  [[nodiscard]] virtual at::Tensor run(std::vector<std::shared_ptr<shared_input>> const& inputs,
                                       std::vector<at::Tensor> const& others, std::vector<at::Tensor> const& weights,
                                       mode m) const = 0;

protected:
  std::vector<other_candidate> others_;
};

} // namespace espalier::runtime
