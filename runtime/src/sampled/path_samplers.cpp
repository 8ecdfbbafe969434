#include "path_samplers.hpp"

#include <espalier/compiler/decision_roles.hpp>
#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <limits>
#include <numeric>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

using compiler::architecture;
using compiler::compiled_space;
using compiler::decision;
using compiler::decision_space;
using compiler::operation_cost;

architecture largest_of(compiled_space const& space) {
  return space.costs.largest(&operation_cost::macs);
}

architecture smallest_of(compiled_space const& space) {
  return space.costs.smallest(&operation_cost::macs);
}

path_sampler sole_path(architecture path) {
  return [path = std::move(path)](sampling_step&) -> std::vector<lesson> { return {{path}}; };
}

path_sampler uniform_path(decision_space const& space) {
  return [&space](sampling_step& at) -> std::vector<lesson> { return {{compiler::sample(space, at.random)}}; };
}

path_sampler binned_path(compiled_space const& space, macs_bins const& bins) {
  auto const count = (bins.most - bins.least) / bins.width;
  if (bins.width < 1 || count < 1)
    throw user_error(fmt::format("no bin of {} multiply-adds lies between {} and {}; give --macs-bins LEAST:MOST:WIDTH",
                                 bins.width, bins.least, bins.most));
  return [&space, bins, count](sampling_step& at) -> std::vector<lesson> {
    constexpr int tries = 500;
    auto const first = bins.least + bins.width * at.random.below(static_cast<std::uint32_t>(count));
    for (int i = 0; i < tries; ++i) {
      auto a = compiler::sample(space.decisions, at.random);
      if (auto const macs = space.costs.of(a).macs; macs >= first && macs < first + bins.width)
        return {{std::move(a)}};
    }
    return {{compiler::sample(space.decisions, at.random)}};
  };
}

path_sampler sandwich(compiled_space const& space, int random_paths, path_noise const& of_largest) {
  return [&space, random_paths, of_largest, largest = largest_of(space),
          smallest = smallest_of(space)](sampling_step& at) {
    std::vector<lesson> lessons{{largest, teacher::labels, of_largest}, {smallest, teacher::largest}};
    for (int i = 0; i < random_paths; ++i)
      lessons.push_back({compiler::sample(space.decisions, at.random), teacher::largest});
    return lessons;
  };
}

path_estimator mini_batch_estimator() {
  return [](sampling_step& at, architecture const& a) {
    torch::NoGradGuard const no_gradient;
    return -torch::cross_entropy_loss(at.supernet.forward(at.seen.images, a), at.seen.labels).item<double>();
  };
}

path_sampler attentive(compiled_space const& space, attention kind, int middle_paths, int candidates,
                       path_estimator estimator, path_noise const& of_largest) {
  constexpr std::uint64_t of_conditional = 1; // the same architectures in every run
  auto const conditional = std::make_shared<compiler::cost_conditional const>(space.costs, of_conditional,
                                                                              compiler::cost_conditional::parameters{});
  return [=, largest = largest_of(space), smallest = smallest_of(space)](sampling_step& at) {
    std::vector<lesson> lessons{{largest, teacher::labels, of_largest}};
    for (int i = 0; i < middle_paths; ++i) {
      auto const target = conditional->draw_target(at.random);
      auto chosen = conditional->sample(at.random, target);
      if (kind != attention::uniform) {
        auto best = estimator(at, chosen);
        for (int c = 1; c < candidates; ++c) {
          auto rival = conditional->sample(at.random, target);
          auto const estimate = estimator(at, rival);
          if (kind == attention::best_up ? estimate > best : estimate < best) {
            best = estimate;
            chosen = std::move(rival);
          }
        }
      }
      lessons.push_back({std::move(chosen), teacher::largest});
    }
    lessons.push_back({smallest, teacher::largest});
    return lessons;
  };
}

namespace {

// The options of a decision that are drawn, in the order of size from the largest on.
std::vector<std::uint32_t> allowed_options(decision const& d, compiler::decision_role role,
                                           shrunk_options const& shrunk) {
  using enum compiler::decision_role;
  std::vector<std::uint32_t> options(d.options.size());
  std::iota(options.begin(), options.end(), 0U);
  int const count = role == kernel                       ? shrunk.kernel
                    : role == depth                      ? shrunk.depth
                    : role == expansion || role == width ? shrunk.expansion
                                                         : std::numeric_limits<int>::max();
  if (d.numbers.empty() || count >= static_cast<int>(options.size()))
    return options;
  std::ranges::sort(options, std::greater{}, [&](std::uint32_t o) { return d.numbers[o]; });
  options.resize(static_cast<std::size_t>(std::max(1, count)));
  return options;
}

class shrunk_space {
public:
  shrunk_space(compiled_space const& space, shrunk_options const& shrunk) : space_(space.decisions) {
    auto const roles = compiler::roles_of(space.expanded, space_);
    for (std::size_t i = 0; i < space_.size(); ++i)
      options_.push_back(allowed_options(space_[i], roles[i], shrunk));
  }

  architecture draw(compiler::random_generator& random) const {
    constexpr int tries = 1000;
    for (int i = 0; i < tries; ++i) {
      auto a = draw_each(random);
      if (compiler::faults(space_, a).empty())
        return a;
    }
    throw user_error("the constraints of this space couple decisions so that no largest options stand together; give a "
                     "space whose kernels, depths and widths are independent, or search it with big-nas");
  }

private:
  // Whatever constraints and chains say.
  architecture draw_each(compiler::random_generator& random) const {
    architecture a{std::vector<std::uint32_t>(space_.size())};
    std::vector<bool> exists(space_.size(), true);
    for (std::size_t i = 0; i < space_.size(); ++i) {
      auto const& d = space_[i];
      if (auto const parent = static_cast<std::size_t>(d.parent); d.parent >= 0)
        exists[i] = exists[parent] && compiler::exists_where(d, space_[parent], a.values[parent]);
      if (!exists[i])
        continue;
      auto const values = d.type == decision::kind::subset ? compiler::subset_values(d) : options_[i];
      a.values[i] = values[random.below(static_cast<std::uint32_t>(values.size()))];
    }
    return a;
  }

  decision_space const& space_;
  std::vector<std::vector<std::uint32_t>> options_;
};

} // namespace

path_sampler shrunk_paths(compiled_space const& space, shrunk_options const& options, int count) {
  auto const shrunk = std::make_shared<shrunk_space const>(space, options);
  return [shrunk, count](sampling_step& at) {
    std::vector<lesson> lessons;
    for (int i = 0; i < count; ++i)
      lessons.push_back({shrunk->draw(at.random), teacher::full_network});
    return lessons;
  };
}

} // namespace espalier::runtime
