#include "compiled_sum.hpp"

#include <iterator>
#include <numeric>
#include <tuple>

#include <torch/torch.h>

namespace espalier::runtime {

using at::Tensor;

/// What is known of the gradients of a sum.
template <class T>
struct compiled_sum<T>::way_back {
  saved_forward<T> const& saved;
  Tensor const& g; // [N, H, W, C]
  bool of_stage_weights;
  std::vector<gradient_numbers<T>> numbers; // by term
  std::vector<Tensor> weights;              // by edge
  std::vector<Tensor> stages;               // of their weights

  [[nodiscard]] std::int64_t batch() const { return g.size(0); }
};

/// Where the gradient of a stage's result comes from, and where its own goes.
template <class T>
struct compiled_sum<T>::stage_gradient {
  std::size_t term = 0;
  std::size_t index = 0; // of the stage
  T const* g = nullptr;
  memory_pool::block g_memory; // unless it is the sum's
  gradient_numbers<T> numbers;
  T* gx = nullptr;              // if wanted
  memory_pool::block gx_memory; // unless it is an input's
  aligned_vector<T> turned;     // weights
  aligned_vector<T> weights;    // [parts, depthwise and full]: gradients
  aligned_vector<T> products;   // [images, 2, channels]: sums of gx, and of it times what is normalized and rectified
};

// What the sum's gradient is to those of its terms, and to their weights.
template <class T>
void compiled_sum<T>::correlate(way_back& back, std::vector<std::size_t> const& some) const {
  auto const batch = back.batch();
  auto const pixels = type_.positions();
  auto const channels = type_.channels;
  auto const count = static_cast<std::int64_t>(some.size());
  auto const all = results(back.saved, some);
  aligned_vector<T> products(static_cast<std::size_t>(batch * (1 + count) * channels));
  for_each_image(batch, [&](std::int64_t, std::int64_t image) {
    maps_->correlate(image_of<T>(back.g, image), results(all, image).data(), count, pixels,
                     products.data() + image * (1 + count) * channels);
  });
  auto const sums = summed(products, batch);
  auto const* gu = sums.data();
  for (auto const t : some) {
    gu += channels;
    double const weight = weight_of(back.saved, terms_[t]);
    auto const size = static_cast<std::size_t>(channels);
    if (terms_[t].is_normalized())
      back.numbers[t] = through_norm(back.saved.kept[t].back().norm, weight, sums.data(), gu,
                                     static_cast<double>(batch * pixels), back.saved.m);
    else
      back.numbers[t] = {aligned_vector<T>(size, static_cast<T>(weight)), aligned_vector<T>(size),
                         aligned_vector<T>(size), std::accumulate(gu, gu + channels, 0.0)};
    back.weights[terms_[t].edge].template data_ptr<T>()[terms_[t].candidate] =
        static_cast<T>(back.numbers[t].of_weight);
  }
}

// To the gradient of what identities read, which begins here if it `is_new`.
template <class T>
void compiled_sum<T>::through_identities(way_back const& back, std::vector<std::size_t> const& some, Tensor const& to,
                                         bool is_new) const {
  for_each_image(back.batch(), [&](std::int64_t, std::int64_t image) {
    auto* const gx = image_of<T>(to, image);
    if (is_new)
      std::fill_n(gx, to.numel() / to.size(0), T{0});
    for (auto const t : some)
      if (terms_[t].what == compiler::mixed_candidate::kind::identity)
        maps_->add_scaled(image_of<T>(back.g, image), back.numbers[t].scale.data(), type_.positions(), gx);
  });
}

// To the gradients of what is pooled, which go through the poolings when they are complete.
template <class T>
void compiled_sum<T>::through_pools(way_back const& back, std::vector<std::size_t> const& some) const {
  for (auto const t : some) {
    auto const& own = terms_[t];
    if (own.pool == nullptr)
      continue;
    auto& x = *back.saved.inputs[own.input];
    auto const channels = static_cast<std::size_t>(type_.channels);
    auto const [share, is_new] = x.gathered->template share<pooled_gradient<T>>(own.pool, [&] {
      return std::make_unique<pooled_gradient<T>>(*own.pool, pooled(own, x), new_block(back.batch(), type_, sizeof(T)),
                                                  channels);
    });
    auto const& numbers = back.numbers[t];
    share.add(numbers);
    aligned_vector<T> const zeros(channels);
    for_each_image(back.batch(), [&, &to = share, begins = is_new](std::int64_t, std::int64_t image) {
      T const* const g = image_of<T>(back.g, image);
      if (begins)
        maps_->combine(&g, numbers.scale.data(), zeros.data(), 1, type_.positions(), to.image(image));
      else
        maps_->add_scaled(g, numbers.scale.data(), type_.positions(), to.image(image));
    });
  }
}

// All terms that read one input, so that what one of them reads is still in cache for the next.
template <class T>
void compiled_sum<T>::through_input(way_back& back, std::size_t input, bool is_wanted) const {
  std::vector<std::size_t> some;
  for (std::size_t t = 0; t < terms_.size(); ++t)
    if (terms_[t].input == input)
      some.push_back(t);
  correlate(back, some);
  Tensor gx;
  if (is_wanted) {
    bool is_new = false;
    auto& gathered = *back.saved.inputs[input]->gathered;
    std::tie(gx, is_new) = gathered.sum([&] { return new_map(back.batch(), input_type(input)); });
    through_identities(back, some, gx, is_new);
    through_pools(back, some);
  }
  std::vector<stage_gradient> front;
  for (auto const t : some)
    if (!terms_[t].stages.empty()) {
      stage_gradient last;
      last.term = t;
      last.index = terms_[t].stages.size() - 1;
      last.g = back.g.template data_ptr<T>();
      last.numbers = back.numbers[t];
      front.push_back(std::move(last));
    }
  while (!front.empty()) {
    begin_stages(back, front, gx);
    run_stages(back, front);
    front = step_back(back, std::move(front));
  }
}

template <class T>
void compiled_sum<T>::begin_stages(way_back const& back, std::vector<stage_gradient>& front,
                                   Tensor const& of_input) const {
  auto const batch = back.batch();
  for (auto& f : front) {
    auto const& s = terms_[f.term].stages[f.index];
    auto const channels = s.shape.in.channels;
    if (f.index > 0) {
      f.gx_memory = new_block(batch, s.shape.in, sizeof(T));
      f.gx = f.gx_memory.template as<T>();
      f.products.resize(static_cast<std::size_t>(batch * 2 * channels));
    } else {
      f.gx = of_input.defined() ? of_input.template data_ptr<T>() : nullptr;
    }
    f.turned = s.packing.template turned<T>(s.weights);
    if (back.of_stage_weights)
      f.weights.resize(static_cast<std::size_t>(parts_of(batch) * (s.packing.depthwise() + s.packing.full())));
  }
}

// One stage of each term that has one so far from its end.
template <class T>
void compiled_sum<T>::run_stages(way_back const& back, std::vector<stage_gradient>& front) const {
  for_each_image(back.batch(), [&](std::int64_t part, std::int64_t image) {
    padded_copy<T> padded;
    for (auto& f : front) {
      auto const& term = terms_[f.term];
      auto const& s = term.stages[f.index];
      auto const& kept = back.saved.kept[f.term];
      auto const* const before = f.index == 0 ? nullptr : &kept[f.index - 1];
      auto const* const x =
          before == nullptr ? image_of<T>(back.saved.inputs[term.input]->map, image) : before->image(image);
      auto const size = s.shape.in.positions() * s.shape.in.channels;
      auto* const gx = f.gx == nullptr ? nullptr : f.gx + image * size;
      auto const depthwise = s.packing.depthwise();
      auto* const gw = back.of_stage_weights ? f.weights.data() + part * (depthwise + s.packing.full()) : nullptr;
      s.table->backward(padded.of(s, x, before == nullptr ? nullptr : &before->norm), kept[f.index].depthwise.data(),
                        f.turned.data(), f.numbers.on(f.g + image * kept[f.index].size, kept[f.index].image(image)),
                        thread_memory<T>(s.table, s.table->padded_gradient), gw,
                        gw == nullptr ? nullptr : gw + depthwise, scratch_of(s), gx,
                        before == nullptr ? nullptr : f.products.data() + image * 2 * s.shape.in.channels);
    }
  });
}

// From stages that are done to those before them.
template <class T>
auto compiled_sum<T>::step_back(way_back& back, std::vector<stage_gradient> front) const
    -> std::vector<stage_gradient> {
  std::vector<stage_gradient> next;
  auto const batch = back.batch();
  for (auto& f : front) {
    auto const& s = terms_[f.term].stages[f.index];
    if (back.of_stage_weights) {
      auto const to = back.stages.begin() + static_cast<std::ptrdiff_t>(s.first_weight);
      s.packing.unpack(summed<T>(f.weights, parts_of(batch)), s.weights,
                       {to, to + static_cast<std::ptrdiff_t>(s.weights.size())});
    }
    if (f.index == 0)
      continue;
    auto const count = static_cast<double>(batch * s.shape.in.positions());
    stage_gradient made;
    made.term = f.term;
    made.index = f.index - 1;
    made.g = f.gx;
    made.g_memory = std::move(f.gx_memory);
    auto const& norm = back.saved.kept[f.term][made.index].norm;
    auto const totals = with_raw_products(norm, summed(f.products, batch));
    made.numbers = through_norm(norm, 1.0, totals.data(), totals.data() + s.shape.in.channels, count, back.saved.m);
    next.push_back(std::move(made));
  }
  return next;
}

template <class T>
std::vector<Tensor> compiled_sum<T>::backward(saved_forward<T> const& saved, Tensor const& g,
                                              wanted_gradients const& wanted) const {
  way_back back{saved,
                g,
                wanted.of_stage_weights,
                std::vector<gradient_numbers<T>>(terms_.size()),
                {},
                wanted.of_stage_weights ? empty_side_by_side(stage_weights_)
                                        : std::vector<Tensor>(stage_weights_.size())};
  for (auto const& weights : saved.weights)
    back.weights.push_back(torch::zeros({static_cast<std::int64_t>(weights.size())}, g.options()));
  for (std::size_t i = 0; i < first_edge_.size(); ++i)
    through_input(back, i, wanted.of_inputs[i]);

  auto all = std::move(back.weights);
  all.resize(all.size() + first_edge_.size()); // those of inputs are gathered
  for (auto const& t : terms_)
    if (t.what == compiler::mixed_candidate::kind::other)
      all.push_back((g * weight_of(saved, t)).permute({0, 3, 1, 2}));
  std::ranges::move(back.stages, std::back_inserter(all));
  return all;
}

template std::vector<Tensor> compiled_sum<float>::backward(saved_forward<float> const&, Tensor const&,
                                                           wanted_gradients const&) const;
template std::vector<Tensor> compiled_sum<double>::backward(saved_forward<double> const&, Tensor const&,
                                                            wanted_gradients const&) const;

} // namespace espalier::runtime
