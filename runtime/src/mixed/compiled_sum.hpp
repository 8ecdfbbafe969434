#pragma once

#include "mixed_kernel.hpp"
#include "pooled.hpp"
#include "sum_terms.hpp"

#include <algorithm>

#include <ATen/Functions.h>

namespace espalier::runtime {

/// A mixed sum by kernels of its numbers.
template <class T>
class compiled_sum final : public mixed_kernel {
public:
  compiled_sum(compiler::mixed_sum const& sum, std::shared_ptr<compiler::kernel_library const> library,
               std::shared_ptr<memory_pool> memory, held_by const& held)
      : library_(std::move(library)), memory_(std::move(memory)), type_(sum.type), maps_(maps_of(sum.type)) {
    std::vector<std::string> names;
    for (std::size_t e = 0; e < sum.edges.size(); ++e) {
      auto const& edge = sum.edges[e];
      input_types_.push_back(edge.in);
      auto const known = std::ranges::find(names, edge.input);
      auto const input = static_cast<std::size_t>(known - names.begin());
      if (known == names.end()) {
        names.push_back(edge.input);
        first_edge_.push_back(e);
      }
      for (std::size_t c = 0; c < edge.candidates.size(); ++c)
        add(edge, e, c, input, held);
    }
  }

  /// Whether a normalization has a scale and a shift.
  [[nodiscard]] bool is_affine() const { return is_affine_; }

  [[nodiscard]] bool takes(std::vector<at::Tensor> const& inputs) const override {
    return std::ranges::all_of(inputs, [this, e = std::size_t{0}](at::Tensor const& x) mutable {
      auto const& type = input_types_[e++];
      return x.is_cpu() && x.scalar_type() == c10::CppTypeToScalarType<T>::value && x.dim() == 4 &&
             x.size(1) == type.channels && x.size(2) == type.height && x.size(3) == type.width;
    });
  }

  [[nodiscard]] at::Tensor run(std::vector<std::shared_ptr<shared_input>> const& inputs,
                               std::vector<at::Tensor> const& others, std::vector<at::Tensor> const& weights,
                               mode m) const override;

  /// Gradients of the weights by edge, inputs that differ (undefined: they are added to what is gathered), others, the
  /// weights of the stages.
  std::vector<at::Tensor> backward(saved_forward<T> const& saved, at::Tensor const& g,
                                   wanted_gradients const& wanted) const;

private:
  kernels::map_table<T> const* maps_of(compiler::tensor_type const& type) const {
    return static_cast<kernels::map_table<T> const*>(library_->of_channels(type.channels));
  }

  void add(compiler::mixed_edge const& edge, std::size_t e, std::size_t c, std::size_t input, held_by const& held) {
    auto const& candidate = edge.candidates[c];
    if (candidate.what == compiler::mixed_candidate::kind::zero)
      return;
    term<T> made{candidate.what, e, c, input, others_.size(), {}, {}, nullptr, false, {}};
    if (candidate.what == compiler::mixed_candidate::kind::other)
      others_.push_back({e, c});
    auto const norm_of = [&](std::string const& value) {
      auto const& tensors = held(edge.choice, c, value);
      is_affine_ = is_affine_ || (tensors.size() == 5 && tensors[0].defined());
      auto const first = tensors.size() - 3;
      return norm_tensors{tensors[first], tensors[first + 1], tensors[first + 2]};
    };
    for (auto const& s : candidate.stages) {
      std::vector<at::Tensor> weights;
      for (auto const& convolution : s.convolutions)
        for (auto const& w : held(edge.choice, c, convolution))
          weights.push_back(w);
      made.stages.push_back({static_cast<kernels::stage_table<T> const*>(library_->of(s)), s, weights,
                             stage_weights_.size(), weight_packing{s, weights}, norm_of(s.norm)});
      stage_weights_.insert(stage_weights_.end(), weights.begin(), weights.end());
    }
    if (candidate.what == compiler::mixed_candidate::kind::pooling) {
      made.pool_shape = candidate.pool;
      made.pool = static_cast<kernels::pool_table<T> const*>(library_->of(candidate.pool));
      made.keeps_winners = candidate.pool.takes_maximum;
      if (!candidate.pool.norm.empty())
        made.pool_norm = norm_of(candidate.pool.norm);
    }
    terms_.push_back(std::move(made));
  }

  at::Tensor forward(saved_forward<T>& saved) const;
  void run_stages(saved_forward<T>& saved, std::size_t input, std::size_t depth) const;
  void run_pools(saved_forward<T>& saved) const;
  pooled_map<T> const& pooled(term<T> const& own, shared_input& x) const;
  at::Tensor combine(saved_forward<T> const& saved) const;

  struct way_back;
  struct stage_gradient;
  void correlate(way_back& back, std::vector<std::size_t> const& some) const;
  void through_identities(way_back const& back, std::vector<std::size_t> const& some, at::Tensor const& to,
                          bool is_new) const;
  void through_pools(way_back const& back, std::vector<std::size_t> const& some) const;
  void through_input(way_back& back, std::size_t input, bool is_wanted) const;
  void begin_stages(way_back const& back, std::vector<stage_gradient>& front, at::Tensor const& of_input) const;
  void run_stages(way_back const& back, std::vector<stage_gradient>& front) const;
  std::vector<stage_gradient> step_back(way_back& back, std::vector<stage_gradient> front) const;

  // What those terms add, times their weights: the images [N, H, W, C].
  std::vector<T const*> results(saved_forward<T> const& saved, std::vector<std::size_t> const& some) const {
    std::vector<T const*> found;
    for (auto const t : some)
      switch (terms_[t].what) {
      case compiler::mixed_candidate::kind::other:
        found.push_back(saved.others[terms_[t].other].template data_ptr<T>());
        break;
      case compiler::mixed_candidate::kind::identity:
        found.push_back(saved.inputs[terms_[t].input]->map.template data_ptr<T>());
        break;
      default:
        found.push_back(saved.kept[t].back().image(0));
      }
    return found;
  }
  // The same of one image.
  std::vector<T const*> results(std::vector<T const*> all, std::int64_t image) const {
    for (auto& map : all)
      map += image * type_.positions() * type_.channels;
    return all;
  }
  compiler::tensor_type const& input_type(std::size_t input) const { return input_types_[first_edge_[input]]; }
  memory_pool::block new_block(std::int64_t batch, compiler::tensor_type const& type, std::size_t bytes) const {
    return memory_->take(static_cast<std::size_t>(batch * type.positions() * type.channels) * bytes);
  }
  std::shared_ptr<memory_pool::block> shared_block(std::int64_t batch, compiler::tensor_type const& type,
                                                   std::size_t bytes) const {
    return std::make_shared<memory_pool::block>(new_block(batch, type, bytes));
  }
  // A map [N, H, W, C] of memory that is used again.
  at::Tensor new_map(std::int64_t batch, compiler::tensor_type const& type) const {
    auto const held = shared_block(batch, type, sizeof(T));
    return at::from_blob(
        held->template as<T>(), {batch, type.height, type.width, type.channels}, [held](void*) {},
        at::TensorOptions{c10::CppTypeToScalarType<T>::value});
  }
  static double weight_of(saved_forward<T> const& saved, term<T> const& t) {
    return static_cast<double>(saved.weights[t.edge][t.candidate]);
  }

  std::shared_ptr<compiler::kernel_library const> library_;
  std::shared_ptr<memory_pool> memory_;
  compiler::tensor_type type_;
  kernels::map_table<T> const* maps_;
  std::vector<term<T>> terms_;
  std::vector<compiler::tensor_type> input_types_; // by edge
  std::vector<std::size_t> first_edge_;            // of each input that differs
  std::vector<at::Tensor> stage_weights_;
  bool is_affine_ = false;
};

} // namespace espalier::runtime
