#include "libtorch_templates.hpp"

namespace espalier::compiler {

std::string_view const libtorch_safetensors_template =
    R"cpp(// Reads weights from safetensors files.

#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace @namespace@ {

/// The tensors of a file by name: 8 bytes hold the length of a header of JSON, behind which the data lies.
inline std::map<std::string, torch::Tensor> read_safetensors(const std::string &path) {
  auto require = [&](bool condition, const std::string &message) {
    if (!condition)
      throw std::runtime_error(path + ": " + message);
  };
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  require(bytes.size() >= 8, "no safetensors file");
  uint64_t length = 0;
  for (size_t i = 8; i-- > 0;)
    length = length << 8 | static_cast<unsigned char>(bytes[i]);
  require(length <= bytes.size() - 8, "ends within its header");
  auto header = bytes.substr(8, length);
  auto data_size = bytes.size() - 8 - length;
  const std::map<std::string, torch::Dtype> types = {{"F32", torch::kFloat}, {"I64", torch::kLong}};
  const std::regex entry(
      R"re("([^"]+)":\{"dtype":"(\w+)","shape":\[([\d,]*)\],"data_offsets":\[(\d{1,18}),(\d{1,18})\]\})re");
  std::map<std::string, torch::Tensor> tensors;
  for (std::sregex_iterator match(header.begin(), header.end(), entry), end; match != end; ++match) {
    auto name = (*match)[1].str();
    auto type = types.find((*match)[2].str());
    require(type != types.end(), name + " is of type " + (*match)[2].str() + ", not F32 or I64");
    auto shape = (*match)[3].str();
    std::replace(shape.begin(), shape.end(), ',', ' ');
    std::istringstream stream(shape);
    std::vector<int64_t> sizes{std::istream_iterator<int64_t>(stream), std::istream_iterator<int64_t>()};
    auto tensor = torch::empty(sizes, type->second);
    auto first = std::stoull((*match)[4].str()), last = std::stoull((*match)[5].str());
    require(first <= last && last <= data_size && last - first == tensor.nbytes(), name + " does not fit its shape");
    if (tensor.numel() > 0)
      std::memcpy(tensor.data_ptr(), bytes.data() + 8 + length + first, tensor.nbytes());
    tensors.emplace(name, tensor);
  }
  return tensors;
}

/// Copies tensors into the parameters and statistics of their names.
inline void assign(torch::nn::Module &network, const std::map<std::string, torch::Tensor> &tensors) {
  torch::NoGradGuard no_gradients;
  auto copy = [&](const std::string &name, torch::Tensor to) {
    auto from = tensors.find(name);
    if (from == tensors.end() || from->second.sizes() != to.sizes())
      throw std::runtime_error("the weights hold no " + name + " of its shape");
    to.copy_(from->second);
  };
  for (auto &parameter : network.named_parameters())
    copy(parameter.key(), parameter.value());
  for (auto &buffer : network.named_buffers())
    copy(buffer.key(), buffer.value());
}

} // namespace @namespace@
)cpp";

} // namespace espalier::compiler
