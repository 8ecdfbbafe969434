#include "checkpoint.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/runtime/atomic_file.hpp>

#include <sstream>

#include <torch/torch.h>

#include <fmt/format.h>

namespace espalier::runtime {

void write_archive(std::filesystem::path const& path,
                   std::function<void(torch::serialize::OutputArchive&)> const& save) {
  torch::serialize::OutputArchive archive;
  save(archive);
  std::ostringstream bytes;
  archive.save_to(bytes);
  write_atomically(path, bytes.str());
}

at::Tensor read_tensor(torch::serialize::InputArchive& archive, std::string const& name) {
  at::Tensor tensor;
  archive.read(name, tensor);
  return tensor;
}

bool read_archive(std::filesystem::path const& path, std::function<void(torch::serialize::InputArchive&)> const& load) {
  if (!std::filesystem::exists(path))
    return false;
  torch::serialize::InputArchive archive;
  try {
    archive.load_from(path.string());
    load(archive);
  } catch (c10::Error const& e) {
    throw user_error(fmt::format("{}: not a checkpoint of this run ({}); remove the file to start over", path.string(),
                                 e.what_without_backtrace()));
  }
  return true;
}

} // namespace espalier::runtime
