#include "prelude.hpp"

#include "../../runtime/src/sampled/sampled_path.hpp"
#include "../../runtime/src/schedule.hpp"
#include "../../runtime/src/strategy/enas.hpp"
#include "../../runtime/src/strategy/sampling.hpp"
#include "searches.hpp"

#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/random_stream.hpp>

#include <map>
#include <set>

namespace {

using namespace espalier;
using namespace espalier::test;
using compiler::architecture;
using runtime::enas_controller;
using runtime::network;

namespace small {

using namespace dsl;

// clang-format off
inline constexpr auto edge = choice(conv(3), skip_connect(), max_pool(3));
inline constexpr auto normal = cell("normal", nodes(2), picks(2), loose_ends, edge);
/// As enas-micro.
inline constexpr auto micro = search_space("small-micro", image(1, 8, 8),
    conv(3, channels(4)), batch_norm(), normal(4), normal(4), global_avg_pool(), linear(3));
/// As enas-macro.
inline constexpr auto macro = search_space("small-macro", image(1, 8, 8),
    conv(3, channels(4)), batch_norm(),
    skip_chain("layers", nodes(4), reduce_every(2), choice(block("conv", conv(3), batch_norm(), relu()), max_pool(3))),
    global_avg_pool(), linear(3));
/// Of three candidates the second says nothing of the image.
inline constexpr auto useful = search_space("small-useful", image(1, 8, 8),
    choice("layer", conv(1, channels(8)), block("blind", conv(1, channels(8)), none()), block("sees", conv(3, channels(8)),
           batch_norm(), relu(), max_pool(3, stride(2)), upsample(2))),
    flatten(), linear(3));
// clang-format on

} // namespace small

search_options options_of(std::int64_t epochs) {
  search_options options;
  options.batch = 16;
  options.epochs = epochs;
  options.trials = 5;
  return options;
}

/// What a search works with, in a folder of its own.
class session {
public:
  session(dsl::space_view declared, search_options const& options, std::filesystem::path const& folder,
          runtime::progress& report)
      : space_(test_spaces::compiled(declared)), options_(options), folder_(folder, {{"test", "enas"}}, space_->text),
        context_(context_in(report)) {}

  [[nodiscard]] runtime::search_context const& context() const { return context_; }
  [[nodiscard]] compiler::compiled_space const& space() const { return *space_; }
  [[nodiscard]] std::unique_ptr<network> supernet() const { // as a search begins with it
    torch::manual_seed(runtime::derive_seed(options_.seed, "initialization"));
    return std::make_unique<network>(space_->expanded, space_->decisions, network::affine::yes);
  }

private:
  runtime::search_context context_in(runtime::progress& report) {
    auto halves = runtime::training_halves(stripes().train, options_.images, options_.seed);
    return {*space_,
            std::move(halves.first),
            std::move(halves.second),
            options_,
            runtime::limit_of(*space_, options_),
            folder_,
            report};
  }

  std::unique_ptr<compiler::compiled_space> space_;
  search_options options_;
  runtime::run_folder folder_;
  runtime::search_context context_;
};

std::map<std::string, at::Tensor> state_of(network const& net) {
  std::map<std::string, at::Tensor> found;
  for (auto const& p : net.named_parameters())
    found[p.key()] = p.value().detach().clone();
  for (auto const& b : net.named_buffers())
    found[b.key()] = b.value().clone();
  return found;
}

std::set<std::string> differing(std::map<std::string, at::Tensor> const& a,
                                std::map<std::string, at::Tensor> const& b) {
  std::set<std::string> names;
  for (auto const& [name, tensor] : a)
    if (!tensor.equal(b.at(name)))
      names.insert(name);
  return names;
}

std::vector<at::Tensor> weights_of(runtime::policy const& p) {
  std::vector<at::Tensor> copies;
  for (auto const& w : p.weights())
    copies.push_back(w.detach().clone());
  return copies;
}

} // namespace

TEST_CASE("a step of ENAS changes the weights of the path that its controller drew, and no others") {
  for (auto const declared : {small::micro.view(), small::macro.view()}) {
    temporary_folder folder;
    runtime::silent_progress silent;
    auto options = options_of(1);
    options.images = 32; // one batch for the weights
    session const run{declared, options, folder.path(), silent};
    auto const supernet = run.supernet();
    auto const before = state_of(*supernet);
    enas_controller fresh{run.context(), {}};
    auto const epoch =
        runtime::batches{run.context().weights_data, runtime::normalization_of(run.context().weights_data), 16, 1};
    runtime::sampling_step at{0, epoch[0], *supernet,
                              compiler::random_generator{runtime::derive_seed(options.seed, "path", 0)}};
    auto const lessons = fresh(at);
    REQUIRE(lessons.size() == 1);
    std::set<std::string> used;
    runtime::sampled_path const path{*supernet, lessons.front().path};
    for (auto const& t : path.tensors())
      for (auto const& p : supernet->named_parameters())
        if (p.value().is_same(t.whole))
          used.insert(p.key());

    search_enas(run.context());
    network trained{run.space().expanded, run.space().decisions, network::affine::yes};
    torch::serialize::InputArchive archive;
    archive.load_from((folder / "supernet.pt").string());
    trained.load(archive);
    std::set<std::string> changed;
    for (auto const& name : differing(before, state_of(trained)))
      if (trained.named_parameters().contains(name))
        changed.insert(name);
    CHECK_FALSE(changed.empty());
    CHECK(std::ranges::includes(used, changed));
    CHECK(used.size() < before.size());
  }
}

TEST_CASE("the controller of ENAS learns without a trace in the supernet or the global generator") {
  for (auto const declared : {small::micro.view(), small::macro.view()}) {
    temporary_folder folder;
    runtime::silent_progress silent;
    session const run{declared, options_of(2), folder.path(), silent};
    auto const supernet = run.supernet();
    auto const before = state_of(*supernet);
    enas_controller controller{run.context(), {}};
    auto const weights = weights_of(controller.learned());
    torch::manual_seed(12);
    controller.catch_up(1, *supernet);
    auto const next = torch::rand({4});
    torch::manual_seed(12);
    CHECK(next.equal(torch::rand({4})));
    CHECK(differing(before, state_of(*supernet)).empty());
    CHECK_FALSE(weights_of(controller.learned())[0].equal(weights[0]));

    enas_controller const resumed{run.context(), {}}; // from the folder
    auto const learned = weights_of(controller.learned());
    auto const restored = weights_of(resumed.learned());
    for (std::size_t i = 0; i < learned.size(); ++i)
      CHECK(restored[i].equal(learned[i]));
  }
}

TEST_CASE("the controller of ENAS prefers what sees the image") {
  temporary_folder folder;
  runtime::silent_progress silent;
  auto options = options_of(30);
  options.learning_rate = 0.05;
  options.architecture_learning_rate = 0.05;
  session const run{small::useful.view(), options, folder.path(), silent};
  auto const result = search_enas(run.context());
  enas_controller const learned{run.context(), {}};
  std::vector<double> probabilities;
  for (std::uint32_t option = 0; option < 3; ++option) {
    architecture a{std::vector<std::uint32_t>(run.space().decisions.size())};
    a.values[0] = option;
    probabilities.push_back(learned.learned().judge(std::vector{a}).log_probability.exp().item<double>());
  }
  CHECK(probabilities[1] < 0.2);
  CHECK(result.best.values[0] != 1);
  CHECK(result.score > 0.6);
}

TEST_CASE("a search by ENAS that is killed resumes to the same architecture and weights, bit for bit") {
  for (auto const declared : {small::micro.view(), small::macro.view()}) {
    runtime::silent_progress silent;
    temporary_folder whole;
    session const run{declared, options_of(3), whole.path(), silent};
    auto const expected = search_enas(run.context());
    CHECK(compiler::faults(run.space().decisions, expected.best) == std::vector<std::string>{});
    for (int const steps : {3, 6, 11, 15, 17}) { // of 15 that train, and some that derive
      INFO("killed at " << steps);
      temporary_folder folder;
      {
        killer kill{steps};
        session const interrupted{declared, options_of(3), folder.path(), kill};
        REQUIRE_THROWS_AS(search_enas(interrupted.context()), stopped);
      }
      session const resumed{declared, options_of(3), folder.path(), silent};
      auto const found = search_enas(resumed.context());
      CHECK((found.best == expected.best));
      CHECK(found.score == expected.score);
      CHECK((runtime::read_file(folder / "supernet.pt") == runtime::read_file(whole / "supernet.pt")));
    }
  }
}
