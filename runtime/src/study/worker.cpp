#include "worker.hpp"

#include <espalier/compiler/error.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace espalier::runtime {

namespace {

constexpr std::int64_t mutex_byte = 0;

// A lock of an open file, which unlike one of a process does not vanish when another descriptor of the file is closed.
struct flock byte_lock(short type, std::int64_t byte) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  return range;
}

} // namespace

worker::worker(std::filesystem::path const& lock_file)
    : file_(::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  for (std::int64_t next = 1; file_ >= 0; ++next) {
    auto range = byte_lock(F_WRLCK, next);
    if (fcntl(file_, F_OFD_SETLK, &range) == 0) {
      number_ = next;
      return;
    }
    if (errno != EAGAIN && errno != EACCES)
      break;
  }
  int const error = errno;
  if (file_ >= 0)
    ::close(file_);
  throw user_error(fmt::format("cannot lock {}: {}; give an output folder that you own, on a disk of this machine",
                               lock_file.string(), std::generic_category().message(error)));
}

worker::~worker() {
  ::close(file_);
}

bool worker::is_alive(std::int64_t number) const {
  auto range = byte_lock(F_WRLCK, number);
  return number == number_ || (fcntl(file_, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK);
}

void worker::lock() {
  auto range = byte_lock(F_WRLCK, mutex_byte);
  while (fcntl(file_, F_OFD_SETLKW, &range) != 0)
    if (errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "locking a study");
}

void worker::unlock() {
  auto range = byte_lock(F_UNLCK, mutex_byte);
  fcntl(file_, F_OFD_SETLK, &range);
}

} // namespace espalier::runtime
