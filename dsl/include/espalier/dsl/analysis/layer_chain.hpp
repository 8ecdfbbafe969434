#pragma once

#include <espalier/dsl/analysis.hpp>
#include <espalier/dsl/cardinality.hpp>

namespace espalier::dsl::detail {

/// The layer chains of all lengths up to a limit, as a graph: a state is the last layer and the shape it gave, a step
/// the alternatives that lead from one state to another. An alternative whose shape rule is broken does not exist.
class chain_states {
public:
  static constexpr int capacity = 64;
  static constexpr int max_steps = 256;
  static constexpr int max_alternatives = 40;
  static constexpr int max_layers = 16;
  static constexpr int max_length = 64;

  struct step {
    std::uint64_t alternatives = 0; // a bit each
    int next = 0;
    long long greatest[2]{};
  };
  struct state {
    int last = -1; // -1: the start
    shape type{};
    int first_step = 0;
    int end_step = 0;
  };

  constexpr chain_states(space_view space, std::size_t chain, shape const& in) : space_(space), analysis_(space) {
    list_layers(chain);
    int const limit = space[chain].attributes[0];
    add(-1, in);
    // No state that only longer chains reach is needed.
    for (int s = 0, level_end = 1, level = 0; s < state_count_ && level < limit && !overflows_; ++s) {
      explore(s);
      explored_ = s + 1;
      if (s + 1 == level_end)
        level_end = state_count_, ++level;
    }
  }

  [[nodiscard]] constexpr bool overflows() const { return overflows_; }
  /// What refuses an alternative wherever it may stand.
  [[nodiscard]] constexpr finding_list refusals() const {
    std::uint64_t accepted = 0;
    for (int n = 0; n < step_count_; ++n)
      accepted |= steps_[n].alternatives;
    finding_list all;
    for (int a = 0; a < alternative_count_; ++a)
      if ((accepted >> static_cast<unsigned>(a) & 1U) == 0 && refusals_[a].problem)
        all.add(refusals_[a].problem, refusals_[a].where);
    return all;
  }
  [[nodiscard]] constexpr int size() const { return state_count_; }
  /// Whether longer chains would reach more than these do.
  [[nodiscard]] constexpr bool is_cut_short() const { return explored_ < state_count_; }
  [[nodiscard]] constexpr state const& operator[](int s) const { return states_[s]; }
  /// Calls `visit(step)` for each step out of a state.
  template <class Visit>
  constexpr void for_each_step(int s, Visit visit) const {
    for (int n = states_[s].first_step; n < states_[s].end_step; ++n)
      visit(steps_[n]);
  }

  /// How many decisions say a chain of at most `limit` layers, where `count_of(i)` are those of an alternative: which
  /// layer stands at each place, and its own.
  template <class Count>
  [[nodiscard]] constexpr long long count_decisions(int limit, Count count_of) const {
    long long of_alternative[max_alternatives]{};
    for (int a = 0; a < alternative_count_; ++a)
      of_alternative[a] = count_of(alternatives_[a]);
    long long sum = 0;
    std::uint64_t states = 1; // of the chains that end here
    for (int place = 0; place < limit; ++place) {
      std::uint64_t next = 0;
      std::uint64_t alternatives = 0;
      for (auto bits = states; bits != 0; bits &= bits - 1)
        for_each_step(__builtin_ctzll(bits), [&](step const& taken) {
          next |= 1ULL << static_cast<unsigned>(taken.next);
          alternatives |= taken.alternatives;
        });
      sum += alternatives != 0 ? 1 : 0;
      for (auto bits = alternatives; bits != 0; bits &= bits - 1)
        sum += of_alternative[__builtin_ctzll(bits)];
      states = next;
    }
    return sum;
  }

  /// How many chains of at most `limit` layers there are, where `count_of(i)` counts the decisions of an alternative.
  template <class Count>
  [[nodiscard]] constexpr cardinality count(int limit, Count count_of) const {
    cardinality of_alternative[max_alternatives];
    for (int a = 0; a < alternative_count_; ++a)
      of_alternative[a] = count_of(alternatives_[a]);
    cardinality ways[max_steps];
    for (int n = 0; n < step_count_; ++n)
      for (auto bits = steps_[n].alternatives; bits != 0; bits &= bits - 1)
        ways[n] += of_alternative[__builtin_ctzll(bits)];
    cardinality levels[2][capacity]; // how many chains leave a state, of at most so many layers; one more
    for (int s = 0; s < state_count_; ++s)
      levels[0][s] = 1;
    for (int level = 0; level < limit; ++level) {
      auto const& shorter = levels[level % 2];
      auto& longer = levels[(level + 1) % 2];
      for (int s = 0; s < state_count_; ++s) {
        longer[s] = 1;
        for (int n = states_[s].first_step; n < states_[s].end_step; ++n)
          longer[s].add_product(ways[n], shorter[steps_[n].next]);
      }
    }
    return levels[limit % 2][0];
  }

  /// The dearest chain; the cheapest one ends at once.
  [[nodiscard]] constexpr cost_bounds cost(int limit) const {
    cost_bounds levels[2][capacity];
    for (int level = 0; level < limit; ++level) {
      auto const& shorter = levels[level % 2];
      auto& longer = levels[(level + 1) % 2];
      for (int s = 0; s < state_count_; ++s)
        for (int n = states_[s].first_step; n < states_[s].end_step; ++n)
          for (int k = 0; k < 2; ++k) {
            long long const through = steps_[n].greatest[k] + shorter[steps_[n].next].greatest[k];
            longer[s].greatest[k] = through > longer[s].greatest[k] ? through : longer[s].greatest[k];
          }
    }
    return levels[limit % 2][0];
  }

private:
  struct layer {
    int first = 0; // of its alternatives
    int end = 0;
    std::uint32_t follows = 0; // a bit for the start, and one for each layer
  };

  constexpr void list_layers(std::size_t chain) {
    std::size_t names[max_layers]{};
    space_.for_each_child(chain, [&](std::size_t i) {
      if (layer_count_ < max_layers)
        names[layer_count_++] = i;
      else
        overflows_ = true;
    });
    for (int l = 0; l < layer_count_; ++l) {
      auto& made = layers_[l];
      made.first = alternative_count_;
      space_.for_each_child(names[l], [&](std::size_t child) {
        if (space_.form(child) == structure::reference)
          made.follows |= follows(space_[child].name, names);
        else if (space_.form(child) == structure::choice)
          space_.for_each_child(child, [&](std::size_t candidate) { add_alternative(candidate); });
        else
          add_alternative(child);
      });
      made.end = alternative_count_;
    }
    for (std::size_t i = chain; i < space_.end(chain); ++i)
      shares_numbers_ = shares_numbers_ || (space_.is_decided_number(i) && !space_[i].name.empty());
  }

  [[nodiscard]] constexpr std::uint32_t follows(label const& name, std::size_t const (&names)[max_layers]) const {
    if (name.stem() == "start")
      return 1;
    std::uint32_t bits = 0;
    for (int l = 0; l < layer_count_; ++l)
      if (space_[names[l]].name == name)
        bits |= 2U << static_cast<unsigned>(l);
    return bits;
  }

  constexpr void add_alternative(std::size_t i) {
    if (alternative_count_ < max_alternatives)
      alternatives_[alternative_count_++] = i;
    else
      overflows_ = true;
  }

  // What no name shares is known by what it can be alone: channels of one range are the same to the next layer.
  [[nodiscard]] constexpr bool same(shape const& a, shape const& b) const {
    if (a == b)
      return true;
    auto const& x = a.channels;
    auto const& y = b.channels;
    return !shares_numbers_ && a.kind == b.kind && a.height == b.height && a.width == b.width && !x.is_constant() &&
           !y.is_constant() && x.low == y.low && x.high == y.high && x.step == y.step;
  }

  constexpr int add(int last, shape const& type) {
    for (int s = 0; s < state_count_; ++s)
      if (states_[s].last == last && same(states_[s].type, type))
        return s;
    if (state_count_ == capacity) {
      overflows_ = true;
      return 0;
    }
    states_[state_count_] = {last, type, 0, 0};
    return state_count_++;
  }

  constexpr void explore(int s) {
    int const first = step_count_;
    int twin = 0; // an earlier state of the same shape: what may follow both gives the same
    while (twin < s && !same(states_[twin].type, states_[s].type))
      ++twin;
    for (int l = 0; l < layer_count_; ++l) {
      if (!may_follow(l, s))
        continue;
      if (twin < s && may_follow(l, twin))
        copy_steps(twin, l);
      else
        explore(s, l, first);
    }
    states_[s].first_step = first;
    states_[s].end_step = step_count_;
  }
  [[nodiscard]] constexpr bool may_follow(int l, int s) const {
    return (layers_[l].follows >> static_cast<unsigned>(states_[s].last + 1) & 1U) != 0;
  }
  constexpr void explore(int s, int l, int first) {
    for (int a = layers_[l].first; a < layers_[l].end; ++a) {
      analysis_.clear();
      auto const made = analysis_.run(alternatives_[a], states_[s].type);
      if (made.good)
        add_step(first, a, add(l, made.type), made.cost);
      else
        refusals_[a] = analysis_.findings().items[0];
    }
  }
  constexpr void copy_steps(int twin, int l) {
    for (int n = states_[twin].first_step; n < states_[twin].end_step; ++n)
      if (states_[steps_[n].next].last == l) {
        if (step_count_ == max_steps) {
          overflows_ = true;
          return;
        }
        steps_[step_count_++] = steps_[n];
      }
  }

  constexpr void add_step(int first, int alternative, int next, cost_bounds const& cost) {
    int n = first;
    while (n < step_count_ && steps_[n].next != next)
      ++n;
    if (n == max_steps) {
      overflows_ = true;
      return;
    }
    if (n == step_count_)
      steps_[step_count_++].next = next;
    steps_[n].alternatives |= 1ULL << static_cast<unsigned>(alternative);
    for (int k = 0; k < 2; ++k)
      steps_[n].greatest[k] = cost.greatest[k] > steps_[n].greatest[k] ? cost.greatest[k] : steps_[n].greatest[k];
  }

  space_view space_;
  analysis analysis_;
  layer layers_[max_layers]{};
  int layer_count_ = 0;
  std::size_t alternatives_[max_alternatives]{};
  int alternative_count_ = 0;
  finding refusals_[max_alternatives]{}; // the last of each
  bool shares_numbers_ = false;
  state states_[capacity]{};
  int state_count_ = 0;
  int explored_ = 0;
  step steps_[max_steps]{};
  int step_count_ = 0;
  bool overflows_ = false;
};

/// What the layer chains of a space read.
constexpr analysis::chain_inputs inputs_of_chains(space_view space) {
  analysis::chain_inputs found{};
  for (std::size_t i = 0; i < space.nodes.size(); ++i)
    if (space.form(i) == structure::layer_chain) {
      analysis walk{space};
      walk.record(found);
      walk.run();
      break;
    }
  return found;
}

constexpr cost_bounds analysis::walk_layer_chain(std::size_t i, flow& state) {
  estimated_ = true; // the sizes behind the chain depend on where it ends
  if (chain_input_ != nullptr)
    chain_input_->push(i, state.now);
  if (chain_input_ != nullptr && !has_later_chain(i)) // only asked for what chains read
    return {};
  chain_states const states{space_, i, state.now};
  if (states.overflows())
    report(rule::chain_too_large, chain_states::capacity + 1, chain_states::capacity, i);
  auto const refused = states.refusals();
  for (int r = 0; r < refused.count; ++r) {
    bool const is_condition = refused.items[r].problem.broken == rule::condition_may_fail;
    if (is_condition && states.is_cut_short()) // behind more layers it may hold
      continue;
    report(is_condition ? fault{rule::constraint_never_holds, 0, 1} : refused.items[r].problem, refused.items[r].where);
  }
  quantity elements = states[0].type.elements();
  for (int s = 1; s < states.size(); ++s) {
    auto const e = states[s].type.elements();
    elements.low = e.low < elements.low ? e.low : elements.low;
    elements.high = e.high > elements.high ? e.high : elements.high;
  }
  elements.step = 1;
  elements.symbol = mixed(0x51ed270b, i);
  state.set({tensor_kind::vector, elements, 1, 1});
  return states.cost(space_[i].attributes[0]);
}

} // namespace espalier::dsl::detail
