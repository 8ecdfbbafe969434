#include "tensor_file.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/runtime/atomic_file.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <sstream>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::command {

namespace {

using compiler::element_type;
using compiler::stored_tensor;

static_assert(std::endian::native == std::endian::little, "files hold little-endian numbers as they are");

constexpr std::string_view zip_signature = "PK\x03\x04"; // of LibTorch's archives

constexpr auto scalar_types = std::to_array<std::pair<element_type, at::ScalarType>>({
    {element_type::f64, at::kDouble},
    {element_type::f32, at::kFloat},
    {element_type::f16, at::kHalf},
    {element_type::bf16, at::kBFloat16},
    {element_type::i64, at::kLong},
    {element_type::i32, at::kInt},
    {element_type::i16, at::kShort},
    {element_type::i8, at::kChar},
    {element_type::u8, at::kByte},
    {element_type::boolean, at::kBool},
});

void collect(torch::serialize::InputArchive& archive, std::string const& prefix, named_tensors& into) {
  for (auto const& key : archive.keys()) {
    at::Tensor tensor;
    torch::serialize::InputArchive inner;
    if (archive.try_read(key, tensor))
      into.emplace(prefix + key, tensor);
    else if (archive.try_read(key, inner))
      collect(inner, prefix + key + ".", into);
  }
}

named_tensors tensors_of_archive(std::string const& content, std::filesystem::path const& path) {
  std::istringstream bytes{content};
  named_tensors tensors;
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(bytes);
    collect(archive, "", tensors);
  } catch (c10::Error const& error) {
    throw user_error(
        fmt::format("{}: not a file of weights ({}); give weights.pt of `train` or supernet.pt of `search`",
                    path.string(), std::string_view{error.what_without_backtrace()}.substr(0, 160)));
  }
  return tensors;
}

at::Tensor tensor_of(stored_tensor const& stored) {
  auto const* const type =
      std::ranges::find(scalar_types, stored.type, &std::pair<element_type, at::ScalarType>::first);
  auto tensor = torch::empty(stored.dimensions, type->second);
  if (!stored.bytes.empty())
    std::memcpy(tensor.data_ptr(), stored.bytes.data(), stored.bytes.size());
  return tensor;
}

stored_tensor stored_of(std::string const& name, at::Tensor const& tensor) {
  auto const* const type =
      std::ranges::find(scalar_types, tensor.scalar_type(), &std::pair<element_type, at::ScalarType>::second);
  if (type == scalar_types.end())
    throw internal_error(fmt::format("{}: elements of {} cannot be stored", name, toString(tensor.scalar_type())));
  auto const plain = tensor.detach().cpu().contiguous();
  return {name, type->first, plain.sizes().vec(), {static_cast<char const*>(plain.data_ptr()), plain.nbytes()}};
}

} // namespace

named_tensors read_tensors(std::filesystem::path const& path) {
  auto const content = runtime::read_file(path);
  if (content.starts_with(zip_signature))
    return tensors_of_archive(content, path);
  named_tensors tensors;
  for (auto const& stored : compiler::read_safetensors(content, path.string()))
    tensors.emplace(stored.name, tensor_of(stored));
  return tensors;
}

std::vector<stored_tensor> stored_tensors(named_tensors const& tensors) {
  std::vector<stored_tensor> stored;
  for (auto const& [name, tensor] : tensors)
    stored.push_back(stored_of(name, tensor));
  return stored;
}

void write_safetensors(named_tensors const& tensors, std::filesystem::path const& path) {
  runtime::write_atomically(path, compiler::write_safetensors(stored_tensors(tensors)));
}

void write_archive(named_tensors const& tensors, std::filesystem::path const& path) {
  torch::serialize::OutputArchive archive;
  for (auto const& [name, tensor] : tensors)
    archive.write(name, tensor);
  std::ostringstream bytes;
  archive.save_to(bytes);
  runtime::write_atomically(path, bytes.str());
}

} // namespace espalier::command
