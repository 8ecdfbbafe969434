#pragma once

#include <espalier/compiler/error.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace espalier::test {

/// A new folder that goes with the object.
class temporary_folder {
public:
  temporary_folder() {
    std::string name = std::filesystem::temp_directory_path() / "espalier-test-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~temporary_folder() { std::filesystem::remove_all(path_); }
  temporary_folder(temporary_folder const&) = delete;
  temporary_folder& operator=(temporary_folder const&) = delete;

  std::filesystem::path const& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

private:
  std::filesystem::path path_;
};

inline void write_bytes(std::filesystem::path const& path, std::string_view bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary} << bytes;
}

/// The message of the user_error that a call throws; "no error" if it throws none. Other exceptions pass.
template <class Call>
std::string user_error_of(Call call) {
  try {
    call();
  } catch (user_error const& error) {
    return error.what();
  }
  return "no error";
}

} // namespace espalier::test
