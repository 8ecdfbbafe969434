#pragma once

#include <espalier/compiler/error.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

#include <fmt/format.h>

namespace espalier::compiler {

/// A new folder that goes with the object.
class temporary_folder {
public:
  temporary_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "espalier-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      throw user_error(
          fmt::format("cannot create a temporary folder {}; set TMPDIR to a folder that can be written", pattern));
    path_ = pattern;
  }
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_folder(temporary_folder const&) = delete;
  temporary_folder& operator=(temporary_folder const&) = delete;

  [[nodiscard]] std::filesystem::path const& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(char const* name) const { return path_ / name; }

private:
  std::filesystem::path path_;
};

} // namespace espalier::compiler
