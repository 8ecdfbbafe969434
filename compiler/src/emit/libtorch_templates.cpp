#include "libtorch_templates.hpp"

namespace espalier::compiler {

std::string_view const libtorch_classifier_template =
    R"cpp(// Checks, evaluates and trains the network of network.hpp on images in IDX files, the layout of MNIST.

#include "network.hpp"
@if safetensors@
#include "safetensors.hpp"
@end@

#include <torch/torch.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using @namespace@::Network;
@if safetensors@
using @namespace@::read_safetensors;
@end@

const std::vector<int64_t> image_shape = {@shape@};
constexpr int64_t classes = @classes@;
const std::vector<float> mean = {@mean@};
const std::vector<float> deviation = {@deviation@};

@failures@

// Reads an IDX file, plain or gzipped: 2 zero bytes, type 8, rank, big-endian sizes, then bytes.
torch::Tensor read_idx(const std::string &path) {
  gzFile file = gzopen(path.c_str(), "rb");
  require(file != nullptr, path + ": cannot be opened");
  std::string bytes;
  std::string chunk(1 << 20, '\0');
  int count = 0;
  while ((count = gzread(file, chunk.data(), static_cast<unsigned>(chunk.size()))) > 0)
    bytes.append(chunk, 0, static_cast<size_t>(count));
  gzclose(file);
  require(count == 0, path + ": damaged gzip file");
  auto byte = [&](size_t i) { return static_cast<int64_t>(static_cast<unsigned char>(bytes[i])); };
  require(bytes.size() >= 4 && byte(0) == 0 && byte(1) == 0 && byte(2) == 8, path + ": not an IDX file of bytes");
  size_t header = 4 + 4 * static_cast<size_t>(byte(3));
  require(bytes.size() >= header, path + ": ends within its header");
  std::vector<int64_t> sizes;
  int64_t expected = 1;
  for (size_t i = 4; i < header; i += 4) {
    sizes.push_back(byte(i) << 24 | byte(i + 1) << 16 | byte(i + 2) << 8 | byte(i + 3));
    expected *= sizes.back();
  }
  auto found = static_cast<int64_t>(bytes.size() - header);
  require(found == expected, path + ": " + std::to_string(found) + " bytes of data, not " + std::to_string(expected));
  return torch::from_blob(bytes.data() + header, sizes, torch::kUInt8).clone();
}

struct Data {
  torch::Tensor images; // [N, C, H, W] bytes
  torch::Tensor labels; // [N] in [0, classes)
};

// Reads the files PART-images-idx3-ubyte and PART-labels-idx1-ubyte of a folder, plain or with .gz behind.
Data read_data(const std::string &folder, const std::string &part) {
  auto read = [&](const std::string &name) {
    auto path = folder + "/" + part + name;
    return read_idx(std::filesystem::exists(path) ? path : path + ".gz");
  };
  Data data{read("-images-idx3-ubyte"), read("-labels-idx1-ubyte").to(torch::kInt64)};
  if (data.images.dim() == 3)
    data.images.unsqueeze_(1);
  std::ostringstream shapes;
  shapes << data.images.sizes().slice(1) << ", the network takes " << torch::IntArrayRef(image_shape);
  require(data.images.sizes().slice(1) == image_shape, folder + ": images of shape " + shapes.str());
  auto count = data.images.size(0);
  require(count > 0 && data.labels.numel() == count, folder + ": the images and labels differ in number");
  auto largest = data.labels.max().item<int64_t>();
  require(largest < classes, folder + ": a label is not below " + std::to_string(classes));
  return data;
}

torch::Tensor normalized(torch::Tensor images) {
  auto by_channel = [](const std::vector<float> &values) { return torch::tensor(values).view({-1, 1, 1}); };
  return images.to(torch::kFloat).div_(255).sub_(by_channel(mean)).div_(by_channel(deviation));
}

@if augment@
torch::Tensor augmented(torch::Tensor images) {
@end@
@if crop@
  auto padded = torch::constant_pad_nd(images, {@crop@, @crop@, @crop@, @crop@});
  auto offsets = torch::randint(2 * @crop@ + 1, {images.size(0), 2}, torch::kInt64);
  images = torch::empty_like(images);
  for (int64_t i = 0; i < images.size(0); ++i) {
    auto top = offsets[i][0].item<int64_t>();
    auto left = offsets[i][1].item<int64_t>();
    images[i].copy_(padded[i].narrow(1, top, image_shape[1]).narrow(2, left, image_shape[2]));
  }
@end@
@if flip@
  auto is_mirrored = torch::rand({images.size(0), 1, 1, 1}) < 0.5;
  images = torch::where(is_mirrored, images.flip(3), images);
@end@
@if augment@
  return images;
}

@end@
int64_t count_correct(torch::Tensor logits, torch::Tensor labels) {
  return logits.argmax(1).eq(labels).sum().item<int64_t>();
}

double evaluate(Network &network, const Data &data) {
  torch::NoGradGuard no_gradients;
  network->eval();
  constexpr int64_t batch = 500;
  int64_t correct = 0;
  auto images = data.images.split(batch);
  auto labels = data.labels.split(batch);
  for (size_t i = 0; i < images.size(); ++i)
    correct += count_correct(network->forward(normalized(images[i])), labels[i]);
  auto count = data.images.size(0);
  auto accuracy = static_cast<double>(correct) / static_cast<double>(count);
  std::cout << std::fixed << std::setprecision(4) << "accuracy " << accuracy << " (" << correct << " of " << count
            << ")" << std::endl;
  return accuracy;
}

struct Training {
  int64_t epochs = 10;
  int64_t batch = 64;
  double learning_rate = 0.05;
};

// Stochastic gradient descent with momentum, its learning rate falling to 0 along a cosine.
void train(Network &network, const Data &data, const Training &training) {
  auto batch = std::min(training.batch, data.images.size(0));
  auto batches = data.images.size(0) / batch; // the incomplete one is left out
  auto parameters = network->parameters();
  torch::optim::SGD optimizer(
      parameters, torch::optim::SGDOptions(training.learning_rate).momentum(0.9).weight_decay(3e-4));
  network->train();
  for (int64_t epoch = 0; epoch < training.epochs; ++epoch) {
    auto start = std::chrono::steady_clock::now();
    auto order = torch::randperm(data.images.size(0)).split(batch);
    double loss_sum = 0;
    int64_t correct = 0;
    for (int64_t i = 0; i < batches; ++i) {
      auto progress = static_cast<double>(epoch * batches + i) / static_cast<double>(training.epochs * batches);
      auto &options = static_cast<torch::optim::SGDOptions &>(optimizer.param_groups()[0].options());
      options.lr(0.5 * training.learning_rate * (1 + std::cos(M_PI * progress)));
      auto images = data.images.index_select(0, order[static_cast<size_t>(i)]);
      auto labels = data.labels.index_select(0, order[static_cast<size_t>(i)]);
      auto logits = network->forward(normalized(@augmented_images@));
      auto loss = torch::nn::functional::cross_entropy(logits, labels);
      optimizer.zero_grad();
      loss.backward();
      torch::nn::utils::clip_grad_norm_(parameters, 5.0);
      optimizer.step();
      loss_sum += loss.item<double>();
      correct += count_correct(logits.detach(), labels);
    }
    std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::cout << "epoch " << std::setw(3) << epoch + 1 << "/" << training.epochs << std::fixed << std::setprecision(4)
              << "  loss " << loss_sum / batches << "  accuracy " << static_cast<double>(correct) / (batches * batch)
              << std::setprecision(1) << "  " << seconds.count() << " s" << std::endl;
  }
}

void load_weights(Network &network, const std::string &path) {
  require(std::filesystem::exists(path), path + ": not found; another file is given by --weights FILE");
@if safetensors@
  if (std::filesystem::path(path).extension() == ".safetensors")
    return assign(*network, read_safetensors(path));
@end@
  torch::load(network, path);
}

@check@

constexpr auto usage = R"(usage: network check [FILE] [--weights FILE]
       network evaluate FOLDER [--weights FILE]
       network train FOLDER [--epochs N] [--batch N] [--learning-rate X] [--seed N] [--images N] [--output FILE]

check     compares with the recorded outputs in FILE (parity.@format@)
evaluate  prints the accuracy on the test images in FOLDER
train     trains from new weights on the training images in FOLDER, evaluates, and saves the weights (trained.pt)
          and the accuracy (result.json beside them)
)";

struct Arguments {
  std::vector<std::string> words;
  std::map<std::string, std::string> options;

  std::string text(const std::string &name, const std::string &preset) const {
    auto found = options.find(name);
    return found == options.end() ? preset : found->second;
  }

  // A number greater than 0, and of at most 10^9.
  template <typename Number> Number number(const std::string &name, Number preset) const {
    auto found = options.find(name);
    if (found == options.end())
      return preset;
    Number value{};
    std::istringstream stream(found->second);
    bool is_valid = stream >> value && stream.eof() && value > 0 && value <= 1000000000;
    require(is_valid, name + " " + found->second + ": a number greater than 0 is needed");
    return value;
  }
};

Arguments parse(int count, char **values) {
  const std::map<std::string, std::vector<std::string>> known = {
      {"check", {"--weights"}},
      {"evaluate", {"--weights"}},
      {"train", {"--epochs", "--batch", "--learning-rate", "--seed", "--images", "--output"}},
  };
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    std::string word = values[i];
    if (word.rfind("--", 0) != 0) {
      arguments.words.push_back(word);
      continue;
    }
    require(i + 1 < count, word + ": a value is missing");
    arguments.options[word] = values[++i];
  }
  auto &words = arguments.words;
  require(!words.empty() && known.count(words[0]) == 1, usage);
  require(words.size() == 2 || (words.size() == 1 && words[0] == "check"), usage);
  for (auto &[name, value] : arguments.options) {
    auto &options = known.at(words[0]);
    require(std::find(options.begin(), options.end(), name) != options.end(), name + ": no option of " + words[0]);
  }
  return arguments;
}

int run(int count, char **values) {
  auto arguments = parse(count, values);
  auto &command = arguments.words[0];
  torch::manual_seed(static_cast<uint64_t>(arguments.number<int64_t>("--seed", 1)));
  Network network;
  if (command != "train")
    load_weights(network, arguments.text("--weights", "weights.@format@"));
  if (command == "check")
    return check(network, arguments.words.size() == 2 ? arguments.words[1] : "parity.@format@") ? 0 : 1;
  auto &folder = arguments.words[1];
  auto test = read_data(folder, "t10k");
  if (command == "train") {
    auto output = arguments.text("--output", "trained.pt");
    require(std::ofstream(output, std::ios::app).good(), output + ": cannot be written");
    Training training;
    training.epochs = arguments.number("--epochs", training.epochs);
    training.batch = arguments.number("--batch", training.batch);
    training.learning_rate = arguments.number("--learning-rate", training.learning_rate);
    auto data = read_data(folder, "train");
    auto images = std::min(arguments.number("--images", data.images.size(0)), data.images.size(0));
    auto start = std::chrono::steady_clock::now();
    train(network, {data.images.narrow(0, 0, images), data.labels.narrow(0, 0, images)}, training);
    std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    torch::save(network, output);
    std::ofstream(std::filesystem::path(output).replace_filename("result.json"))
        << "{\"test_accuracy\": " << evaluate(network, test) << ", \"seconds\": " << seconds.count() << "}\n";
    return 0;
  }
  evaluate(network, test);
  return 0;
}

} // namespace

@main@
)cpp";

std::string_view const libtorch_cmake_template = R"cmake(cmake_minimum_required(VERSION 3.18)
project(@namespace@ LANGUAGES CXX)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

find_package(Torch REQUIRED)
@if classifier@
find_package(ZLIB REQUIRED)
@end@

add_executable(network main.cpp)
target_compile_features(network PRIVATE cxx_std_17)
target_compile_options(network PRIVATE -Wall -Wextra)
target_link_libraries(network PRIVATE ${TORCH_LIBRARIES}@zlib_target@)
@if parity@

enable_testing()
add_test(NAME parity COMMAND network check WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
@end@
)cmake";

std::string_view const libtorch_readme_template = R"md(# @name@

@title@: one architecture of the search space `@name@`, written out by Espalier as
plain C++ for LibTorch. Nothing here needs Espalier.

| | |
|---|---|
| input | @input_shape@ |
| output | @output_shape@ |
| parameters | @params@ |
| multiply-adds | @macs@ |

| file | |
|---|---|
| `network.hpp` | the network: ordinary `torch::nn` modules, `@namespace@::Network` |
| `main.cpp` | a program that @program@ it |
@if archive@
| `weights.pt` | its weights, for `torch::load` |
@end@
@if safetensors@
| `weights.safetensors` | its weights, numbers and nothing else |
| `safetensors.hpp` | reads them |
@end@
@if parity@
| `parity.@format@` | inputs, and the outputs that the network had for them where it was found |
@end@

## Build

@packages@

```sh
cmake -S . -B build
cmake --build build
```

## Use

```sh
@if parity@
build/network check                              # computes the same as where it was found (also: ctest --test-dir build)
@end@
@if evaluates@
build/network evaluate FOLDER                    # accuracy of weights.@format@ on the test images
@end@
@if classifier@
build/network train FOLDER --epochs 20           # trains from new weights into trained.pt
build/network evaluate FOLDER --weights trained.pt
@end@
@if runner@
build/network time 8                             # milliseconds for a batch of 8
@end@
```
@if classifier@

FOLDER holds images in the layout of MNIST, plain or gzipped: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
`t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`.
@end@
@if runner@

It takes @input_shape@ and gives @output_shape@; `network->forward(x)` is all there is to it.
@end@
@if trainable@
To train it, write the loss that its outputs are for.
@end@
@if deployed@
It is made to be deployed: batch normalizations are folded into what they normalize, and no gradients are computed. It cannot be
trained; the weights are of this form of the network alone.
@end@
@if architecture@

## Architecture

```json
@architecture@
```
@end@
)md";

} // namespace espalier::compiler
