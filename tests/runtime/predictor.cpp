#include "prelude.hpp"

#include "../../runtime/src/checkpoint.hpp"
#include "../../runtime/src/sampled/accuracy_predictor.hpp"
#include "decided_spaces.hpp"
#include "fixtures.hpp"
#include "spaces.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/runtime/threads.hpp>

#include <cmath>
#include <fstream>
#include <iterator>

namespace {

using namespace espalier;
using compiler::architecture;
using runtime::accuracy_predictor;
using runtime::measured_architecture;

// An accuracy to which every option of every decision adds its own.
class additive_oracle {
public:
  explicit additive_oracle(compiler::decision_space const& space) : space_(space) {
    compiler::random_generator random{77};
    for (auto const& d : space.decisions()) {
      worth_.emplace_back();
      for (std::size_t o = 0; o < d.options.size(); ++o)
        worth_.back().push_back(0.02 * random.uniform());
    }
  }

  double operator()(architecture const& a) const {
    auto const active = compiler::active_decisions(space_, a);
    double accuracy = 0.8;
    for (std::size_t i = 0; i < active.size(); ++i)
      for (std::size_t o = 0; active[i] && o < worth_[i].size(); ++o)
        accuracy += compiler::takes(space_[i], a.values[i], o) ? worth_[i][o] : 0;
    return accuracy;
  }

private:
  compiler::decision_space const& space_;
  std::vector<std::vector<double>> worth_;
};

std::vector<measured_architecture> measured(compiler::decision_space const& space, int count, std::uint64_t seed) {
  additive_oracle const accuracy{space};
  compiler::random_generator random{seed};
  std::vector<measured_architecture> made;
  for (int i = 0; i < count; ++i) {
    auto a = compiler::sample(space, random);
    auto const of = accuracy(a);
    made.push_back({std::move(a), of});
  }
  return made;
}

std::vector<architecture> architectures_of(std::vector<measured_architecture> const& measured) {
  std::vector<architecture> made;
  for (auto const& m : measured)
    made.push_back(m.a);
  return made;
}

// Kendall's tau: pairs in the same order less pairs in the other, of all.
double kendall_tau(std::vector<measured_architecture> const& measured, std::vector<double> const& predicted) {
  int agreement = 0;
  int pairs = 0;
  for (std::size_t i = 0; i < measured.size(); ++i)
    for (std::size_t j = 0; j < i; ++j, ++pairs)
      agreement += (measured[i].accuracy - measured[j].accuracy) * (predicted[i] - predicted[j]) > 0 ? 1 : -1;
  return static_cast<double>(agreement) / pairs;
}

std::string bytes_of(std::filesystem::path const& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void save(accuracy_predictor const& predictor, std::filesystem::path const& path) {
  runtime::write_archive(path, [&](torch::serialize::OutputArchive& archive) { predictor.save(archive); });
}

} // namespace

TEST_CASE("a predictor ranks architectures that it has not seen, in the unit of what it was fitted to") {
  runtime::use_threads(1);
  // Plain choices; then subsets, and decisions that hang on others.
  for (auto declared : {spaces::fashion::blocks.view(), decided_spaces::subsets.view()}) {
    auto const space = test_spaces::compiled(declared);
    INFO(space->structured.name);
    accuracy_predictor predictor{space->decisions};
    predictor.fit(measured(space->decisions, 500, 1), 2);
    auto const unseen = measured(space->decisions, 300, 3);
    auto const predicted = predictor.predict(architectures_of(unseen));
    CHECK(kendall_tau(unseen, predicted) >= 0.9);
    for (std::size_t i = 0; i < unseen.size(); ++i)
      REQUIRE(std::abs(predicted[i] - unseen[i].accuracy) < 0.02);
    CHECK(predictor(unseen.front().a) == Approx(predicted.front()));
  }
}

TEST_CASE("the same seed fits the same predictor, another one another, whatever was drawn before") {
  runtime::use_threads(1);
  auto const space = test_spaces::compiled(test_spaces::nested.view());
  auto const known = measured(space->decisions, 60, 4);
  auto const asked = architectures_of(measured(space->decisions, 20, 5));
  accuracy_predictor predictor{space->decisions};
  predictor.fit(known, 6);
  auto const first = predictor.predict(asked);
  torch::rand({3});
  accuracy_predictor again{space->decisions};
  again.fit(known, 6);
  CHECK(again.predict(asked) == first);
  predictor.fit(known, 7);
  CHECK(predictor.predict(asked) != first);
  predictor.fit(known, 6);
  CHECK(predictor.predict(asked) == first);
}

TEST_CASE("a predictor that was saved and loaded predicts the same and is saved as the same bytes") {
  runtime::use_threads(1);
  auto const space = test_spaces::compiled(test_spaces::nested.view());
  accuracy_predictor predictor{space->decisions};
  predictor.fit(measured(space->decisions, 60, 8), 9);
  test::temporary_folder const folder;
  save(predictor, folder / "predictor.pt");
  accuracy_predictor loaded{space->decisions};
  auto const load = [&](accuracy_predictor& into) {
    return runtime::read_archive(folder / "predictor.pt",
                                 [&](torch::serialize::InputArchive& archive) { into.load(archive); });
  };
  REQUIRE(load(loaded));
  auto const asked = architectures_of(measured(space->decisions, 20, 10));
  CHECK(loaded.predict(asked) == predictor.predict(asked));
  save(loaded, folder / "again.pt");
  CHECK(bytes_of(folder / "again.pt") == bytes_of(folder / "predictor.pt"));

  auto const other = test_spaces::compiled(test_spaces::cells.view());
  accuracy_predictor foreign{other->decisions};
  CHECK_THROWS_WITH(load(foreign), "the predictor was fitted to the decisions " + space->decisions.fingerprint() +
                                       ", the space has " + other->decisions.fingerprint() +
                                       ": use the space it was fitted to");
  CHECK_THROWS_AS(foreign.predict(asked), internal_error);
}

TEST_CASE("a predictor of equal accuracies predicts them") {
  runtime::use_threads(1);
  auto const space = test_spaces::compiled(test_spaces::nested.view());
  auto known = measured(space->decisions, 20, 11);
  for (auto& m : known)
    m.accuracy = 0.75;
  accuracy_predictor predictor{space->decisions};
  predictor.fit(known, 12);
  CHECK(predictor(known.front().a) == Approx(0.75).margin(0.1));
  CHECK_THROWS_AS(predictor.fit({}, 12), internal_error);
}
