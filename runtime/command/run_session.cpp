#include "run_session.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/runtime/search.hpp>
#include <espalier/runtime/study.hpp>
#include <espalier/runtime/threads.hpp>

#include <algorithm>
#include <csignal>
#include <vector>

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
  auto const name = file.filename().string();
  return name == "run.json" || name == "space.ir" || name == ".lock" || name.starts_with(runtime::study_name);
}

bool has_results(fs::path const& study) {
  using runtime::trial;
  return fs::exists(study) && std::ranges::any_of(runtime::read_study(study).trials,
                                                  [](trial const& t) { return t.state != trial::progress::proposed; });
}

void remove_record(fs::path const& folder) {
  std::vector<fs::path> files;
  for (auto const& entry : fs::directory_iterator{folder})
    files.push_back(entry.path());
  if (!std::ranges::all_of(files, is_record) || has_results(folder / runtime::study_name))
    return;
  fs::remove_all(folder);
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
                   std::function<void(runtime::run_folder&)> const& run, runtime::run_folder::access users) {
  manifest["version"] = ESPALIER_VERSION;
  manifest["space"] = {{"name", space.structured.name}, {"fingerprint", space.fingerprint}};
  runtime::run_folder folder{output, manifest, space.text, users};
  announce_resumption_when_interrupted();
  try {
    run(folder);
  } catch (user_error const&) {
    if (!folder.resumes() && folder.is_alone())
      remove_record(folder.path());
    throw;
  }
}

} // namespace espalier::command
