#include "mixed_kernel.hpp"

#include "images.hpp"
#include "normalization.hpp"
#include "packed_weights.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/kernels/tables.hpp>

#include <algorithm>
#include <numeric>
#include <optional>

#include <torch/csrc/autograd/functions/utils.h>
#include <torch/torch.h>

namespace espalier::runtime {

namespace {

using at::Tensor;
using compiler::kernel_library;
using compiler::mixed_candidate;
using compiler::mixed_sum;

template <class T>
struct stage {
  kernels::stage_table<T> const* table;
  kernels::map_table<T> const* maps; // of its result
  compiler::fused_stage shape;
  std::vector<Tensor> weights;
  weight_packing packing;
  norm_tensors norm;
};

template <class T>
struct term {
  mixed_candidate::kind what;
  std::size_t edge;
  std::size_t candidate;
  std::size_t input; // of those that differ
  std::vector<stage<T>> stages;
  compiler::pooling_stage pool_shape;
  kernels::pool_table<T> const* pool = nullptr;
  bool keeps_winners = false;
  std::optional<norm_tensors> pool_norm;

  [[nodiscard]] bool is_normalized() const { return !stages.empty() || pool_norm; }
};

/// A result that is normalized: of a stage or a pooling.
template <class T>
struct kept_map {
  Tensor u; // [N, H, W, C]
  Tensor winners;
  used_norm<T> norm;
  std::vector<T> depthwise; // packed
};

// A padded copy that the next kernels may use again.
template <class T>
class padded_copy {
public:
  T const* of(stage<T> const& s, T const* x, used_norm<T> const* norm) {
    if (x == source_ && s.table->pad == pad_)
      return copy_;
    copy_ = thread_memory<T>(reinterpret_cast<void const*>(s.table->pad), s.table->padded);
    s.table->pad(x, norm != nullptr ? norm->inverse.data() : nullptr, norm != nullptr ? norm->shift.data() : nullptr,
                 copy_);
    source_ = x;
    pad_ = s.table->pad;
    return copy_;
  }

private:
  T const* source_ = nullptr;
  decltype(kernels::stage_table<T>::pad) pad_ = nullptr;
  T* copy_ = nullptr;
};

template <class T>
T* scratch_of(stage<T> const& s) {
  static char const user = 0;
  return thread_memory<T>(&user, s.table->scratch);
}

template <class T>
struct saved_forward {
  std::vector<Tensor> inputs; // [N, H, W, C], those that differ
  std::vector<Tensor> others;
  std::vector<std::vector<T>> weights; // by edge
  std::vector<std::vector<kept_map<T>>> kept;
  mode m = mode::training;
};

template <class T>
class compiled_sum final : public mixed_kernel {
public:
  compiled_sum(mixed_sum const& sum, std::shared_ptr<kernel_library const> library, held_by const& held)
      : library_(std::move(library)), type_(sum.type), maps_(maps_of(sum.type)) {
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
    for (auto const& t : terms_)
      for (auto const& s : t.stages)
        stage_weights_.insert(stage_weights_.end(), s.weights.begin(), s.weights.end());
  }

  [[nodiscard]] bool is_affine() const { return is_affine_; }

  [[nodiscard]] bool takes(std::vector<Tensor> const& inputs) const override {
    return std::ranges::all_of(inputs, [this, e = std::size_t{0}](Tensor const& x) mutable {
      auto const& type = input_types_[e++];
      return x.is_cpu() && x.scalar_type() == c10::CppTypeToScalarType<T>::value && x.dim() == 4 &&
             x.size(1) == type.channels && x.size(2) == type.height && x.size(3) == type.width;
    });
  }

  [[nodiscard]] Tensor run(std::vector<Tensor> const& inputs, std::vector<Tensor> const& others,
                           std::vector<Tensor> const& weights, mode m) const override;

  /// Gradients in the order of `all`: weights by edge, inputs that differ, others, the weights of the stages.
  std::vector<Tensor> backward(saved_forward<T> const& saved, Tensor const& g, bool of_stage_weights) const;

private:
  kernels::map_table<T> const* maps_of(compiler::tensor_type const& type) const {
    return static_cast<kernels::map_table<T> const*>(library_->of_channels(type.channels));
  }

  void add(compiler::mixed_edge const& edge, std::size_t e, std::size_t c, std::size_t input, held_by const& held) {
    auto const& candidate = edge.candidates[c];
    if (candidate.what == mixed_candidate::kind::zero)
      return;
    if (candidate.what == mixed_candidate::kind::other)
      others_.push_back({e, c});
    term<T> made{candidate.what, e, c, input, {}, {}, nullptr, false, {}};
    auto const norm_of = [&](std::string const& value) {
      auto const& tensors = held(edge.choice, c, value);
      is_affine_ = is_affine_ || (tensors.size() == 5 && tensors[0].defined());
      auto const first = tensors.size() - 3;
      return norm_tensors{tensors[first], tensors[first + 1], tensors[first + 2]};
    };
    for (auto const& s : candidate.stages) {
      std::vector<Tensor> weights;
      for (auto const& convolution : s.convolutions)
        for (auto const& w : held(edge.choice, c, convolution))
          weights.push_back(w);
      made.stages.push_back({static_cast<kernels::stage_table<T> const*>(library_->of(s)), maps_of(s.out), s, weights,
                             weight_packing{s, weights}, norm_of(s.norm)});
    }
    if (candidate.what == mixed_candidate::kind::pooling) {
      made.pool_shape = candidate.pool;
      made.pool = static_cast<kernels::pool_table<T> const*>(library_->of(candidate.pool));
      made.keeps_winners = candidate.pool.takes_maximum;
      if (!candidate.pool.norm.empty())
        made.pool_norm = norm_of(candidate.pool.norm);
    }
    terms_.push_back(std::move(made));
  }

  Tensor forward(saved_forward<T>& saved) const;
  void run_stages(saved_forward<T>& saved, std::size_t depth) const;
  void run_pools(saved_forward<T>& saved) const;
  Tensor combine(saved_forward<T> const& saved) const;

  // What each term adds, times its weight: images [N, H, W, C].
  std::vector<Tensor> results(saved_forward<T> const& saved) const {
    std::vector<Tensor> found;
    std::size_t other = 0;
    for (std::size_t t = 0; t < terms_.size(); ++t)
      found.push_back(terms_[t].what == mixed_candidate::kind::other      ? saved.others[other++]
                      : terms_[t].what == mixed_candidate::kind::identity ? saved.inputs[terms_[t].input]
                                                                          : saved.kept[t].back().u);
    return found;
  }
  static double weight_of(saved_forward<T> const& saved, term<T> const& t) {
    return static_cast<double>(saved.weights[t.edge][t.candidate]);
  }

  std::shared_ptr<kernel_library const> library_;
  compiler::tensor_type type_;
  kernels::map_table<T> const* maps_;
  std::vector<term<T>> terms_;
  std::vector<compiler::tensor_type> input_types_; // by edge
  std::vector<std::size_t> first_edge_;            // of each input that differs
  std::vector<Tensor> stage_weights_;
  bool is_affine_ = false;
};

template <class T>
void compiled_sum<T>::run_stages(saved_forward<T>& saved, std::size_t depth) const {
  auto const batch = saved.inputs.front().size(0);
  struct work {
    std::size_t term;
    std::vector<T> full;
    std::vector<T> moments;
  };
  std::vector<work> all;
  for (std::size_t t = 0; t < terms_.size(); ++t) {
    if (terms_[t].stages.size() <= depth)
      continue;
    auto const& s = terms_[t].stages[depth];
    auto packed = s.packing.template pack<T>(s.weights);
    saved.kept[t].push_back({new_map(batch, s.shape.out, saved.inputs.front()), {}, {}, std::move(packed.depthwise)});
    all.push_back(
        {t, std::move(packed.full), std::vector<T>(static_cast<std::size_t>(batch * 2 * s.shape.out.channels))});
  }
  for_each_image(batch, [&](std::int64_t, std::int64_t image) {
    padded_copy<T> padded;
    for (auto& w : all) {
      auto const& s = terms_[w.term].stages[depth];
      auto const& own = saved.kept[w.term][depth];
      auto const* const before = depth == 0 ? nullptr : &saved.kept[w.term][depth - 1];
      auto const* const x = image_of<T>(before == nullptr ? saved.inputs[terms_[w.term].input] : before->u, image);
      s.table->forward(padded.of(s, x, before == nullptr ? nullptr : &before->norm), own.depthwise.data(),
                       w.full.data(), image_of<T>(own.u, image), w.moments.data() + image * 2 * s.shape.out.channels,
                       scratch_of(s));
    }
  });
  for (auto& w : all) {
    auto const& s = terms_[w.term].stages[depth];
    saved.kept[w.term][depth].norm = normalize(s.norm, w.moments, batch, s.shape.out.positions(), saved.m);
  }
}

template <class T>
void compiled_sum<T>::run_pools(saved_forward<T>& saved) const {
  auto const batch = saved.inputs.front().size(0);
  std::vector<std::vector<T>> moments(terms_.size());
  for (std::size_t t = 0; t < terms_.size(); ++t) {
    if (terms_[t].pool == nullptr)
      continue;
    auto const& out = terms_[t].pool_shape.out;
    auto const u = new_map(batch, out, saved.inputs.front());
    saved.kept[t].push_back({u, terms_[t].keeps_winners ? torch::empty(u.sizes(), torch::kUInt8) : Tensor{}, {}, {}});
    moments[t].resize(static_cast<std::size_t>(batch * 2 * out.channels));
  }
  for_each_image(batch, [&](std::int64_t, std::int64_t image) {
    for (std::size_t t = 0; t < terms_.size(); ++t)
      if (auto const& own = terms_[t]; own.pool != nullptr)
        own.pool->forward(image_of<T>(saved.inputs[own.input], image), image_of<T>(saved.kept[t][0].u, image),
                          own.keeps_winners ? image_of<std::uint8_t>(saved.kept[t][0].winners, image) : nullptr,
                          moments[t].data() + image * 2 * own.pool_shape.out.channels);
  });
  for (std::size_t t = 0; t < terms_.size(); ++t)
    if (terms_[t].pool_norm)
      saved.kept[t][0].norm =
          normalize(*terms_[t].pool_norm, moments[t], batch, terms_[t].pool_shape.out.positions(), saved.m);
}

template <class T>
Tensor compiled_sum<T>::combine(saved_forward<T> const& saved) const {
  auto const batch = saved.inputs.front().size(0);
  auto const channels = static_cast<std::size_t>(type_.channels);
  auto const parts = results(saved);
  std::vector<T> scales;
  std::vector<double> shift(channels);
  for (std::size_t t = 0; t < terms_.size(); ++t) {
    double const weight = weight_of(saved, terms_[t]);
    for (std::size_t c = 0; c < channels; ++c) {
      auto const* const norm = terms_[t].is_normalized() ? &saved.kept[t].back().norm : nullptr;
      scales.push_back(static_cast<T>(norm == nullptr ? weight : weight * static_cast<double>(norm->inverse[c])));
      shift[c] += norm == nullptr ? 0 : weight * static_cast<double>(norm->shift[c]);
    }
  }
  std::vector<T> const shifts(shift.begin(), shift.end());
  auto const out = new_map(batch, type_, saved.inputs.front());
  for_each_image(batch, [&](std::int64_t, std::int64_t image) {
    std::vector<T const*> terms;
    for (auto const& part : parts)
      terms.push_back(image_of<T>(part, image));
    maps_->combine(terms.data(), scales.data(), shifts.data(), static_cast<std::int64_t>(terms.size()),
                   type_.positions(), image_of<T>(out, image));
  });
  return out;
}

template <class T>
Tensor compiled_sum<T>::forward(saved_forward<T>& saved) const {
  saved.kept.resize(terms_.size());
  std::size_t depth = 0;
  for (auto const& t : terms_)
    depth = std::max(depth, t.stages.size());
  for (std::size_t d = 0; d < depth; ++d)
    run_stages(saved, d);
  run_pools(saved);
  return combine(saved);
}

// Where the gradient of a stage's result comes from, and where its own goes.
template <class T>
struct stage_gradient {
  std::size_t term = 0;
  Tensor g;
  gradient_numbers<T> numbers;
  Tensor gx;
  std::vector<T> turned;   // weights
  std::vector<T> weights;  // [parts, depthwise and full]: gradients
  std::vector<T> products; // [images, 2, channels] of gx and what it is normalized from
};

template <class T>
std::vector<Tensor> compiled_sum<T>::backward(saved_forward<T> const& saved, Tensor const& g,
                                              bool of_stage_weights) const {
  auto const batch = g.size(0);
  auto const pixels = type_.positions();
  auto const channels = type_.channels;
  auto const parts = results(saved);
  auto const count = static_cast<std::int64_t>(terms_.size());

  std::vector<T> products(static_cast<std::size_t>(batch * (1 + count) * channels));
  for_each_image(batch, [&](std::int64_t, std::int64_t image) {
    std::vector<T const*> terms;
    for (auto const& part : parts)
      terms.push_back(image_of<T>(part, image));
    maps_->correlate(image_of<T>(g, image), terms.data(), count, pixels,
                     products.data() + image * (1 + count) * channels);
  });
  auto const sums = summed(products, batch);

  std::vector<gradient_numbers<T>> numbers(terms_.size());
  std::vector<Tensor> weight_gradients;
  for (auto const& weights : saved.weights)
    weight_gradients.push_back(torch::zeros({static_cast<std::int64_t>(weights.size())}, g.options()));
  for (std::size_t t = 0; t < terms_.size(); ++t) {
    double const weight = weight_of(saved, terms_[t]);
    auto const* const gu = sums.data() + (1 + static_cast<std::int64_t>(t)) * channels;
    if (terms_[t].is_normalized()) {
      numbers[t] = through_norm(saved.kept[t].back().norm, weight, sums.data(), gu, static_cast<double>(batch * pixels),
                                saved.m);
    } else {
      numbers[t].of_weight = std::accumulate(gu, gu + channels, 0.0);
      auto const size = static_cast<std::size_t>(channels);
      numbers[t].scale.assign(size, static_cast<T>(weight));
      numbers[t].slope.assign(size, T{0});
      numbers[t].shift.assign(size, T{0});
    }
    weight_gradients[terms_[t].edge].template data_ptr<T>()[terms_[t].candidate] = static_cast<T>(numbers[t].of_weight);
  }

  std::vector<Tensor> input_gradients;
  for (auto const& x : saved.inputs)
    input_gradients.push_back(torch::zeros_like(x));
  std::vector<Tensor> other_gradients;
  for (auto const& t : terms_)
    if (t.what == mixed_candidate::kind::other)
      other_gradients.push_back(g * weight_of(saved, t));
  for_each_image(batch, [&](std::int64_t, std::int64_t image) {
    auto const* const own = image_of<T>(g, image);
    for (std::size_t t = 0; t < terms_.size(); ++t) {
      auto* const gx = image_of<T>(input_gradients[terms_[t].input], image);
      if (terms_[t].what == mixed_candidate::kind::identity)
        maps_->add_scaled(own, numbers[t].scale.data(), pixels, gx);
      if (terms_[t].pool != nullptr)
        terms_[t].pool->backward(
            numbers[t].on(own, image_of<T>(saved.kept[t][0].u, image)),
            terms_[t].keeps_winners ? image_of<std::uint8_t>(saved.kept[t][0].winners, image) : nullptr, gx);
    }
  });

  std::vector<std::vector<Tensor>> stage_gradients(terms_.size());
  std::vector<stage_gradient<T>> front;
  for (std::size_t t = 0; t < terms_.size(); ++t)
    if (!terms_[t].stages.empty())
      front.push_back({t, g, numbers[t], {}, {}, {}, {}});
  auto const stage_parts = std::min(batch, most_parts);
  for (std::size_t behind = 1; !front.empty(); ++behind) { // the stages that are so many from the end
    for (auto& f : front) {
      auto const& stages = terms_[f.term].stages;
      auto const& s = stages[stages.size() - behind];
      bool const is_first = stages.size() == behind;
      f.gx = is_first ? input_gradients[terms_[f.term].input] : new_map(batch, s.shape.in, g);
      f.turned = s.packing.template turned<T>(s.weights);
      f.weights.assign(
          static_cast<std::size_t>(of_stage_weights ? stage_parts * (s.packing.depthwise() + s.packing.full()) : 0), 0);
      f.products.assign(static_cast<std::size_t>(is_first ? 0 : batch * 2 * s.shape.in.channels), 0);
    }
    for_each_image(batch, [&](std::int64_t part, std::int64_t image) {
      padded_copy<T> padded;
      for (auto& f : front) {
        auto const& own = terms_[f.term];
        auto const index = own.stages.size() - behind;
        auto const& s = own.stages[index];
        auto const& kept = saved.kept[f.term];
        auto const* const before = index == 0 ? nullptr : &kept[index - 1];
        auto const* const x = image_of<T>(before == nullptr ? saved.inputs[own.input] : before->u, image);
        auto* const gx = image_of<T>(f.gx, image);
        if (before != nullptr)
          std::fill_n(gx, s.shape.in.positions() * s.shape.in.channels, T{0});
        auto const depthwise = s.packing.depthwise();
        auto* const gw = of_stage_weights ? f.weights.data() + part * (depthwise + s.packing.full()) : nullptr;
        s.table->backward(padded.of(s, x, before == nullptr ? nullptr : &before->norm), kept[index].depthwise.data(),
                          f.turned.data(), f.numbers.on(image_of<T>(f.g, image), image_of<T>(kept[index].u, image)),
                          thread_memory<T>(s.table, s.table->padded_gradient), gw,
                          gw == nullptr ? nullptr : gw + depthwise, scratch_of(s), gx);
        if (before != nullptr) {
          T const* const u = x;
          own.stages[index - 1].maps->correlate(gx, &u, 1, s.shape.in.positions(),
                                                f.products.data() + image * 2 * s.shape.in.channels);
        }
      }
    });
    std::vector<stage_gradient<T>> next;
    for (auto& f : front) {
      auto const& own = terms_[f.term];
      auto const index = own.stages.size() - behind;
      auto const& s = own.stages[index];
      auto const gradients = of_stage_weights ? s.packing.template unpack<T>(summed(f.weights, stage_parts), s.weights)
                                              : std::vector<Tensor>(s.weights.size());
      stage_gradients[f.term].insert(stage_gradients[f.term].begin(), gradients.begin(), gradients.end());
      if (index == 0)
        continue;
      auto const totals = summed(f.products, batch);
      next.push_back(
          {f.term,
           f.gx,
           through_norm(saved.kept[f.term][index - 1].norm, 1.0, totals.data(), totals.data() + s.shape.in.channels,
                        static_cast<double>(batch * s.shape.in.positions()), saved.m),
           {},
           {},
           {},
           {}});
    }
    front = std::move(next);
  }

  auto all = std::move(weight_gradients);
  auto const as_images = [&](std::vector<Tensor> const& maps) {
    for (auto const& map : maps)
      all.push_back(map.permute({0, 3, 1, 2}));
  };
  as_images(input_gradients);
  as_images(other_gradients);
  for (auto const& of_term : stage_gradients)
    all.insert(all.end(), of_term.begin(), of_term.end());
  return all;
}

template <class T>
struct mixed_backward final : torch::autograd::Node {
  compiled_sum<T> const* sum = nullptr;
  saved_forward<T> saved;
  std::size_t before_stages = 0; // gradients

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    if (torch::GradMode::is_enabled())
      throw internal_error("kernels of mixed sums have no second derivative: use a network without them");
    torch::NoGradGuard const no_gradient;
    bool of_stages = false;
    for (std::size_t i = before_stages; i < num_outputs(); ++i)
      of_stages = of_stages || task_should_compute_output(i);
    return sum->backward(saved, gradients.front().permute({0, 2, 3, 1}).contiguous(), of_stages);
  }
  void release_variables() override { saved = {}; }
};

template <class T>
Tensor compiled_sum<T>::run(std::vector<Tensor> const& inputs, std::vector<Tensor> const& others,
                            std::vector<Tensor> const& weights, mode m) const {
  auto const as_map = [](Tensor const& x) { return x.detach().permute({0, 2, 3, 1}).contiguous(); };
  torch::autograd::variable_list all = weights;
  saved_forward<T> saved;
  saved.m = m;
  for (auto const& w : weights) {
    auto const held = w.detach().contiguous();
    saved.weights.emplace_back(held.template data_ptr<T>(), held.template data_ptr<T>() + held.numel());
  }
  for (auto const e : first_edge_) {
    saved.inputs.push_back(as_map(inputs[e]));
    all.push_back(inputs[e]);
  }
  for (auto const& x : others) {
    saved.others.push_back(as_map(x));
    all.push_back(x);
  }
  auto const before_stages = all.size();
  all.insert(all.end(), stage_weights_.begin(), stage_weights_.end());
  bool const needs_gradient =
      torch::GradMode::is_enabled() && std::ranges::any_of(all, [](Tensor const& x) { return x.requires_grad(); });
  Tensor out;
  {
    torch::NoGradGuard const no_gradient;
    out = forward(saved).permute({0, 3, 1, 2});
  }
  if (needs_gradient) {
    std::shared_ptr<mixed_backward<T>> const node{new mixed_backward<T>, torch::autograd::deleteNode};
    node->sum = this;
    node->saved = std::move(saved);
    node->before_stages = before_stages;
    node->set_next_edges(torch::autograd::collect_next_edges(all));
    torch::autograd::set_history(out, node);
  }
  return out;
}

template <class T>
std::unique_ptr<mixed_kernel const> make_of(mixed_sum const& sum, std::shared_ptr<kernel_library const> library,
                                            mixed_kernel::held_by const& held) {
  auto made = std::make_unique<compiled_sum<T>>(sum, std::move(library), held);
  if (made->is_affine())
    return nullptr;
  return made;
}

} // namespace

std::unique_ptr<mixed_kernel const>
mixed_kernel::make(mixed_sum const& sum, std::shared_ptr<kernel_library const> library, held_by const& held) {
  return library->numbers() == kernel_library::precision::single ? make_of<float>(sum, std::move(library), held)
                                                                 : make_of<double>(sum, std::move(library), held);
}

} // namespace espalier::runtime
