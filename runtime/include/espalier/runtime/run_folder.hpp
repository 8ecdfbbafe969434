#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace espalier::runtime {

/// The output folder of one run. It holds `run.json`, the manifest of what defines the run, `space.ir`, and whatever
/// the run writes; the same command resumes it, another is refused.
class run_folder {
public:
  /// Who may use the folder while the object lives: its process alone, or others of the same command, too.
  enum class access : std::uint8_t { exclusive, shared };

  /// Creates the folder, or opens the one that holds a run of the same manifest and space (text IR).
  /// A user_error if another process uses it, if it holds another run (each differing key with both values, and the
  /// lines in which the spaces differ), or if it holds files but no run. The keys "threads" and "created" may differ.
  run_folder(std::filesystem::path folder, nlohmann::json const& manifest, std::string_view space = {},
             access users = access::exclusive);
  ~run_folder();
  run_folder(run_folder const&) = delete;
  run_folder& operator=(run_folder const&) = delete;

  /// Whether the folder already held this run.
  bool resumes() const { return resumes_; }

  /// Whether no other process uses the folder, nor can from now on. For one that gives it up: where others do, its own
  /// claim is gone.
  [[nodiscard]] bool is_alone() const;

  /// The manifest as recorded when the run began.
  nlohmann::json const& manifest() const { return manifest_; }

  std::filesystem::path const& path() const { return folder_; }

  /// The path of a file in the folder.
  std::filesystem::path file(std::string_view name) const { return folder_ / name; }

private:
  run_folder(std::filesystem::path folder, access users);
  void lock(access users);
  [[noreturn]] void refuse_lock(int error) const;

  std::filesystem::path folder_;
  nlohmann::json manifest_;
  bool resumes_ = false;
  bool joins_ = false; // others that use it, too
  int lock_ = -1;
};

} // namespace espalier::runtime
