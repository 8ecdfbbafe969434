#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/runtime/network.hpp>

#include <functional>
#include <memory>

namespace espalier::runtime {

/// A leaf of the graph as LibTorch runs it: a module where it has parameters or statistics, and what it computes.
struct kernel {
  std::shared_ptr<torch::nn::Module> module;
  std::function<at::Tensor(at::Tensor const&)> apply;
};

/// The kernel of a leaf operation. This table is the one place to teach the runtime an operation.
kernel make_kernel(compiler::operation const& leaf, compiler::tensor_type const& in, network::affine norms);

} // namespace espalier::runtime
