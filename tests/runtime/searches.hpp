#pragma once

#include "fixtures.hpp"
#include "spaces.hpp"

#include <espalier/runtime/search.hpp>

#include <torch/torch.h>

#include <nlohmann/json.hpp>

namespace espalier::test {

using runtime::search_options;

/// 8x8 images of three classes that differ in which rows are bright.
inline runtime::dataset stripes(std::int64_t size, std::uint64_t seed) {
  torch::manual_seed(seed);
  auto const labels = torch::randint(3, {size}, torch::kLong);
  auto images = torch::randint(100, {size, 1, 8, 8}, torch::kUInt8);
  for (std::int64_t i = 0; i < size; ++i)
    images[i][0].slice(0, labels[i].item<std::int64_t>() * 2, labels[i].item<std::int64_t>() * 2 + 2) += 100;
  return {"stripes", images, labels, 3};
}

inline runtime::train_test stripes() {
  return {stripes(160, 1), stripes(80, 2)};
}

/// What `killer` throws.
struct stopped {};

/// Stops the run in the middle, as a kill would, after so many steps.
class killer final : public runtime::progress {
public:
  explicit killer(int steps) : left_(steps) {}
  void begin(std::string const&, std::int64_t, std::int64_t) override {}
  void step(std::string const&) override {
    if (--left_ == 0)
      throw stopped{};
  }
  void end(std::string const&) override {}

private:
  int left_;
};

inline search_options small_options() {
  search_options options;
  options.batch = 16;
  options.epochs = 3;
  options.trials = 6;
  options.population = 4;
  return options;
}

inline runtime::search_result search_in(std::filesystem::path const& folder, std::string const& strategy,
                                        compiler::compiled_space const& space, search_options const& options,
                                        runtime::progress& report, runtime::train_test const& data = stripes()) {
  runtime::run_folder run{folder, {{"strategy", strategy}, {"options", runtime::to_json(options)}}, space.text};
  return runtime::search(strategy, space, data, options, run, report);
}

} // namespace espalier::test
