#include "prelude.hpp"

#include "../../runtime/src/mixed/images.hpp"
#include "fixtures.hpp"
#include "reference_executor.hpp"
#include "spaces.hpp"

#include <espalier/compiler/kernel_library.hpp>
#include <espalier/compiler/local_compiler.hpp>
#include <espalier/compiler/passes/partial_channels.hpp>
#include <espalier/runtime/network.hpp>
#include <espalier/runtime/relaxed_kernels.hpp>
#include <espalier/runtime/threads.hpp>
#include <spaces/nas_bench_201.hpp>

#include <espalier/compiler/mixed_sums.hpp>

#include <cstdlib>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace {

using namespace espalier;
using compiler::kernel_library;
using runtime::network;

// Few cells: behind many, rounding in single precision alone differs by more than the bound.
namespace small {

using namespace dsl;

// clang-format off
inline constexpr auto darts = search_space("darts-small", image(3, 16, 16),
    conv(3, channels(24)), batch_norm(),
    spaces::darts::normal(8), spaces::darts::reduction(16), global_avg_pool(), linear(10));

inline constexpr auto nas_bench_201 = search_space("nas-bench-201-small", image(3, 12, 12),
    conv(3, channels(16)), batch_norm(),
    cell("cell", nodes(3), keep_all, inputs(1), last_node, spaces::nas_bench_201::edge)(),
    spaces::nas_bench_201::reduction(32),
    cell("cell", nodes(3), keep_all, inputs(1), last_node, spaces::nas_bench_201::edge)(),
    batch_norm(), relu(), global_avg_pool(), linear(10));

/// Choices that nothing joins, maps of odd sizes, strides, other kernels and numbers of channels.
constexpr auto separable(label name, int kernel, int width, int step = 1) {
  return block(name, relu(), depthwise_conv(kernel, stride(step)), conv(1, channels(width)), search_batch_norm());
}
inline constexpr auto chain = search_space("separable-chain", image(3, 13, 11),
    conv(3, channels(12)), batch_norm(),
    choice(separable("a", 3, 12, 2), separable("b", 7, 12, 2), max_pool(3, stride(2))),
    choice(separable("c", 5, 12), skip_connect(), avg_pool(5), none()),
    choice(separable("d", 3, 20), separable("e", 5, 20)),
    global_avg_pool(), linear(10));

/// Nothing that LibTorch would divide among threads.
inline constexpr auto sums_alone = search_space("sums-alone", image(8, 12, 12),
    choice(separable("a", 3, 16, 2), separable("b", 5, 16, 2)),
    choice(sep_conv(3), dil_conv(5), block("dense", relu(), conv(3), batch_norm()), skip_connect(), max_pool(3)),
    global_avg_pool(), linear(10));
// clang-format on

} // namespace small

// Set while the object lives.
class environment_variable {
public:
  environment_variable(char const* name, std::string const& value) : name_(name) {
    if (auto const* const known = std::getenv(name); known != nullptr)
      before_ = known;
    setenv(name, value.c_str(), 1);
  }
  ~environment_variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }
  environment_variable(environment_variable const&) = delete;
  environment_variable& operator=(environment_variable const&) = delete;

private:
  char const* name_;
  std::optional<std::string> before_;
};

// The sums of a graph that kernels may compute, without those inside of others, and those that they did, by the
// names of what goes the way back.
std::size_t sums_of(compiler::region const& body) {
  auto const sums = compiler::find_mixed_sums(body);
  std::set<std::string> covered;
  for (auto const& sum : sums)
    for (auto const& edge : sum.edges)
      covered.insert(edge.choice);
  auto count = sums.size();
  for (auto const& op : body.operations)
    if (!covered.contains(op.name()))
      for (auto const& inner : op.regions)
        count += sums_of(inner);
  return count;
}

std::size_t sums_by_kernels(at::Tensor const& result) {
  std::set<torch::autograd::Node*> known;
  std::vector<torch::autograd::Node*> left{result.grad_fn().get()};
  std::size_t count = 0;
  while (!left.empty()) {
    auto* const node = left.back();
    left.pop_back();
    if (node == nullptr || !known.insert(node).second)
      continue;
    count += node->name().find("mixed_backward") != std::string::npos ? 1 : 0;
    for (auto const& edge : node->next_edges())
      left.push_back(edge.function.get());
  }
  return count;
}

struct results {
  double loss = 0;
  std::size_t sums_by_kernels = 0;
  at::Tensor weights;    // gradients, one after another
  at::Tensor alphas;     // gradients
  at::Tensor statistics; // of normalizations, afterwards
};

class contest {
public:
  contest(dsl::space_view declared, torch::Dtype numbers, int parts = 1)
      : space_(test_spaces::compiled(declared)), graph_(compiler::partial_channels(space_->expanded, parts)),
        numbers_(numbers), parts_(parts) {
    torch::manual_seed(1);
    x_ = runtime::random_batch(space_->expanded.input(), 5).to(numbers);
    labels_ = torch::randint(10, {5});
    auto counts = runtime::candidate_counts(graph_, space_->decisions);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (parts > 1 && space_->decisions[i].type == compiler::decision::kind::subset) // weights of edges
        counts[i] = static_cast<std::int64_t>(space_->decisions[i].options.size());
      alphas_.push_back(counts[i] > 0 ? torch::randn({counts[i]}, numbers).set_requires_grad(true) : at::Tensor{});
    }
  }

  std::shared_ptr<kernel_library const> kernels() const {
    return kernel_library::compile(graph_, compiler::local_compiler("kernels"),
                                   numbers_ == torch::kFloat64 ? kernel_library::precision::twice
                                                               : kernel_library::precision::single);
  }

  [[nodiscard]] std::size_t sums() const { return sums_of(graph_.body); }

  results of_network(std::shared_ptr<kernel_library const> kernels, bool is_training) {
    auto const net = make(std::move(kernels), is_training);
    return of(*net, [&] { return net->forward(x_, {weights()}); });
  }

  results of_reference(bool is_training) {
    auto const net = make(nullptr, is_training);
    reference_executor const reference{space_->expanded, space_->decisions, *net, parts_};
    return of(*net, [&] { return reference.forward(x_, weights(), is_training); });
  }

private:
  // The same weights and statistics each time.
  std::unique_ptr<network> make(std::shared_ptr<kernel_library const> kernels, bool is_training) const {
    torch::manual_seed(2);
    auto net = std::make_unique<network>(graph_, space_->decisions, network::affine::no, std::move(kernels));
    net->to(numbers_);
    net->train(is_training);
    torch::NoGradGuard const no_gradient;
    for (auto& buffer : net->named_buffers()) {
      if (buffer.key().ends_with("running_mean"))
        buffer.value().normal_(0, 0.1);
      if (buffer.key().ends_with("running_var"))
        buffer.value().uniform_(0.5, 1.5);
    }
    return net;
  }

  std::vector<at::Tensor> weights() const {
    std::vector<at::Tensor> made;
    for (auto const& alpha : alphas_)
      made.push_back(alpha.defined() ? alpha.softmax(0) : at::Tensor{});
    return made;
  }

  template <class Forward>
  results of(network& net, Forward forward) {
    auto const loss = torch::cross_entropy_loss(forward(), labels_);
    auto const by_kernels = sums_by_kernels(loss);
    loss.backward();
    results found{loss.template item<double>(), by_kernels, {}, {}, {}};
    std::vector<at::Tensor> parts;
    auto const joined = [&] { return torch::cat(std::exchange(parts, {})).to(torch::kFloat64); };
    for (auto const& p : net.parameters())
      parts.push_back(p.grad().flatten());
    found.weights = joined();
    for (auto& alpha : alphas_)
      if (alpha.defined()) {
        parts.push_back(alpha.grad().clone());
        alpha.mutable_grad().reset();
      }
    found.alphas = joined();
    for (auto const& buffer : net.buffers())
      parts.push_back(buffer.to(torch::kFloat64).flatten());
    found.statistics = joined();
    return found;
  }

  std::unique_ptr<compiler::compiled_space> space_;
  compiler::graph graph_;
  torch::Dtype numbers_;
  int parts_;
  at::Tensor x_;
  at::Tensor labels_;
  std::vector<at::Tensor> alphas_;
};

double error_of(at::Tensor const& got, at::Tensor const& expected) {
  return ((got - expected).norm() / expected.norm()).item<double>();
}

void check_equal(results const& got, results const& expected, double bound) {
  CHECK(std::abs(got.loss - expected.loss) <= bound * std::abs(expected.loss));
  CHECK(error_of(got.weights, expected.weights) <= bound);
  CHECK(error_of(got.alphas, expected.alphas) <= bound);
  CHECK(error_of(got.statistics, expected.statistics) <= bound);
}

void check_space(dsl::space_view declared, int parts = 1) {
  for (auto const numbers : {torch::kFloat32, torch::kFloat64}) {
    double const bound = numbers == torch::kFloat64 ? 1e-10 : 1e-4;
    contest c{declared, numbers, parts};
    auto const kernels = c.kernels();
    REQUIRE(kernels != nullptr);
    for (bool const is_training : {true, false}) {
      CAPTURE(numbers, is_training);
      auto const expected = c.of_reference(is_training);
      CHECK(expected.weights.norm().item<double>() > 0);
      CHECK(expected.alphas.norm().item<double>() > 0);
      for (int const threads : {1, 2}) {
        CAPTURE(threads);
        runtime::use_threads(threads);
        check_equal(c.of_network(nullptr, is_training), expected, bound);
        auto const fused = c.of_network(kernels, is_training);
        runtime::use_threads(1);
        CHECK(fused.sums_by_kernels == c.sums());
        check_equal(fused, expected, bound);
      }
    }
  }
}

} // namespace

TEST_CASE("images of a batch are worked on by as many threads as there are") {
  runtime::use_threads(2);
  std::mutex guard;
  std::set<std::thread::id> threads;
  runtime::for_each_part(4, [&](std::int64_t) {
    std::lock_guard const lock{guard};
    threads.insert(std::this_thread::get_id());
  });
  runtime::use_threads(1);
  CHECK(threads.size() == 2);
}

TEST_CASE("relaxed sums are those of LibTorch operation by operation, by kernels too") {
  SECTION("cells of DARTS") {
    check_space(small::darts.view());
  }
  SECTION("cells of NAS-Bench-201") {
    check_space(small::nas_bench_201.view());
  }
  SECTION("cells of PC-DARTS") {
    check_space(small::darts.view(), 4);
  }
  SECTION("a chain of choices") {
    check_space(small::chain.view());
  }
}

TEST_CASE("kernels compute the same bytes with any number of threads") {
  contest c{small::sums_alone.view(), torch::kFloat32};
  auto const kernels = c.kernels();
  auto const before = torch::get_num_threads();
  torch::set_num_threads(1);
  auto const alone = c.of_network(kernels, true);
  torch::set_num_threads(2);
  auto const together = c.of_network(kernels, true);
  torch::set_num_threads(before);
  CHECK(alone.loss == together.loss);
  CHECK(torch::equal(alone.weights, together.weights));
  CHECK(torch::equal(alone.alphas, together.alphas));
  CHECK(torch::equal(alone.statistics, together.statistics));
}

TEST_CASE("what kernels were not compiled for, LibTorch computes") {
  contest c{small::chain.view(), torch::kFloat64};
  auto const single = kernel_library::compile(test_spaces::compiled(small::chain.view())->expanded,
                                              compiler::local_compiler("kernels"));
  check_equal(c.of_network(single, true), c.of_network(nullptr, true), 0);
}

TEST_CASE("a search goes on without kernels where there is no compiler") {
  class listener final : public runtime::progress {
  public:
    void begin(std::string const&, std::int64_t, std::int64_t) override {}
    void step(std::string const&) override {}
    void end(std::string const& summary) override { said += summary; }
    std::string said;
  } report;
  test::temporary_folder const folder;
  environment_variable const compiler{"CXX", "no-such-compiler"};
  environment_variable const cache{"XDG_CACHE_HOME", folder.path().string()};
  CHECK(runtime::kernels_for(test_spaces::compiled(small::chain.view())->expanded, report) == nullptr);
  CHECK_THAT(report.said, Catch::Matchers::ContainsSubstring("no-such-compiler"));
}
