#include "nsga2.hpp"

#include "proposing.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/runtime/pareto.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

#include <fmt/format.h>

namespace espalier::runtime {

std::vector<std::size_t> non_dominated_ranks(std::vector<std::vector<double>> const& points) {
  std::vector<std::vector<std::size_t>> dominated(points.size()); // by each point
  std::vector<std::size_t> dominators(points.size());             // how many of the fronts to come
  for (std::size_t p = 0; p < points.size(); ++p)
    for (std::size_t q = 0; q < points.size(); ++q)
      if (dominates(points[p], points[q])) {
        dominated[p].push_back(q);
        ++dominators[q];
      }
  std::vector<std::size_t> front;
  for (std::size_t p = 0; p < points.size(); ++p)
    if (dominators[p] == 0)
      front.push_back(p);
  std::vector<std::size_t> ranks(points.size());
  for (std::size_t rank = 0; !front.empty(); ++rank) {
    std::vector<std::size_t> next;
    for (auto const p : front) {
      ranks[p] = rank;
      for (auto const q : dominated[p])
        if (--dominators[q] == 0)
          next.push_back(q);
    }
    front = std::move(next);
  }
  return ranks;
}

std::vector<double> crowding_distances(std::vector<std::vector<double>> const& front) {
  std::vector<double> distances(front.size());
  std::vector<std::size_t> order(front.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t m = 0; !front.empty() && m < front.front().size(); ++m) {
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return front[i][m]; });
    distances[order.front()] = distances[order.back()] = std::numeric_limits<double>::infinity();
    auto const extent = front[order.back()][m] - front[order.front()][m];
    for (std::size_t k = 1; extent > 0 && k + 1 < order.size(); ++k)
      distances[order[k]] += (front[order[k + 1]][m] - front[order[k - 1]][m]) / extent;
  }
  return distances;
}

compiler::architecture nsga2::propose() {
  if (generation_.is_spent()) {
    select();
    breed();
  }
  return generation_.next();
}

void nsga2::observe(compiler::architecture const& a, std::vector<double> objectives) {
  if (auto const expected = seen_.empty() ? objectives.size() : seen_.front().objectives.size();
      objectives.size() != expected)
    throw internal_error(fmt::format("{} objectives where there were {}", objectives.size(), expected));
  if (std::ranges::any_of(objectives, [](double value) { return std::isnan(value); }))
    throw internal_error("an objective is not a number");
  seen_.push_back({a, std::move(objectives)});
}

std::vector<nsga2::individual> nsga2::front() const {
  std::vector<std::vector<double>> points;
  std::ranges::transform(seen_, std::back_inserter(points), &individual::objectives);
  std::vector<individual> front;
  std::ranges::transform(pareto_front(points), std::back_inserter(front), [&](std::size_t i) { return seen_[i]; });
  return front;
}

namespace {

// The crowded-comparison operator of the paper.
constexpr auto is_better = [](auto const& a, auto const& b) {
  return a.rank < b.rank || (a.rank == b.rank && a.crowding > b.crowding);
};

} // namespace

// Front by front, the least crowded first, until the population is full again.
void nsga2::select() {
  for (; selected_ < seen_.size(); ++selected_)
    population_.push_back({selected_, 0, 0});
  std::vector<std::vector<double>> points;
  for (auto const& member : population_)
    points.push_back(seen_[member.individual].objectives);
  auto const ranks = non_dominated_ranks(points);
  for (std::size_t rank = 0, ranked = 0; ranked < population_.size(); ++rank) {
    std::vector<std::size_t> members;
    std::vector<std::vector<double>> front;
    for (std::size_t i = 0; i < population_.size(); ++i)
      if (ranks[i] == rank) {
        members.push_back(i);
        front.push_back(points[i]);
      }
    auto const crowding = crowding_distances(front);
    for (std::size_t i = 0; i < members.size(); ++i) {
      population_[members[i]].rank = rank;
      population_[members[i]].crowding = crowding[i];
    }
    ranked += members.size();
  }
  std::ranges::stable_sort(population_, is_better);
  population_.resize(std::min(population_.size(), numbers_.population));
}

compiler::architecture const& nsga2::winner() {
  auto const drawn = [&]() -> survivor const& {
    return population_[random_.below(static_cast<std::uint32_t>(population_.size()))];
  };
  auto const& first = drawn();
  auto const& second = drawn();
  return seen_[(is_better(second, first) ? second : first).individual].a;
}

compiler::architecture nsga2::child() {
  auto const& first = winner();
  auto const& second = winner();
  auto const crossed =
      random_.uniform() < numbers_.crossover ? compiler::crossover(space_, first, second, random_) : first;
  return compiler::mutate(space_, crossed, random_,
                          numbers_.mutation.value_or(1.0 / static_cast<double>(space_.size())));
}

void nsga2::breed() {
  generation_.clear();
  auto const size = numbers_.population;
  auto const tries = 10 * size; // then random architectures fill what is missing
  if (!population_.empty())
    generation_.fill(size, tries, [&] { return child(); });
  generation_.fill_up(size, 100 * tries, space_, random_);
}

namespace {

// Of the multiply-adds and the score.
class evolution_of_score final : public strategy {
public:
  evolution_of_score(proposer_setup const& setup, nsga2::parameters numbers)
      : costs_(setup.space.costs), evolution_(setup.space.decisions, setup.limit, setup.seed, numbers) {}

  compiler::architecture propose() override { return evolution_.propose(); }
  void observe(compiler::architecture const& a, double score) override {
    evolution_.observe(a, {static_cast<double>(costs_.of(a).macs), -score});
  }

private:
  compiler::cost_model const& costs_;
  nsga2 evolution_;
};

} // namespace

std::unique_ptr<strategy> make_nsga2(proposer_setup const& setup) {
  nsga2::parameters numbers;
  if (setup.population > 0)
    numbers.population = static_cast<std::size_t>(setup.population);
  return std::make_unique<evolution_of_score>(setup, numbers);
}

} // namespace espalier::runtime
