#include "compiled_sum.hpp"

#include <numeric>

#include <torch/torch.h>

namespace espalier::runtime {

using at::Tensor;

template <class T>
void compiled_sum<T>::run_stages(saved_forward<T>& saved, std::size_t input, std::size_t depth) const {
  auto const batch = saved.inputs.front()->map.size(0);
  struct work {
    std::size_t term;
    aligned_vector<T> full;
    aligned_vector<T> moments;
  };
  std::vector<work> all;
  for (std::size_t t = 0; t < terms_.size(); ++t) {
    if (terms_[t].input != input || terms_[t].stages.size() <= depth)
      continue;
    auto const& s = terms_[t].stages[depth];
    auto packed = s.packing.template pack<T>(s.weights);
    saved.kept[t].push_back({shared_block(batch, s.shape.out, sizeof(T)),
                             s.shape.out.positions() * s.shape.out.channels,
                             {},
                             std::move(packed.depthwise)});
    all.push_back(
        {t, std::move(packed.full), aligned_vector<T>(static_cast<std::size_t>(batch * 2 * s.shape.out.channels))});
  }
  for_each_image(batch, [&](std::int64_t, std::int64_t image) {
    padded_copy<T> padded;
    for (auto& w : all) {
      auto const& s = terms_[w.term].stages[depth];
      auto const& own = saved.kept[w.term][depth];
      auto const* const before = depth == 0 ? nullptr : &saved.kept[w.term][depth - 1];
      auto const* const x =
          before == nullptr ? image_of<T>(saved.inputs[terms_[w.term].input]->map, image) : before->image(image);
      s.table->forward(padded.of(s, x, before == nullptr ? nullptr : &before->norm), own.depthwise.data(),
                       w.full.data(), own.image(image), w.moments.data() + image * 2 * s.shape.out.channels,
                       scratch_of(s));
    }
  });
  for (auto& w : all) {
    auto const& s = terms_[w.term].stages[depth];
    saved.kept[w.term][depth].norm = normalize(s.norm, w.moments, batch, s.shape.out.positions(), saved.m);
  }
}

template <class T>
pooled_map<T> const& compiled_sum<T>::pooled(term<T> const& own, shared_input& x) const {
  return x.template pooled_by<pooled_map<T>>(own.pool, [&] {
    auto const batch = x.map.size(0);
    auto const& out = own.pool_shape.out;
    pooled_map<T> made{shared_block(batch, out, sizeof(T)), own.keeps_winners ? shared_block(batch, out, 1) : nullptr,
                       out.positions() * out.channels,
                       aligned_vector<T>(static_cast<std::size_t>(batch * 2 * out.channels))};
    for_each_image(batch, [&](std::int64_t, std::int64_t image) {
      own.pool->forward(image_of<T>(x.map, image), made.image(image), made.winners_of(image),
                        made.moments.data() + image * 2 * out.channels);
    });
    return made;
  });
}

template <class T>
void compiled_sum<T>::run_pools(saved_forward<T>& saved) const {
  for (std::size_t t = 0; t < terms_.size(); ++t) {
    auto const& own = terms_[t];
    if (own.pool == nullptr)
      continue;
    auto& x = *saved.inputs[own.input];
    auto const& found = pooled(own, x);
    saved.kept[t].push_back({found.u, found.size, {}, {}});
    if (own.pool_norm)
      saved.kept[t][0].norm =
          normalize(*own.pool_norm, found.moments, x.map.size(0), own.pool_shape.out.positions(), saved.m);
  }
}

template <class T>
Tensor compiled_sum<T>::combine(saved_forward<T> const& saved) const {
  auto const batch = saved.inputs.front()->map.size(0);
  auto const channels = static_cast<std::size_t>(type_.channels);
  std::vector<std::size_t> every(terms_.size());
  std::iota(every.begin(), every.end(), std::size_t{0});
  auto const parts = results(saved, every);
  aligned_vector<T> scales;
  scales.reserve(terms_.size() * channels);
  std::vector<double> shift(channels);
  for (std::size_t t = 0; t < terms_.size(); ++t) {
    double const weight = weight_of(saved, terms_[t]);
    for (std::size_t c = 0; c < channels; ++c) {
      auto const* const norm = terms_[t].is_normalized() ? &saved.kept[t].back().norm : nullptr;
      scales.push_back(static_cast<T>(norm == nullptr ? weight : weight * static_cast<double>(norm->inverse[c])));
      shift[c] += norm == nullptr ? 0 : weight * static_cast<double>(norm->shift[c]);
    }
  }
  aligned_vector<T> const shifts(shift.begin(), shift.end());
  auto const out = new_map(batch, type_);
  for_each_image(batch, [&](std::int64_t, std::int64_t image) {
    auto const terms = results(parts, image);
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
  for (std::size_t input = 0; input < first_edge_.size(); ++input) // what one stage wrote is in cache for the next
    for (std::size_t d = 0; d < depth; ++d)
      run_stages(saved, input, d);
  run_pools(saved);
  return combine(saved);
}

template class compiled_sum<float>;
template class compiled_sum<double>;

} // namespace espalier::runtime
