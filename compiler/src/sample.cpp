#include <espalier/compiler/sample.hpp>

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

namespace {

constexpr int max_tries = 100'000;

// `keep` of `count` options, every subset equally likely (selection sampling: Knuth, TAOCP 2, algorithm 3.4.2 S).
std::uint32_t draw_subset(std::uint32_t count, int keep, random_generator& random) {
  std::uint32_t subset = 0;
  auto missing = static_cast<std::uint32_t>(keep);
  for (std::uint32_t o = 0; o < count && missing > 0; ++o)
    if (random.below(count - o) < missing) {
      subset |= 1U << o;
      --missing;
    }
  return subset;
}

// A subset with the weight of the product of its options' counts, option by option: `ways[o][k]` is the weight of all
// subsets of k options from option o on (an elementary symmetric polynomial).
std::uint32_t draw_weighted_subset(decision_space const& space, std::size_t i, random_generator& random) {
  auto const count = space[i].options.size();
  auto const keep = static_cast<std::size_t>(space[i].most);
  std::vector<std::vector<cardinality>> ways(count + 1, std::vector<cardinality>(keep + 1));
  ways[count][0] = 1;
  for (std::size_t o = count; o-- > 0;)
    for (std::size_t k = keep > o ? keep - o : 0; k <= keep; ++k) {
      ways[o][k] = ways[o + 1][k];
      if (k > 0)
        ways[o][k] += space.count_below(i, o) * ways[o + 1][k - 1];
    }
  std::uint32_t subset = 0;
  auto missing = keep;
  for (std::size_t o = 0; missing > 0; ++o)
    if (random.below(ways[o][missing]) < space.count_below(i, o) * ways[o + 1][missing - 1]) {
      subset |= 1U << o;
      --missing;
    }
  return subset;
}

std::uint32_t draw_weighted_option(decision_space const& space, std::size_t i, random_generator& random) {
  auto const drawn = random.below(space.count_of(i));
  cardinality passed;
  for (std::size_t o = 0; o < space[i].options.size(); ++o) {
    passed += space.count_below(i, o);
    if (drawn < passed)
      return static_cast<std::uint32_t>(o);
  }
  throw internal_error(fmt::format("the options of {} count fewer architectures than it", space[i].path));
}

// A value, each with the weight of the architectures that have it.
std::uint32_t draw_value(decision_space const& space, std::size_t i, random_generator& random) {
  auto const& d = space[i];
  auto const count = static_cast<std::uint32_t>(d.options.size());
  bool is_uniform = true;
  for (std::size_t o = 1; o < count; ++o)
    is_uniform = is_uniform && space.count_below(i, o) == space.count_below(i, 0);
  if (d.type == decision::kind::choice)
    return is_uniform ? random.below(count) : draw_weighted_option(space, i, random);
  return is_uniform ? draw_subset(count, d.most, random) : draw_weighted_subset(space, i, random);
}

// Decides in order, parents first; `decide` is asked only for decisions that exist.
template <class Decide>
architecture decide_in_order(decision_space const& space, Decide decide) {
  architecture a{std::vector<std::uint32_t>(space.size())};
  std::vector<bool> exists(space.size());
  for (std::size_t i = 0; i < space.size(); ++i) {
    auto const& d = space[i];
    auto const parent = static_cast<std::size_t>(std::max(0, d.parent));
    exists[i] = d.parent < 0 || (exists[parent] && exists_where(d, space[parent], a.values[parent]));
    if (exists[i])
      a.values[i] = decide(i);
  }
  return a;
}

bool can_change(decision const& d) {
  return d.options.size() > static_cast<std::size_t>(d.type == decision::kind::choice ? 1 : d.most);
}

// The position of the n-th set bit.
std::uint32_t set_bit(std::uint32_t bits, std::uint32_t n) {
  for (; n > 0; --n)
    bits &= bits - 1;
  return static_cast<std::uint32_t>(std::countr_zero(bits));
}

std::uint32_t changed_value(decision const& d, std::uint32_t value, random_generator& random) {
  auto const count = static_cast<std::uint32_t>(d.options.size());
  if (d.type == decision::kind::choice) {
    auto const other = random.below(count - 1);
    return other < value ? other : other + 1;
  }
  auto const all = count == 32 ? ~0U : (1U << count) - 1;
  auto const kept = static_cast<std::uint32_t>(d.most);
  auto const leaving = set_bit(value, random.below(kept));
  auto const coming = set_bit(all & ~value, random.below(count - kept));
  return (value & ~(1U << leaving)) | 1U << coming;
}

std::string limits_of(constraint const& limit) {
  std::vector<std::string> limits;
  if (limit.max_macs)
    limits.push_back(fmt::format("at most {} macs", *limit.max_macs));
  if (limit.max_params)
    limits.push_back(fmt::format("at most {} params", *limit.max_params));
  return fmt::format("{}", fmt::join(limits, " and "));
}

long long smallest(cost_model const& model, long long operation_cost::*key) {
  return model.of(model.smallest(key)).*key;
}

} // namespace

// Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021; seeded with splitmix64 as they
// recommend.
random_generator::random_generator(std::uint64_t seed) {
  for (auto& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    word = seed;
    word = (word ^ (word >> 30U)) * 0xbf58476d1ce4e5b9;
    word = (word ^ (word >> 27U)) * 0x94d049bb133111eb;
    word ^= word >> 31U;
  }
}

std::uint64_t random_generator::operator()() {
  auto const result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  auto const shifted = state_[1] << 17U;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

// Lemire, "Fast random integer generation in an interval", 2019, algorithm 5.
std::uint32_t random_generator::below(std::uint32_t bound) {
  if (bound == 0)
    throw internal_error("there is no number below 0");
  auto const next = [&] { return ((*this)() >> 32U) * bound; };
  auto product = next();
  if (static_cast<std::uint32_t>(product) < bound)
    for (std::uint32_t const surplus = (0U - bound) % bound; static_cast<std::uint32_t>(product) < surplus;)
      product = next();
  return static_cast<std::uint32_t>(product >> 32U);
}

cardinality random_generator::below(cardinality const& bound) {
  constexpr auto word = std::numeric_limits<std::uint32_t>::max();
  auto rest = bound;
  if (bound < cardinality{word})
    return below(rest.divide(word));
  unsigned bits = 0;
  for (; rest != 0; rest.divide(2))
    ++bits;
  for (;;) {
    cardinality drawn;
    for (unsigned left = bits; left > 0;) {
      auto const width = std::min(left, 32U);
      drawn *= 1ULL << width;
      drawn += (*this)() >> (64U - width);
      left -= width;
    }
    if (drawn < bound)
      return drawn;
  }
}

double random_generator::uniform() {
  return static_cast<double>((*this)() >> 11U) * 0x1p-53;
}

architecture sample(decision_space const& space, random_generator& random) {
  return decide_in_order(space, [&](std::size_t i) { return draw_value(space, i, random); });
}

bool constraint::admits(architecture const& a) const {
  if (!max_macs && !max_params)
    return true;
  auto const cost = model->of(a);
  return (!max_macs || cost.macs <= *max_macs) && (!max_params || cost.params <= *max_params);
}

void constraint::require_feasible() const {
  auto const require = [&](std::optional<long long> const& limit, long long operation_cost::*key, char const* name) {
    if (!limit)
      return;
    if (auto const least = smallest(*model, key); least > *limit)
      throw user_error(
          fmt::format("no architecture has at most {0} {2}: the smallest has {1} {2}; raise the limit to that", *limit,
                      least, name));
  };
  require(max_macs, &operation_cost::macs, "macs");
  require(max_params, &operation_cost::params, "params");
}

architecture sample(decision_space const& space, random_generator& random, constraint const& limit) {
  for (int i = 0; i < max_tries; ++i)
    if (auto a = sample(space, random); limit.admits(a))
      return a;
  limit.require_feasible();
  throw user_error(
      fmt::format("fewer than 1 in {} architectures has {}: none was found; the smallest have {} macs and {} params; "
                  "raise the limit",
                  max_tries, limits_of(limit), smallest(*limit.model, &operation_cost::macs),
                  smallest(*limit.model, &operation_cost::params)));
}

architecture mutate(decision_space const& space, architecture const& parent, random_generator& random) {
  auto const active = active_decisions(space, parent);
  std::vector<std::size_t> changeable;
  for (std::size_t i = 0; i < space.size(); ++i)
    if (active[i] && can_change(space[i]))
      changeable.push_back(i);
  if (changeable.empty())
    return parent;
  auto const changed = changeable[random.below(static_cast<std::uint32_t>(changeable.size()))];
  return decide_in_order(space, [&](std::size_t i) {
    if (i == changed)
      return changed_value(space[i], parent.values[i], random);
    return active[i] ? parent.values[i] : draw_value(space, i, random);
  });
}

architecture mutate(decision_space const& space, architecture const& parent, random_generator& random,
                    double probability) {
  auto const active = active_decisions(space, parent);
  return decide_in_order(space, [&](std::size_t i) {
    bool const is_kept = active[i] && random.uniform() >= probability;
    return is_kept ? parent.values[i] : draw_value(space, i, random);
  });
}

architecture crossover(decision_space const& space, architecture const& a, architecture const& b,
                       random_generator& random) {
  auto const in_a = active_decisions(space, a);
  auto const in_b = active_decisions(space, b);
  return decide_in_order(
      space, [&](std::size_t i) { // where the child takes an option of a parent, that one has what hangs on it
        bool const from_a = in_a[i] && (!in_b[i] || random.below(2) == 0);
        return from_a ? a.values[i] : b.values[i];
      });
}

} // namespace espalier::compiler
