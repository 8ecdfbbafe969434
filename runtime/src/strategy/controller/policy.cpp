#include "policy.hpp"

#include "../../checkpoint.hpp"

#include <espalier/runtime/random_stream.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

using at::Tensor;
using compiler::architecture;
using compiler::decision;

namespace {

std::vector<std::size_t> decisions_of(std::vector<decision_step> const& steps) {
  std::vector<std::size_t> decisions;
  for (auto const& step : steps)
    decisions.push_back(step.decision);
  return decisions;
}

} // namespace

policy::policy(compiler::compiled_space const& space, parameters const& numbers, std::uint64_t seed)
    : space_(space.decisions), numbers_(numbers), steps_(order_of_decisions(space)), is_anchor_(steps_.size()),
      open_(space, decisions_of(steps_)) {
  for (auto const& step : steps_)
    for (auto const& anchor : step.anchors)
      if (anchor)
        is_anchor_[*anchor] = 1;
  for (auto const& d : space_.decisions())
    option_counts_.push_back(static_cast<std::int64_t>(d.options.size()));
  auto const options = std::accumulate(option_counts_.begin(), option_counts_.end(), std::int64_t{0});
  auto random = make_generator(derive_seed(seed, "controller"));
  auto const hidden = numbers_.hidden;
  start_ = made({1, hidden}, random);
  embeddings_ = made({options, hidden}, random);
  score_weights_ = made({options, hidden}, random);
  score_biases_ = made({options}, random);
  for (int i = 0; i < numbers_.layers; ++i)
    layers_.push_back(
        {made({4 * hidden, hidden}, random), made({4 * hidden, hidden}, random), made({4 * hidden}, random)});
  if (std::ranges::find(is_anchor_, 1) == is_anchor_.end())
    return;
  earlier_ = made({hidden, hidden}, random);
  current_ = made({hidden, hidden}, random);
  skip_ = made({hidden, 1}, random);
}

Tensor policy::made(at::IntArrayRef sizes, at::Generator& random) {
  auto weight = at::empty(sizes).uniform_(-numbers_.initial_range, numbers_.initial_range, random);
  weights_.push_back(weight.set_requires_grad(true));
  return weight;
}

/// A batch of architectures that are decided, or judged, step by step.
class policy::episode {
public:
  /// Draws from `random`, or, where there is none, follows what the batch says.
  episode(policy const& by, std::vector<architecture>& batch, compiler::random_generator* random, depth_limit depth)
      : by_(by), batch_(batch), random_(random), depth_(depth), size_(static_cast<std::int64_t>(batch.size())),
        embeddings_(by.embeddings_.split_with_sizes(by.option_counts_)),
        score_weights_(by.score_weights_.split_with_sizes(by.option_counts_)),
        score_biases_(by.score_biases_.split_with_sizes(by.option_counts_)),
        input_(by.start_.expand({size_, by.numbers_.hidden})), exists_(by.space_.size()),
        states_(by.layers_.size(), {at::zeros({size_, by.numbers_.hidden}), at::zeros({size_, by.numbers_.hidden})}),
        anchors_(by.steps_.size()), said_{at::zeros({size_}), at::zeros({size_}), at::zeros({size_})} {}

  judgement run() {
    for (std::size_t i = 0; i < by_.steps_.size(); ++i) {
      auto const& step = by_.steps_[i];
      if (find_existing(step.decision)) {
        advance();
        if (by_.space_[step.decision].type == decision::kind::subset)
          decide_subset(step);
        else
          decide_choice(step.decision);
      }
      if (by_.is_anchor_[i] != 0)
        anchors_[i] = {hidden(), at::matmul(hidden(), by_.earlier_)};
    }
    if (skips_ > 0)
      said_.skip_divergence = said_.skip_divergence / skips_;
    return said_;
  }

private:
  struct lstm_state {
    Tensor hidden; // [batch, hidden]
    Tensor cell;   // the same sizes
  };
  struct anchor {
    Tensor hidden;    // [batch, hidden]
    Tensor projected; // by W_prev
  };

  [[nodiscard]] Tensor const& hidden() const { return states_.back().hidden; }

  // Marks in which architectures a decision exists, and says whether in any.
  bool find_existing(std::size_t i) {
    auto const& d = by_.space_[i];
    auto& exists = exists_[i];
    exists.assign(batch_.size(), 1);
    if (d.parent >= 0) {
      auto const parent = static_cast<std::size_t>(d.parent);
      for (std::size_t n = 0; n < batch_.size(); ++n)
        exists[n] = static_cast<char>(exists_[parent][n] != 0 &&
                                      compiler::exists_where(d, by_.space_[parent], batch_[n].values[parent]));
    }
    auto const count = std::ranges::count(exists, 1);
    mask_ = Tensor{};
    if (count < size_) {
      mask_ = at::empty({size_, 1}, at::kBool);
      std::ranges::copy(exists, mask_.data_ptr<bool>());
    }
    now_ = &exists;
    return count > 0;
  }

  // The new where the decision exists, the old elsewhere.
  [[nodiscard]] Tensor where_existing(Tensor const& now, Tensor const& before) const {
    return mask_.defined() ? at::where(mask_, now, before) : now;
  }
  void add(Tensor& sum, Tensor const& term) const { sum = sum + (mask_.defined() ? term * mask_.squeeze(1) : term); }

  void advance() {
    auto x = input_;
    for (std::size_t k = 0; k < states_.size(); ++k) {
      auto const& layer = by_.layers_[k];
      auto& state = states_[k];
      auto const gates =
          at::addmm(at::addmm(layer.bias, x, layer.of_input.t()), state.hidden, layer.of_hidden.t()).chunk(4, 1);
      auto const cell = at::sigmoid(gates[1]) * state.cell + at::sigmoid(gates[0]) * at::tanh(gates[2]);
      state.hidden = where_existing(at::sigmoid(gates[3]) * at::tanh(cell), state.hidden);
      state.cell = where_existing(cell, state.cell);
      x = state.hidden;
    }
  }

  [[nodiscard]] Tensor tempered(Tensor const& scores) const {
    auto const& numbers = by_.numbers_;
    auto const cooled = numbers.temperature == 1 ? scores : scores / numbers.temperature;
    return numbers.tanh_constant == 0 ? cooled : at::tanh(cooled) * numbers.tanh_constant;
  }

  [[nodiscard]] Tensor scores_of(std::size_t i) const {
    return tempered(at::addmm(score_biases_[i], hidden(), score_weights_[i].t()));
  }

  void decide_choice(std::size_t i) {
    auto scores = scores_of(i);
    if (!by_.open_.is_free(i, depth_))
      scores = scores.masked_fill(closed_options(i, scores.size(1)), -1e9);
    auto const log_probabilities = at::log_softmax(scores, 1);
    auto const probabilities = log_probabilities.exp();
    auto const chosen = at::empty({size_}, at::kLong);
    auto* const to = chosen.data_ptr<std::int64_t>();
    for (std::size_t n = 0; n < batch_.size(); ++n) {
      auto& value = batch_[n].values[i];
      if (random_ != nullptr)
        value = exists(n) ? drawn_option(probabilities, n) : 0;
      to[n] = exists(n) ? value : 0;
    }
    add(said_.log_probability, log_probabilities.gather(1, chosen.unsqueeze(1)).squeeze(1));
    add(said_.entropy, -(probabilities * log_probabilities).sum(1));
    input_ = where_existing(embeddings_[i].index_select(0, chosen), input_);
  }

  [[nodiscard]] bool exists(std::size_t n) const { return (*now_)[n] != 0; }

  // [batch, options]; what was decided outside a depth limit counts as open.
  [[nodiscard]] Tensor closed_options(std::size_t i, std::int64_t options) const {
    auto const open = at::ones({size_, options});
    auto* const to = open.data_ptr<float>();
    for (std::size_t n = 0; n < batch_.size(); ++n) {
      if (!exists(n))
        continue;
      std::span const row{to + static_cast<std::int64_t>(n) * options, static_cast<std::size_t>(options)};
      by_.open_.of_choice(i, batch_[n], depth_, row);
      if (random_ == nullptr && row[batch_[n].values[i]] == 0)
        by_.open_.of_choice(i, batch_[n], any_depth, row);
    }
    return open.eq(0);
  }

  [[nodiscard]] std::uint32_t drawn_option(Tensor const& probabilities, std::size_t n) const {
    auto const options = probabilities.size(1);
    auto const* const row = probabilities.data_ptr<float>() + static_cast<std::int64_t>(n) * options;
    auto left = random_->uniform();
    std::int64_t last = 0; // that has a probability, should rounding leave some
    for (std::int64_t o = 0; o < options; ++o) {
      if (row[o] == 0)
        continue;
      last = o;
      left -= static_cast<double>(row[o]);
      if (left < 0)
        break;
    }
    return static_cast<std::uint32_t>(last);
  }

  void decide_subset(decision_step const& step) {
    auto const i = step.decision;
    auto const options = by_.option_counts_[i];
    auto const read = step.anchors.empty() ? Tensor{} : layers_read(step);
    auto const scores = step.anchors.empty() ? scores_of(i) : tempered(anchored_scores(step, read));
    auto const probabilities = at::sigmoid(scores);
    auto const members = at::zeros({size_, options});
    auto const free = at::zeros({size_, options});
    for (std::size_t n = 0; n < batch_.size(); ++n)
      if (exists(n))
        decide_members(i, n, probabilities, members, free);
      else if (random_ != nullptr)
        batch_[n].values[i] = 0;
    auto const in = at::log_sigmoid(scores);
    auto const out = at::log_sigmoid(-scores);
    add(said_.log_probability, ((members * in + (1 - members) * out) * free).sum(1));
    add(said_.entropy, -((probabilities * in + (1 - probabilities) * out) * free).sum(1));
    if (!step.anchors.empty())
      add_skip_divergence(probabilities, in, out);
    auto const sum = step.anchors.empty() ? at::matmul(members, embeddings_[i]) : (members.unsqueeze(2) * read).sum(1);
    input_ = where_existing(sum / (members.sum(1, true) + 1), input_);
  }

  void decide_members(std::size_t i, std::size_t n, Tensor const& probabilities, Tensor const& members,
                      Tensor const& free) {
    auto const options = by_.option_counts_[i];
    auto const row = static_cast<std::int64_t>(n) * options;
    auto& value = batch_[n].values[i];
    std::uint32_t decided = 0;
    for (std::int64_t o = 0; o < options; ++o) {
      auto const bit = std::uint32_t{1} << o;
      auto const may_be = by_.open_.of_member(i, batch_[n], decided, static_cast<std::size_t>(o));
      bool const is_free = may_be.in && may_be.out;
      bool is_in = (value & bit) != 0;
      if (random_ != nullptr)
        is_in =
            is_free ? random_->uniform() < static_cast<double>(probabilities.data_ptr<float>()[row + o]) : may_be.in;
      decided |= is_in ? bit : 0;
      members.data_ptr<float>()[row + o] = is_in ? 1.F : 0.F;
      free.data_ptr<float>()[row + o] = is_free ? 1.F : 0.F;
    }
    value = decided;
  }

  // What the hidden states of earlier layers are, or embeddings in their place: [batch, options, hidden].
  [[nodiscard]] Tensor layers_read(decision_step const& step) const {
    std::vector<Tensor> read;
    for (std::size_t o = 0; o < step.anchors.size(); ++o)
      read.push_back(step.anchors[o] ? anchors_[*step.anchors[o]].hidden
                                     : embedding(step.decision, o).expand({size_, by_.numbers_.hidden}));
    return at::stack(read, 1);
  }

  [[nodiscard]] Tensor embedding(std::size_t decision, std::size_t option) const {
    return embeddings_[decision].narrow(0, static_cast<std::int64_t>(option), 1);
  }

  // [batch, options]
  [[nodiscard]] Tensor anchored_scores(decision_step const& step, Tensor const& read) const {
    std::vector<Tensor> projected;
    for (std::size_t o = 0; o < step.anchors.size(); ++o)
      projected.push_back(step.anchors[o] ? anchors_[*step.anchors[o]].projected
                                          : at::matmul(read.select(1, static_cast<std::int64_t>(o)), by_.earlier_));
    auto const of_this = at::matmul(hidden(), by_.current_).unsqueeze(1);
    return at::matmul(at::tanh(at::stack(projected, 1) + of_this), by_.skip_).squeeze(2);
  }

  void add_skip_divergence(Tensor const& probabilities, Tensor const& in, Tensor const& out) {
    auto const target = by_.numbers_.skip_target;
    add(said_.skip_divergence,
        (probabilities * (in - std::log(target)) + (1 - probabilities) * (out - std::log(1 - target))).sum(1));
    ++skips_;
  }

  policy const& by_;
  std::vector<architecture>& batch_;
  compiler::random_generator* random_;
  depth_limit depth_;
  std::int64_t size_;
  std::vector<Tensor> embeddings_; // by decision, as the next two
  std::vector<Tensor> score_weights_;
  std::vector<Tensor> score_biases_;
  Tensor input_;                          // of the next step, [batch, hidden]
  std::vector<std::vector<char>> exists_; // by decision and architecture
  std::vector<char> const* now_ = nullptr;
  Tensor mask_; // [batch, 1], where the present decision exists; undefined where it always does
  std::vector<lstm_state> states_;
  std::vector<anchor> anchors_; // by step
  judgement said_;
  int skips_ = 0;
};

policy::judgement policy::judge(std::span<architecture const> batch, depth_limit depth) const {
  std::vector<architecture> followed{batch.begin(), batch.end()};
  return episode{*this, followed, nullptr, depth}.run();
}

std::vector<policy::drawn> policy::draw(std::size_t count, compiler::random_generator& random,
                                        depth_limit depth) const {
  torch::NoGradGuard const no_gradient;
  std::vector<architecture> batch(count, {std::vector<std::uint32_t>(space_.size())});
  auto const said = episode{*this, batch, &random, depth}.run();
  std::vector<drawn> made;
  for (std::size_t n = 0; n < count; ++n)
    made.push_back({std::move(batch[n]), said.log_probability.data_ptr<float>()[n]});
  return made;
}

std::vector<policy::drawn> policy::draw(std::size_t count, compiler::random_generator& random,
                                        compiler::constraint const& limit, depth_limit depth) const {
  constexpr int rounds = 100;
  std::vector<drawn> kept;
  for (int i = 0; i < rounds && kept.size() < count; ++i)
    for (auto& one : draw(count, random, depth))
      if (kept.size() < count && limit.admits(one.a))
        kept.push_back(std::move(one));
  if (kept.size() == count)
    return kept;
  torch::NoGradGuard const no_gradient;
  std::vector<architecture> uniform;
  for (auto i = kept.size(); i < count; ++i)
    uniform.push_back(compiler::sample(space_, random, limit));
  auto const said = judge(uniform, depth);
  for (std::size_t n = 0; n < uniform.size(); ++n)
    kept.push_back({std::move(uniform[n]), said.log_probability.data_ptr<float>()[n]});
  return kept;
}

void policy::save(torch::serialize::OutputArchive& archive) const {
  for (std::size_t i = 0; i < weights_.size(); ++i)
    archive.write(fmt::format("weight{}", i), weights_[i]);
}

void policy::load(torch::serialize::InputArchive& archive) {
  torch::NoGradGuard const no_gradient;
  for (std::size_t i = 0; i < weights_.size(); ++i)
    weights_[i].copy_(read_tensor(archive, fmt::format("weight{}", i)));
}

} // namespace espalier::runtime
