#include "run_session.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/runtime/search.hpp>
#include <espalier/runtime/threads.hpp>

#include <csignal>

#include <unistd.h>

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

namespace espalier::command {

namespace fs = std::filesystem;

namespace {

std::string_view bytes_of(at::Tensor const& tensor) {
  return {static_cast<char const*>(tensor.data_ptr()), tensor.nbytes()};
}

std::string fingerprint_of(runtime::dataset const& data) {
  return compiler::fingerprint(bytes_of(data.images.contiguous())) +
         compiler::fingerprint(bytes_of(data.labels.contiguous()));
}

bool is_record(fs::path const& file) {
  return file.filename() == "run.json" || file.filename() == "space.ir" || file.filename() == ".lock";
}

void remove_record(fs::path const& folder) {
  for (auto const& entry : fs::directory_iterator{folder})
    if (!is_record(entry.path()))
      return;
  for (auto const* name : {"run.json", "space.ir", ".lock"})
    fs::remove(folder / name);
  fs::remove(folder);
}

// Every file is written as a whole, so that the default action is safe; this only says what to do next.
void announce_resumption(int signal) {
  constexpr std::string_view message = "\ninterrupted: the same command resumes\n";
  [[maybe_unused]] auto const written = ::write(STDERR_FILENO, message.data(), message.size());
  std::raise(signal); // SA_RESETHAND has put the default action back
}

void announce_resumption_when_interrupted() {
  struct sigaction action {};
  action.sa_handler = announce_resumption;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

} // namespace

int prepare_torch(int threads) {
  if (auto const warning = runtime::blas_warning(); !warning.empty())
    fmt::print(stderr, "warning: {}\n", warning);
  return runtime::use_threads(threads);
}

runtime::train_test load_fitting_data(std::string const& name_or_directory, compiler::compiled_space const& space) {
  auto data = runtime::load_data(name_or_directory);
  runtime::require_fitting(space, data.train);
  return data;
}

nlohmann::json identity_of(runtime::train_test const& data) {
  return {{"name", fs::path{data.train.name}.filename().string()},
          {"train", data.train.size()},
          {"test", data.test.size()},
          {"fingerprint", compiler::fingerprint(fingerprint_of(data.train) + fingerprint_of(data.test))}};
}

void in_run_folder(std::string const& output, nlohmann::json manifest, compiler::compiled_space const& space,
                   std::function<void(runtime::run_folder&)> const& run) {
  manifest["version"] = ESPALIER_VERSION;
  manifest["space"] = {{"name", space.structured.name}, {"fingerprint", space.fingerprint}};
  runtime::run_folder folder{output, manifest, space.text};
  announce_resumption_when_interrupted();
  try {
    run(folder);
  } catch (user_error const&) {
    if (!folder.resumes())
      remove_record(folder.path());
    throw;
  }
}

} // namespace espalier::command
