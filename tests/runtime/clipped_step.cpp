#include "prelude.hpp"

#include "../../runtime/src/clipped_step.hpp"

namespace {

std::vector<at::Tensor> random_parameters(torch::Dtype numbers) {
  torch::manual_seed(1);
  std::vector<at::Tensor> made;
  for (std::int64_t const size : {1, 7, 64})
    made.push_back(torch::randn({size, 3}, numbers).set_requires_grad(true));
  return made;
}

void draw_gradients(std::vector<at::Tensor> const& parameters, double size) {
  for (std::size_t i = 1; i < parameters.size(); ++i) // the first one is not used
    at::Tensor{parameters[i]}.mutable_grad() = size * torch::randn_like(parameters[i]);
}

} // namespace

TEST_CASE("a clipped step is what LibTorch's clipping and step do") {
  auto const numbers = GENERATE(torch::kFloat32, torch::kFloat64); // the second by LibTorch's own
  auto const options = torch::optim::SGDOptions(0.1).momentum(0.9).weight_decay(0.01);
  auto const expected = random_parameters(numbers);
  auto const got = random_parameters(numbers);
  torch::optim::SGD reference{expected, options};
  torch::optim::SGD optimizer{got, options};
  for (double const size : {0.1, 10.0, 1.0}) {
    torch::manual_seed(2);
    draw_gradients(expected, size);
    torch::manual_seed(2);
    draw_gradients(got, size);
    torch::nn::utils::clip_grad_norm_(std::vector<at::Tensor>{expected.begin() + 1, expected.end()}, 5.0);
    reference.step();
    espalier::runtime::clipped_step(optimizer, 5.0);
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK((got[i] - expected[i]).abs().max().item<double>() <= 1e-6);
  }
  torch::serialize::OutputArchive archive; // the state is the optimizer's own
  CHECK_NOTHROW(optimizer.save(archive));
  CHECK(optimizer.state().size() == 2);
}
