#include "prelude.hpp"

#include "../../runtime/src/strategy/genetic.hpp"
#include "../compiler/decision_spaces.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <set>
#include <string>

namespace {

using namespace espalier;
using compiler::architecture;

// The connectivity matrix of Miller, Todd and Hegde for XOR: units 0 and 1 read the inputs, 4 is the output. A row says
// from which earlier units, or from the bias, a unit has a connection that can learn.
constexpr std::size_t units = 5;
constexpr std::size_t first_row = 2;

compiler::decision_space connectivity() {
  std::vector<compiler::decision> rows;
  for (auto unit = first_row; unit < units; ++unit) {
    auto const sources = static_cast<int>(unit) + 1;
    rows.push_back(
        decision_spaces::subset("unit" + std::to_string(unit), static_cast<std::size_t>(sources), 0, sources));
  }
  return compiler::decision_space{std::move(rows)};
}

// A feed-forward network of sigmoid units, trained by back-propagation on the four patterns of XOR.
class xor_network {
public:
  xor_network(compiler::decision_space const& space, architecture const& a) {
    compiler::random_generator random{17};
    for (auto unit = first_row; unit < units; ++unit)
      for (std::size_t source = 0; source <= unit; ++source) {
        auto const drawn = 2 * random.uniform() - 1;
        auto const row = unit - first_row;
        learns_[unit][source] = compiler::takes(space[row], a.values[row], source);
        weights_[unit][source] = learns_[unit][source] ? drawn : 0;
      }
  }

  void train(int epochs) {
    for (int i = 0; i < epochs; ++i) {
      matrix gradient{};
      for (auto const& p : patterns)
        add_gradient(p, gradient);
      for (auto unit = first_row; unit < units; ++unit)
        for (std::size_t source = 0; source <= unit; ++source)
          if (learns_[unit][source])
            weights_[unit][source] -=
                (change_[unit][source] = 0.5 * gradient[unit][source] + 0.9 * change_[unit][source]);
    }
  }

  [[nodiscard]] double squared_error() const {
    double sum = 0;
    for (auto const& p : patterns)
      sum += std::pow(outputs_of(p)[units - 1] - p[2], 2);
    return sum;
  }

  [[nodiscard]] bool keeps_masked_weights_at_zero() const {
    for (std::size_t unit = 0; unit < units; ++unit)
      for (std::size_t source = 0; source < units; ++source)
        if (!learns_[unit][source] && weights_[unit][source] != 0)
          return false;
    return true;
  }

private:
  using pattern = std::array<double, 3>;
  using matrix = std::array<std::array<double, units>, units>;
  static constexpr std::array<pattern, 4> patterns{{{0, 0, 0}, {0, 1, 1}, {1, 0, 1}, {1, 1, 0}}};

  // The last source of a unit is the bias.
  static double read(std::array<double, units> const& outputs, std::size_t unit, std::size_t source) {
    return source == unit ? 1 : outputs[source];
  }

  [[nodiscard]] std::array<double, units> outputs_of(pattern const& p) const {
    std::array<double, units> outputs{p[0], p[1]};
    for (auto unit = first_row; unit < units; ++unit) {
      double sum = 0;
      for (std::size_t source = 0; source <= unit; ++source)
        sum += weights_[unit][source] * read(outputs, unit, source);
      outputs[unit] = 1 / (1 + std::exp(-sum));
    }
    return outputs;
  }

  void add_gradient(pattern const& p, matrix& gradient) const {
    auto const outputs = outputs_of(p);
    std::array<double, units> error{};
    error[units - 1] = outputs[units - 1] - p[2];
    for (auto unit = units; unit-- > first_row;) {
      auto const delta = error[unit] * outputs[unit] * (1 - outputs[unit]);
      for (std::size_t source = 0; source <= unit; ++source) {
        gradient[unit][source] += delta * read(outputs, unit, source);
        if (source < unit)
          error[source] += delta * weights_[unit][source];
      }
    }
  }

  matrix weights_{};
  matrix change_{};
  std::array<std::array<bool, units>, units> learns_{};
};

} // namespace

TEST_CASE("the genetic algorithm finds networks that learn XOR") {
  auto const space = connectivity();
  CHECK(space.count() == 8 * 16 * 32);
  constexpr int population = 40;
  constexpr int generations = 15;
  runtime::genetic_algorithm search{space, {}, 1, {.population = population, .crossover = 0.6, .mutation = 0.005}};
  std::vector<double> error_of_generation(generations);
  std::vector<int> solutions(generations);
  for (std::size_t g = 0; g < generations; ++g)
    for (int i = 0; i < population; ++i) {
      auto const a = search.propose();
      xor_network network{space, a};
      network.train(2000);
      REQUIRE(network.keeps_masked_weights_at_zero());
      auto const error = network.squared_error();
      solutions[g] += static_cast<int>(error < 0.04);
      error_of_generation[g] += error / population;
      search.observe(a, -error);
    }
  CHECK(solutions.front() < population / 2);
  CHECK(solutions.back() > population * 3 / 4);
  CHECK(error_of_generation.back() < error_of_generation.front() / 3);
}

TEST_CASE("a genetic child has whole rows of its two parents") {
  auto const space = connectivity();
  runtime::genetic_algorithm search{space, {}, 2, {.population = 2, .crossover = 1, .mutation = 0}};
  search.observe({{0b001, 0b0010, 0b00100}}, 0.4);
  search.observe({{0b110, 0b1101, 0b11011}}, 0.6); // the only one of any fitness
  CHECK(search.propose().values == std::vector<std::uint32_t>{0b110, 0b1101, 0b11011});
  search.observe({{0b001, 0b0010, 0b00100}}, 0.5);
  search.observe({{0b110, 0b1101, 0b11011}}, 0.5);
  std::set<architecture> children;
  for (int i = 0; i < 200; ++i)
    children.insert(search.propose());
  CHECK(children.size() == 8);
  for (auto const& child : children)
    CHECK(((child.values[0] == 0b001 || child.values[0] == 0b110) &&
           (child.values[1] == 0b0010 || child.values[1] == 0b1101) &&
           (child.values[2] == 0b00100 || child.values[2] == 0b11011)));
}

TEST_CASE("genetic parents are drawn in proportion to what they are above the worst") {
  auto const space = connectivity();
  runtime::genetic_algorithm search{space, {}, 3, {.population = 4, .crossover = 0, .mutation = 0}};
  for (std::uint32_t i = 0; i < 4; ++i)
    search.observe({{i, 0, 0}}, static_cast<double>(i) - 10); // 0, 1, 2 and 3 above the worst
  std::map<std::uint32_t, int> drawn;
  for (int i = 0; i < 6000; ++i)
    ++drawn[search.propose().values[0]];
  CHECK(drawn[0] == 0);
  CHECK(drawn[1] == Approx(1000).margin(120)); // 4 standard deviations
  CHECK(drawn[2] == Approx(2000).margin(150));
  CHECK(drawn[3] == Approx(3000).margin(160));
}

TEST_CASE("genetic children keep the limit") {
  auto const space = connectivity();
  auto const connections = [](architecture const& a) {
    return static_cast<double>(std::popcount(a.values[0]) + std::popcount(a.values[1]) + std::popcount(a.values[2]));
  };
  runtime::genetic_algorithm search{
      space, {nullptr, {}, {}, nullptr, {{"connections", "weights", connections, 5, {}}}}, 4, {.population = 20}};
  for (int i = 0; i < 1000; ++i) {
    auto const a = search.propose();
    REQUIRE(connections(a) <= 5);
    search.observe(a, connections(a)); // the more, the better
  }
}
