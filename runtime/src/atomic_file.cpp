#include <espalier/runtime/atomic_file.hpp>

#include <espalier/compiler/error.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <ctime>
#include <system_error>

namespace espalier::runtime {
namespace {

constexpr std::string_view aside_mark = ".espalier-aside-";

/// Turns SIGXFSZ, which would kill the process at a file-size limit, into EFBIG for the calling thread.
class file_size_signal_blocked {
public:
  file_size_signal_blocked() {
    sigemptyset(&file_size_);
    sigaddset(&file_size_, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &file_size_, &before_);
  }
  ~file_size_signal_blocked() {
    if (sigismember(&before_, SIGXFSZ) == 0) {
      timespec const at_once{};
      sigtimedwait(&file_size_, nullptr, &at_once);
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  file_size_signal_blocked(file_size_signal_blocked const&) = delete;
  file_size_signal_blocked& operator=(file_size_signal_blocked const&) = delete;

private:
  sigset_t file_size_{};
  sigset_t before_{};
};

class descriptor {
public:
  explicit descriptor(int number) : number_(number) {}
  ~descriptor() { close(); }
  descriptor(descriptor const&) = delete;
  descriptor& operator=(descriptor const&) = delete;

  int number() const { return number_; }
  /// Whether closing reported no late write error.
  bool close() {
    bool const done = number_ < 0 || ::close(number_) == 0;
    number_ = -1;
    return done;
  }

private:
  int number_;
};

std::string_view remedy(int error) {
  switch (error) {
  case ENOSPC:
  case EDQUOT:
    return "free space there, or write to another disk";
  case EFBIG:
    return "raise the file-size limit (ulimit -f), or write to another disk";
  case ENOENT:
    return "create its folder first";
  case EACCES:
  case EPERM:
  case EROFS:
    return "write to a folder that you own";
  default:
    return "check the path and the disk";
  }
}

[[noreturn]] void fail_to_write(std::filesystem::path const& path, std::string_view bytes, int error) {
  throw user_error(fmt::format("cannot write {} ({} bytes): {}; {}", path.string(), bytes.size(),
                               std::generic_category().message(error), remedy(error)));
}

/// Whether all bytes were written; errno says why not.
bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t const written = ::write(file, bytes.data(), bytes.size());
    if (written > 0)
      bytes.remove_prefix(static_cast<std::size_t>(written));
    else if (written == 0 || errno != EINTR)
      return false;
  }
  return true;
}

/// A name in the same folder that no other writer uses.
std::filesystem::path aside_of(std::filesystem::path const& path) {
  static std::atomic<unsigned> writes = 0;
  return path.parent_path() / fmt::format(".{}{}{}-{}", path.filename().string(), aside_mark, getpid(), writes++);
}

/// Devices and pipes (/dev/stdout) hold nothing to keep, and must not be replaced by a file.
void write_through(std::filesystem::path const& path, std::string_view bytes) {
  descriptor file{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (file.number() < 0 || !write_all(file.number(), bytes) || !file.close())
    fail_to_write(path, bytes, errno);
}

void replace(std::filesystem::path const& path, std::string_view bytes, mode_t mode) {
  std::filesystem::path const aside = aside_of(path);
  descriptor file{open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
  if (file.number() < 0)
    fail_to_write(path, bytes, errno);
  file_size_signal_blocked const limit_is_an_error;
  if (!write_all(file.number(), bytes) || fsync(file.number()) != 0 || !file.close() ||
      rename(aside.c_str(), path.c_str()) != 0) {
    int const error = errno;
    unlink(aside.c_str());
    fail_to_write(path, bytes, error);
  }
  // The rename itself reaches the disk with its folder.
  std::filesystem::path const folder = path.has_parent_path() ? path.parent_path() : ".";
  descriptor const directory{open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.number() >= 0)
    fsync(directory.number());
}

} // namespace

void write_atomically(std::filesystem::path const& path, std::string_view bytes) {
  struct stat existing {};
  if (stat(path.c_str(), &existing) != 0)
    return replace(path, bytes, 0666);
  if (S_ISDIR(existing.st_mode))
    throw user_error(fmt::format("cannot write {}: it is a folder; give the name of a file", path.string()));
  if (!S_ISREG(existing.st_mode))
    return write_through(path, bytes);
  // Behind a symbolic link, the file it names is replaced and the link stays.
  replace(std::filesystem::canonical(path), bytes, existing.st_mode & 0777);
}

std::string read_file(std::filesystem::path const& path) {
  auto const fail = [&path](int error) {
    throw user_error(
        fmt::format("cannot read {}: {}; check the path", path.string(), std::generic_category().message(error)));
  };
  descriptor const file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number() < 0)
    fail(errno);
  std::string bytes;
  constexpr std::size_t piece = std::size_t{1} << 20U;
  for (std::size_t size = 0;;) {
    bytes.resize(size + piece);
    ssize_t const got = ::read(file.number(), bytes.data() + size, piece);
    if (got < 0 && errno != EINTR)
      fail(errno);
    size += got > 0 ? static_cast<std::size_t>(got) : 0;
    bytes.resize(size);
    if (got == 0)
      return bytes;
  }
}

bool is_written_aside(std::filesystem::path const& path) {
  return path.filename().string().find(aside_mark) != std::string::npos;
}

} // namespace espalier::runtime
