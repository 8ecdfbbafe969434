#include "data_files.hpp"

#include <espalier/compiler/error.hpp>

#include <fmt/format.h>

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

namespace espalier::runtime {
namespace {

struct close_gz {
  void operator()(gzFile file) const { gzclose(file); }
};

std::filesystem::path need_data_file(std::filesystem::path const& folder, std::string const& name) {
  if (auto found = find_data_file(folder, name))
    return *found;
  throw user_error(fmt::format("{} holds no {} (nor {}.gz)", folder.string(), name, name));
}

} // namespace

std::optional<std::filesystem::path> find_data_file(std::filesystem::path const& folder, std::string const& name) {
  for (std::string const& candidate : {name, name + ".gz"})
    if (std::filesystem::exists(folder / candidate))
      return folder / candidate;
  return std::nullopt;
}

data_file::data_file(std::filesystem::path const& folder, std::string const& name)
    : path(need_data_file(folder, name)) {
  errno = 0;
  std::unique_ptr<gzFile_s, close_gz> const file{gzopen(path.c_str(), "rb")};
  if (!file)
    throw user_error(fmt::format("cannot open {}: {}", path.string(), std::generic_category().message(errno)));
  constexpr unsigned piece = 1U << 20U;
  gzbuffer(file.get(), piece);
  for (int got = 1; got > 0;) {
    std::size_t const size = bytes.size();
    bytes.resize(size + piece);
    got = gzread(file.get(), bytes.data() + size, piece);
    bytes.resize(size + static_cast<std::size_t>(std::max(got, 0)));
  }
  int status = Z_OK;
  std::string_view reason = gzerror(file.get(), &status);
  if (reason.starts_with(path.native()))
    reason.remove_prefix(path.native().size() + std::string_view(": ").size());
  if (status == Z_ERRNO)
    throw user_error(fmt::format("cannot read {}: {}", path.string(), std::generic_category().message(errno)));
  if (status == Z_BUF_ERROR)
    fault = " (the gzip stream ends early)";
  else if (status != Z_OK && status != Z_STREAM_END)
    throw user_error(fmt::format("{} is damaged (gzip: {})", path.string(), reason));
}

void data_file::check_size(std::size_t expected, std::string const& contents) const {
  if (bytes.size() != expected)
    throw user_error(fmt::format("{} is too {}: expected {} bytes ({}), got {}{}", path.string(),
                                 bytes.size() < expected ? "short" : "long", expected, contents, bytes.size(), fault));
  if (!fault.empty())
    throw user_error(fmt::format("{} is damaged{}", path.string(), fault));
}

void check_labels(std::filesystem::path const& path, at::Tensor const& labels, std::int64_t classes) {
  auto const* const first = labels.data_ptr<std::int64_t>();
  auto const* const last = first + labels.numel();
  auto const* const wrong = std::find_if(first, last, [classes](std::int64_t label) { return label >= classes; });
  if (wrong != last)
    throw user_error(fmt::format("{}: label {} of item {} is none of the {} classes (0 to {})", path.string(), *wrong,
                                 wrong - first, classes, classes - 1));
}

} // namespace espalier::runtime
