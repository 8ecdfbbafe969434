#include "prelude.hpp"

#include "../../runtime/src/schedule.hpp"
#include "searches.hpp"

#include <espalier/compiler/specialize.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/pareto.hpp>
#include <espalier/runtime/selection.hpp>
#include <espalier/runtime/threads.hpp>
#include <espalier/runtime/training.hpp>

#include <algorithm>
#include <set>

namespace {

using namespace espalier;
using compiler::architecture;
using runtime::network;
using test::temporary_folder;

constexpr auto macs = &compiler::operation_cost::macs;

std::vector<at::Tensor> copies_of_tensors(network const& net) {
  std::vector<at::Tensor> copies;
  for (auto const& tensors : {net.parameters(), net.buffers()})
    for (auto const& tensor : tensors)
      copies.push_back(tensor.clone());
  return copies;
}

bool are_equal(std::vector<at::Tensor> const& a, std::vector<at::Tensor> const& b) {
  return std::ranges::equal(a, b, [](at::Tensor const& x, at::Tensor const& y) { return torch::equal(x, y); });
}

// As if it were trained: no scale is 1, no shift 0 and no map of kernels the identity any more.
void disturb(network& supernet) {
  torch::NoGradGuard const no_gradient;
  for (auto& parameter : supernet.parameters())
    parameter.add_(torch::randn_like(parameter), 0.1);
}

// Of a path that runs inside the supernet.
double accuracy_inside(network& supernet, architecture const& a, runtime::batches const& calibration,
                       runtime::batches const& judged) {
  runtime::recalibrate(supernet, calibration, [&](at::Tensor const& x) { return supernet.forward(x, a); });
  supernet.eval();
  torch::NoGradGuard const no_gradient;
  double correct = 0;
  double count = 0;
  for (auto const& [images, labels] : judged) {
    correct += supernet.forward(images, a).argmax(1).eq(labels).sum().item<double>();
    count += static_cast<double>(labels.size(0));
  }
  return correct / count;
}

// Judges without a network, by multiply-adds and parameters against each other, and notes what it is asked.
class noting_judge {
public:
  explicit noting_judge(compiler::compiled_space const& space) : space_(space) {}
  double operator()(architecture const& a) {
    asked_->push_back(a);
    auto const cost = space_.costs.of(a);
    return 1 - 1e4 / static_cast<double>(cost.macs) - 1e-6 * static_cast<double>(cost.params);
  }
  [[nodiscard]] std::vector<architecture> const& asked() const { return *asked_; }

private:
  compiler::compiled_space const& space_;
  std::shared_ptr<std::vector<architecture>> asked_ = std::make_shared<std::vector<architecture>>();
};

runtime::search_options selection_within(long long most) {
  runtime::search_options options;
  options.trials = 60;
  options.population = 10;
  options.max_macs = most;
  return options;
}

} // namespace

TEST_CASE("an extracted path is as accurate as inside its supernet, to the last digit, and leaves that alone") {
  runtime::use_threads(1);
  auto const data = test::stripes();
  auto const norm = runtime::normalization_of(data.train);
  auto const calibration = runtime::calibration_images(data.train);
  for (auto declared : {test_spaces::cells.view(), test_spaces::nested.view(), test_spaces::numbers.view()})
    for (auto const& [norms, smaller] : {std::pair{network::affine::no, network::windows::centred},
                                         {network::affine::yes, network::windows::transformed}}) {
      auto const space = test_spaces::compiled(declared);
      torch::manual_seed(5);
      network supernet{space->expanded, space->decisions, norms, nullptr, smaller};
      disturb(supernet);
      compiler::random_generator random{3};
      for (int i = 0; i < 5; ++i) {
        auto const a = compiler::sample(space->decisions, random);
        auto const path = compiler::specialize(space->expanded, space->decisions, a);
        auto const before = copies_of_tensors(supernet);
        auto const extracted = runtime::recalibrated_accuracy(supernet, path, calibration, data.test, norm);
        CHECK(are_equal(before, copies_of_tensors(supernet)));
        CHECK(extracted == accuracy_inside(supernet, a, calibration, {data.test, norm, 256}));
        CHECK(extracted == runtime::recalibrated_accuracy(supernet, path, calibration, data.test, norm));
      }
    }
}

TEST_CASE("statistics are measured on a twentieth of the training images") {
  auto const data = test::stripes(160, 1);
  auto const images = runtime::calibration_images(data);
  REQUIRE(images.size() == 1);
  CHECK(images[0].images.size(0) == 8);
  CHECK(torch::equal(images[0].images, runtime::calibration_images(data)[0].images));
}

TEST_CASE("paths are judged on those images alone that trained no weights of the search") {
  runtime::use_threads(1);
  auto data = test::stripes(160, 1);
  for (std::int64_t i = 0; i < data.size(); ++i)
    data.images[i][0][7][7] = i; // by which an image is known again
  runtime::search_options trained;
  trained.images = 120;
  trained.seed = 4;
  auto const space = test_spaces::compiled(test_spaces::numbers.view());
  torch::manual_seed(5);
  network supernet{space->expanded, space->decisions, network::affine::no};
  compiler::random_generator random{3};
  auto const a = compiler::sample(space->decisions, random);
  auto const accuracy = runtime::validation_judge(supernet, data, trained)(a);

  auto const halves = runtime::training_halves(data, trained.images, trained.seed);
  auto const accuracy_with_other_labels_of = [&](runtime::dataset const& half) {
    auto changed = data;
    changed.labels = data.labels.clone();
    for (std::int64_t i = 0; i < half.size(); ++i) {
      auto const known = half.images[i][0][7][7].item<std::int64_t>();
      changed.labels[known] = (changed.labels[known] + 1) % 3;
    }
    return runtime::validation_judge(supernet, changed, trained)(a);
  };
  CHECK(halves.first.size() == 60);
  CHECK(accuracy_with_other_labels_of(halves.first) == accuracy);
  CHECK(accuracy_with_other_labels_of(halves.second) != accuracy);
}

TEST_CASE("selections for several limits judge no path twice, nor again when they are repeated later") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  temporary_folder const path;
  runtime::run_folder const folder{path.path(), {{"command", "select"}}, space->text};
  runtime::silent_progress silent;
  noting_judge const judge{*space};
  runtime::path_selector selector{*space, judge, folder, silent};
  std::vector<runtime::judged_path> best;
  for (long long const most : {1'000'000, 3'000'000, 3'000'000}) {
    best.push_back(selector.best_within(selection_within(most)));
    CHECK(space->costs.of(best.back().a).macs <= most);
    CHECK(best.back().accuracy == noting_judge{*space}(best.back().a));
  }
  CHECK(best[2] == best[1]);
  auto const front = selector.pareto_front(selection_within(3'000'000));
  std::set<architecture> const once{judge.asked().begin(), judge.asked().end()};
  CHECK(once.size() == judge.asked().size());
  CHECK(once.size() <= 3 * 60); // of two limits and a front
  CHECK(selector.judged().size() == once.size());

  noting_judge const unasked{*space};
  runtime::path_selector again{*space, unasked, folder, silent};
  CHECK(again.best_within(selection_within(1'000'000)) == best[0]);
  CHECK((again.pareto_front(selection_within(3'000'000)) == front));
  CHECK(unasked.asked().empty());
}

TEST_CASE("a selection that is interrupted goes on with what it judged") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  temporary_folder const path;
  runtime::run_folder const folder{path.path(), {{"command", "select"}}, space->text};
  runtime::silent_progress silent;
  test::killer kill{25};
  noting_judge const first{*space};
  runtime::path_selector interrupted{*space, first, folder, kill};
  REQUIRE_THROWS_AS(interrupted.best_within(selection_within(3'000'000)), test::stopped);
  noting_judge const second{*space};
  runtime::path_selector resumed{*space, second, folder, silent};
  auto const best = resumed.best_within(selection_within(3'000'000));
  CHECK(first.asked().size() == 25);
  CHECK(second.asked().size() == 35);

  temporary_folder const elsewhere;
  runtime::run_folder const whole{elsewhere.path(), {{"command", "select"}}, space->text};
  CHECK(runtime::path_selector{*space, noting_judge{*space}, whole, silent}.best_within(selection_within(3'000'000)) ==
        best);
}

TEST_CASE("a front holds every judged path that none beats, in rising order of multiply-adds") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  temporary_folder const path;
  runtime::run_folder const folder{path.path(), {{"command", "select"}}, space->text};
  runtime::silent_progress silent;
  runtime::path_selector selector{*space, noting_judge{*space}, folder, silent};
  auto const front = selector.pareto_front(selection_within(3'000'000));
  auto const point_of = [&](runtime::judged_path const& judged) {
    return std::vector{static_cast<double>(space->costs.of(judged.a).macs), -judged.accuracy};
  };
  std::set<std::vector<double>> unbeaten;
  for (auto const& one : selector.judged())
    if (std::ranges::none_of(selector.judged(),
                             [&](auto const& other) { return runtime::dominates(point_of(other), point_of(one)); }))
      unbeaten.insert(point_of(one));
  std::vector<std::vector<double>> points;
  std::ranges::transform(front, std::back_inserter(points), point_of);
  CHECK(points == std::vector(unbeaten.begin(), unbeaten.end()));
  for (auto const& point : points)
    CHECK(point[0] <= 3e6);
}

TEST_CASE("a selection ends where no path is left, and is refused where there is none") {
  auto const space = test_spaces::compiled(spaces::fashion::blocks.view());
  temporary_folder const path;
  runtime::run_folder const folder{path.path(), {{"command", "select"}}, space->text};
  runtime::silent_progress silent;
  runtime::path_selector selector{*space, noting_judge{*space}, folder, silent};
  auto const smallest = space->costs.smallest(macs);
  auto const least = space->costs.of(smallest).macs;
  CHECK(selector.best_within(selection_within(least)).a == smallest);
  CHECK(selector.judged().size() == 1);
  auto const message = test::user_error_of([&] { selector.best_within(selection_within(least - 1)); });
  CHECK_THAT(message, Catch::Matchers::ContainsSubstring(std::to_string(least)));
}
