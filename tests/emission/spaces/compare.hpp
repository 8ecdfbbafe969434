// Compares an emitted network with what its supernet's path computed; nothing here is Espalier's.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <iostream>
#include <string>

/// Whether the network in a folder, with the weights there, computes what was recorded there, within 1e-6.
template <typename Network>
bool agrees(const std::string& folder) {
  torch::NoGradGuard no_gradients;
  Network network;
  network->eval();
  torch::load(network, folder + "/weights.pt");
  torch::Tensor input, expected, params;
  torch::serialize::InputArchive parity;
  parity.load_from(folder + "/parity.pt");
  parity.read("input", input);
  parity.read("output", expected);
  parity.read("params", params);
  int64_t held = 0;
  for (auto& parameter : network->parameters())
    held += parameter.numel();
  torch::Tensor output = network->forward(input);
  bool fits = output.sizes() == expected.sizes() && held == params.item<int64_t>();
  auto difference = fits ? (output - expected).abs().max().item<double>() : INFINITY;
  bool agrees = difference <= 1e-6;
  std::cout << "  " << folder << ": largest difference " << difference << " over " << output.numel() << " values, "
            << held << " parameters" << (agrees ? "" : "  FAILED") << std::endl;
  return agrees;
}
