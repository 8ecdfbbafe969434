#include "prelude.hpp"

#include "../../runtime/src/residual.hpp"
#include "../../runtime/src/sampled/channel_order.hpp"
#include "../../runtime/src/sampled/distillation.hpp"
#include "../../runtime/src/sampled/sampled_training.hpp"
#include "sampled_spaces.hpp"

#include <espalier/compiler/decision_roles.hpp>
#include <espalier/compiler/specialize.hpp>

#include <spaces/big_nas.hpp>
#include <spaces/fashion.hpp>

#include <map>

namespace {

using namespace espalier;
using namespace espalier::test;
using compiler::architecture;
using compiler::random_generator;
using runtime::network;
using runtime::path_descent;
using runtime::sampled_path;

std::map<std::string, at::Tensor> copied(network const& net) {
  std::map<std::string, at::Tensor> found;
  for (auto const& p : net.named_parameters())
    found[p.key()] = p.value().detach().clone();
  return found;
}

at::Tensor loss_of(at::Tensor const& logits, runtime::batch const& b) {
  return torch::cross_entropy_loss(logits, b.labels);
}

void backward(std::vector<sampled_path> const& paths, runtime::batch const& b) {
  for (auto const& path : paths)
    loss_of(path.forward(b.images), b).backward();
}

std::vector<sampled_path> bound(network& supernet, std::vector<architecture> const& architectures) {
  std::vector<sampled_path> paths;
  for (auto const& a : architectures)
    paths.emplace_back(supernet, a);
  return paths;
}

// Of each number the largest, of each choice this candidate.
architecture widest(compiler::decision_space const& space, std::uint32_t candidate) {
  architecture a{std::vector<std::uint32_t>(space.size())};
  for (std::size_t i = 0; i < space.size(); ++i)
    if (compiler::active_decisions(space, a)[i])
      a.values[i] = space[i].numbers.empty() ? candidate : static_cast<std::uint32_t>(space[i].options.size()) - 1;
  REQUIRE(compiler::faults(space, a).empty());
  return a;
}

void check_close(at::Tensor const& got, at::Tensor const& expected, double bound = 1e-10) {
  CHECK((got - expected).abs().max().item<double>() <= bound);
}

} // namespace

TEST_CASE("parameters of a sampled path are the supernet's memory, and its gradients those of the supernet") {
  for (auto declared : {small::mobile.view(), small::gathered.view()}) {
    auto const space = test_spaces::compiled(declared);
    torch::manual_seed(1);
    network supernet{space->expanded, space->decisions, network::affine::yes};
    supernet.to(torch::kFloat64);
    auto b = some_batch();
    b.images = b.images.to(torch::kFloat64);
    random_generator random{3};
    for (int i = 0; i < 4; ++i) {
      auto const a = compiler::sample(space->decisions, random);
      CAPTURE(space->structured.name, compiler::summary(space->decisions, a));
      for (auto const& p : supernet.parameters())
        p.mutable_grad() = at::Tensor{};
      auto const expected = loss_of(supernet.forward(b.images, a), b);
      expected.backward();
      sampled_path const path{supernet, a};
      auto const loss = loss_of(path.forward(b.images), b);
      loss.backward();
      check_close(loss, expected);
      std::size_t parameters = 0;
      for (auto const& t : path.tensors()) {
        if (!t.part.defined())
          continue;
        ++parameters;
        check_close(t.part.grad(), t.cut.of(t.whole.grad()));
        CHECK(t.whole.grad().abs().sum().item<double>() == Approx(t.part.grad().abs().sum().item<double>()));
      }
      CHECK(parameters == supernet.parameters_of(a).size());
    }
    auto const stem = sampled_path{supernet, compiler::sample(space->decisions, random)}.tensors().front();
    torch::NoGradGuard const no_gradient;
    stem.part.fill_(7);
    check_close(stem.cut.of(stem.whole), torch::full_like(stem.part, 7));
  }
}

TEST_CASE("a step moves just what its paths use: no momentum, no weight decay elsewhere") {
  for (auto declared : {small::mobile.view(), small::gathered.view()}) {
    auto const space = test_spaces::compiled(declared);
    torch::manual_seed(1);
    network supernet{space->expanded, space->decisions, network::affine::yes};
    path_descent descent{supernet, {.momentum = 0.9, .weight_decay = 0.1}};
    auto const b = some_batch();
    random_generator random{4};
    for (int i = 0; i < 5; ++i) {
      std::vector<architecture> some;
      for (int k = 0; k <= i % 3; ++k)
        some.push_back(compiler::sample(space->decisions, random));
      auto const before = copied(supernet);
      auto const paths = bound(supernet, some);
      backward(paths, b);
      descent.step(paths, 0.1);
      std::map<std::string, at::Tensor> used;
      for (auto const& p : supernet.named_parameters())
        used[p.key()] = torch::zeros(p.value().sizes(), torch::kBool);
      for (auto const& path : paths)
        for (auto const& t : path.tensors())
          if (t.part.defined()) {
            auto const& whole = used.at(t.name);
            auto const part = t.cut.of(whole);
            part.fill_(true);
            t.cut.put(part, whole);
          }
      for (auto const& p : supernet.named_parameters()) {
        CAPTURE(p.key(), i);
        auto const changed = p.value().detach() != before.at(p.key());
        CHECK_FALSE(torch::logical_and(changed, torch::logical_not(used.at(p.key()))).any().item<bool>());
        if (used.at(p.key()).any().item<bool>())
          CHECK(changed.any().item<bool>());
      }
    }
  }
}

TEST_CASE("descent on the path that uses everything is LibTorch's SGD") {
  auto const space = test_spaces::compiled(small::mobile.view());
  for (bool const nesterov : {false, true}) {
    torch::manual_seed(1);
    network supernet{space->expanded, space->decisions, network::affine::yes};
    torch::manual_seed(1);
    network twin{space->expanded, space->decisions, network::affine::yes};
    path_descent descent{supernet, {.momentum = 0.9, .nesterov = nesterov, .weight_decay = 0.01, .clip_norm = 0.5}};
    torch::optim::SGD sgd{twin.parameters(),
                          torch::optim::SGDOptions(0.1).momentum(0.9).weight_decay(0.01).nesterov(nesterov)};
    auto const largest = runtime::largest_of(*space);
    auto const b = some_batch();
    for (int i = 0; i < 4; ++i) {
      auto const paths = bound(supernet, {largest});
      backward(paths, b);
      descent.step(paths, 0.1);
      sgd.zero_grad();
      loss_of(twin.forward(b.images, largest), b).backward();
      torch::nn::utils::clip_grad_norm_(twin.parameters(), 0.5);
      sgd.step();
    }
    auto const expected = copied(twin);
    for (auto const& p : supernet.named_parameters())
      check_close(p.value(), expected.at(p.key()), 1e-5);
  }
}

TEST_CASE("the step of a sandwich is along the sum of the gradients of its subnets") {
  auto const space = test_spaces::compiled(small::mobile.view());
  auto const make = [&] {
    torch::manual_seed(1);
    auto made = std::make_unique<network>(space->expanded, space->decisions, network::affine::yes);
    made->to(torch::kFloat64);
    return made;
  };
  auto supernet = make();
  auto b = some_batch();
  b.images = b.images.to(torch::kFloat64);
  random_generator random{9};
  std::vector<architecture> const subnets{runtime::largest_of(*space), runtime::smallest_of(*space),
                                          compiler::sample(space->decisions, random),
                                          compiler::sample(space->decisions, random)};
  auto const before = copied(*supernet);
  auto const paths = bound(*supernet, subnets);
  backward(paths, b);
  path_descent descent{*supernet, {.momentum = 0}};
  descent.step(paths, 1);

  auto const twin = make();
  at::Tensor sum = torch::zeros({}, torch::kFloat64);
  for (auto const& a : subnets)
    sum = sum + loss_of(twin->forward(b.images, a), b);
  sum.backward();
  auto const after = copied(*supernet);
  for (auto const& p : twin->named_parameters()) {
    CAPTURE(p.key());
    check_close(before.at(p.key()) - after.at(p.key()), p.value().grad());
  }
}

TEST_CASE(
    "a sandwich holds the largest and the smallest subnet, and the largest alone learns from labels, under noise") {
  auto const space = test_spaces::compiled(small::mobile.view());
  network supernet{space->expanded, space->decisions, network::affine::yes};
  auto const b = some_batch();
  runtime::sampling_step at{0, b, supernet, random_generator{1}};
  auto const lessons = runtime::sandwich(*space, 2, {.dropout = 0.2})(at);
  REQUIRE(lessons.size() == 4);
  CHECK(lessons[0].path == runtime::largest_of(*space));
  CHECK(lessons[1].path == runtime::smallest_of(*space));
  CHECK(lessons[0].by == runtime::teacher::labels);
  CHECK(lessons[0].noise.dropout == 0.2);
  for (std::size_t i = 1; i < 4; ++i) {
    CHECK(lessons[i].by == runtime::teacher::largest);
    CHECK(lessons[i].noise.dropout == 0);
  }
}

TEST_CASE("distillation pulls a path to its teacher, and the teacher nowhere") {
  torch::manual_seed(1);
  auto const student = torch::randn({5, 3}, torch::kFloat64).set_requires_grad(true);
  auto const teacher = torch::randn({5, 3}, torch::kFloat64).set_requires_grad(true);
  runtime::distillation_loss(student, teacher).backward();
  CHECK_FALSE(teacher.grad().defined());
  check_close(student.grad(), (torch::softmax(student, 1) - torch::softmax(teacher, 1)).detach() / 5);
}

TEST_CASE("blocks are their shortcuts where the last scale of each branch is 0") {
  auto const space = test_spaces::compiled(small::mobile.view());
  torch::manual_seed(1);
  network supernet{space->expanded, space->decisions, network::affine::yes};
  auto const b = some_batch();
  auto const largest = runtime::largest_of(*space);
  auto deep = largest, shallow = largest;
  auto const roles = compiler::roles_of(space->expanded, space->decisions);
  for (std::size_t d = 0; d < roles.size(); ++d)
    if (roles[d] == compiler::decision_role::depth)
      shallow.values[d] = 0;
  for (std::size_t d = 0; d < roles.size(); ++d) // decisions of layers that are gone
    if (!compiler::active_decisions(space->decisions, shallow)[d])
      shallow.values[d] = 0;
  REQUIRE(compiler::faults(space->decisions, shallow).empty());
  CHECK_FALSE(torch::allclose(supernet.forward(b.images, deep), supernet.forward(b.images, shallow)));
  runtime::zero_last_scales(space->expanded, supernet);
  CHECK(torch::equal(supernet.forward(b.images, deep), supernet.forward(b.images, shallow)));
}

TEST_CASE("drop-connect leaves the branches of some examples out, in training only") {
  auto const space = test_spaces::compiled(small::mobile.view());
  torch::manual_seed(1);
  network supernet{space->expanded, space->decisions, network::affine::yes};
  auto const b = some_batch(64);
  sampled_path const path{supernet, runtime::largest_of(*space)};
  supernet.eval();
  auto const plain = path.forward(b.images);
  CHECK(torch::equal(path.forward(b.images, {.dropout = 0.5, .drop_connect = 0.5}), plain));
  supernet.train();
  auto const trained = path.forward(b.images);
  CHECK_FALSE(torch::allclose(path.forward(b.images, {.drop_connect = 0.5}), trained));
  CHECK_FALSE(torch::allclose(path.forward(b.images, {.dropout = 0.5}), trained));
  torch::manual_seed(2);
  auto const once = path.forward(b.images, {.dropout = 0.5, .drop_connect = 0.5});
  torch::manual_seed(2);
  CHECK(torch::equal(path.forward(b.images, {.dropout = 0.5, .drop_connect = 0.5}), once));
}

TEST_CASE("a residual branch is the way that a shortcut passes by") {
  auto const count = [](dsl::space_view declared) {
    auto const space = test_spaces::compiled(declared);
    std::size_t found = 0;
    auto const walk = [&](auto const& self, compiler::region const& in) -> void {
      for (auto const& op : in.operations) {
        found += runtime::residual_branch(op, in).has_value();
        for (auto const& inner : op.regions)
          self(self, inner);
      }
    };
    walk(walk, space->expanded.body);
    return found;
  };
  CHECK(count(spaces::big_nas::supernet.view()) == 1 + 2 + 2 + 3 + 5 + 5 + 1);
  CHECK(count(small::mobile.view()) == 3);
  CHECK(count(spaces::fashion::cells.view()) == 0);
}

TEST_CASE("sorting channels orders them by importance and changes nothing that the widest path computes") {
  auto const space = test_spaces::compiled(small::mobile.view());
  torch::manual_seed(1);
  network supernet{space->expanded, space->decisions, network::affine::yes};
  auto const b = some_batch();
  auto const largest = runtime::largest_of(*space);
  for (int i = 0; i < 3; ++i)
    supernet.forward(b.images, largest);
  supernet.eval();
  auto const before = supernet.forward(b.images, largest);
  auto const weights = copied(supernet);
  runtime::sort_inner_channels(space->expanded, supernet);
  CHECK(torch::allclose(supernet.forward(b.images, largest), before, 1e-4, 1e-5));
  int ordered = 0;
  for (auto const& p : supernet.named_parameters())
    if (p.key().starts_with("mb") && p.key().ends_with(".conv2.weight")) {
      auto const importance = p.value().detach().abs().sum({0, 2, 3});
      CHECK((importance.slice(0, 1) <= importance.slice(0, 0, -1)).all().item<bool>());
      CHECK_FALSE(torch::equal(p.value(), weights.at(p.key())));
      ++ordered;
    }
  CHECK(ordered == 4);
}

TEST_CASE("inside candidates of a choice channels are sorted and branches begin as shortcuts, too") {
  auto const space = test_spaces::compiled(small::chosen.view());
  torch::manual_seed(1);
  network supernet{space->expanded, space->decisions, network::affine::yes};
  supernet.eval();
  auto const b = some_batch();
  torch::NoGradGuard const no_gradient;
  std::vector<at::Tensor> before;
  for (std::uint32_t const candidate : {0, 1})
    before.push_back(supernet.forward(b.images, widest(space->decisions, candidate)));
  auto const weights = copied(supernet);
  runtime::sort_inner_channels(space->expanded, supernet);
  for (std::uint32_t const candidate : {0, 1})
    CHECK(torch::allclose(supernet.forward(b.images, widest(space->decisions, candidate)), before[candidate], 1e-4,
                          1e-5));
  auto const named = supernet.named_parameters();
  for (std::string const name : {"choice0_0_mb.conv2.weight", "choice0_0_kept.mb0.conv2.weight"})
    CHECK_FALSE(torch::equal(named[name], weights.at(name)));

  runtime::zero_last_scales(space->expanded, supernet);
  CHECK(named["choice0_0_kept.mb0.batch_norm2.weight"].abs().max().item<double>() == 0);
  CHECK(named["choice0_0_mb.batch_norm2.weight"].abs().min().item<double>() > 0);
}

TEST_CASE("of windows whose sides are decided apart, smaller ones are centres") {
  auto const space = test_spaces::compiled(small::oblong.view());
  torch::manual_seed(1);
  network centred{space->expanded, space->decisions, network::affine::yes};
  torch::manual_seed(1);
  network transformed{space->expanded, space->decisions, network::affine::yes, nullptr, network::windows::transformed};
  REQUIRE(transformed.parameters().size() == centred.parameters().size());
  auto const b = some_batch();
  for (std::uint32_t height = 0; height < 3; ++height)
    for (std::uint32_t width = 0; width < 3; ++width) {
      architecture const a{{height, width}};
      CHECK(torch::equal(sampled_path(transformed, a).forward(b.images), sampled_path(centred, a).forward(b.images)));
    }
}

TEST_CASE("kernels that are transformed by identities are centres; others follow their matrices") {
  auto const space = test_spaces::compiled(small::mobile.view());
  torch::manual_seed(1);
  network centred{space->expanded, space->decisions, network::affine::yes};
  torch::manual_seed(1);
  network transformed{space->expanded, space->decisions, network::affine::yes, nullptr, network::windows::transformed};
  CHECK(transformed.parameters().size() == centred.parameters().size() + 4 * 2);
  auto const b = some_batch();
  centred.eval();
  transformed.eval();
  random_generator random{5};
  auto a = compiler::sample(space->decisions, random);
  auto const roles = compiler::roles_of(space->expanded, space->decisions);
  for (std::size_t d = 0; d < roles.size(); ++d) // the smallest kernels
    if (roles[d] == compiler::decision_role::kernel)
      a.values[d] = 0;
  CHECK(torch::allclose(centred.forward(b.images, a), transformed.forward(b.images, a), 1e-5, 1e-6));

  torch::NoGradGuard const no_gradient;
  auto parameters = transformed.named_parameters();
  auto const name = std::string{"mb0.conv1"};
  parameters[name + ".kernel_7_to_5"].normal_();
  parameters[name + ".kernel_5_to_3"].normal_();
  auto const weight = parameters[name + ".weight"];
  auto const five =
      torch::matmul(weight.narrow(2, 1, 5).narrow(3, 1, 5).flatten(2), parameters[name + ".kernel_7_to_5"])
          .view({-1, 1, 5, 5});
  auto const three = torch::matmul(five.narrow(2, 1, 3).narrow(3, 1, 3).flatten(2), parameters[name + ".kernel_5_to_3"])
                         .view({-1, 1, 3, 3});
  auto const graph = compiler::specialize(space->expanded, space->decisions, a);
  network alone{graph, compiler::decision_space{graph}, network::affine::yes};
  runtime::copy_weights(transformed, alone);
  alone.eval();
  auto const taken = alone.named_parameters()[name + ".weight"];
  CHECK(torch::allclose(taken, three.narrow(0, 0, taken.size(0))));
  CHECK(torch::allclose(alone.forward(b.images), transformed.forward(b.images, a), 1e-5, 1e-6));

  torch::AutoGradMode const with_gradient{true};
  sampled_path const path{transformed, a};
  loss_of(path.forward(b.images), b).backward();
  loss_of(transformed.forward(b.images, a), b).backward();
  int maps = 0;
  for (auto const& t : path.tensors())
    if (t.part.defined()) {
      check_close(t.part.grad(), t.cut.of(t.whole.grad()), 1e-5);
      maps += t.name.find("kernel_") != std::string::npos;
    }
  CHECK(maps >= 2);
}
