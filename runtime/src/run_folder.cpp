#include <espalier/runtime/run_folder.hpp>

#include <espalier/compiler/error.hpp>
#include <espalier/runtime/atomic_file.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

namespace espalier::runtime {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view lock_name = ".lock", manifest_name = "run.json", space_name = "space.ir";
constexpr std::size_t most_diff_lines = 12;
constexpr std::size_t most_diff_cells = 4'000'000;

/// What may differ between a run and its resumption.
bool identifies(std::string const& key) {
  return key != "threads" && key != "created";
}

json identity_of(json const& manifest) {
  json identity = json::object();
  for (auto const& [key, value] : manifest.items())
    if (identifies(key))
      identity[key] = value;
  return identity;
}

/// One line for each differing value: "options.epochs: recorded 25, now 50".
std::vector<std::string> differences(json const& recorded, json const& now) {
  json const before = identity_of(recorded).flatten(), after = identity_of(now).flatten();
  std::set<std::string> keys;
  for (json const* side : {&before, &after})
    for (auto const& [key, value] : side->items())
      keys.insert(key);
  auto const shown = [](json const& side, std::string const& key) {
    return side.contains(key) ? side.at(key).dump() : "nothing";
  };
  std::vector<std::string> lines;
  for (std::string const& key : keys) {
    std::string const before_value = shown(before, key), after_value = shown(after, key);
    if (before_value == after_value)
      continue;
    std::string name = key.substr(1);
    std::replace(name.begin(), name.end(), '/', '.');
    lines.push_back(fmt::format("{}: recorded {}, now {}", name, before_value, after_value));
  }
  return lines;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    std::size_t const end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// The lines that leave (-) and enter (+) a text, by the longest common subsequence of what lies between equal ends.
std::vector<std::string> line_diff(std::string_view before, std::string_view after) {
  std::vector<std::string_view> a = lines_of(before), b = lines_of(after);
  auto const [a_head, b_head] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  b.erase(b.begin(), b_head);
  a.erase(a.begin(), a_head);
  while (!a.empty() && !b.empty() && a.back() == b.back()) {
    a.pop_back();
    b.pop_back();
  }
  bool const aligned = a.size() * b.size() <= most_diff_cells;
  std::size_t const width = b.size() + 1;
  std::vector<unsigned> common(aligned ? (a.size() + 1) * width : 0); // of a[i...] and b[j...]
  for (std::size_t i = aligned ? a.size() : 0; i-- > 0;)
    for (std::size_t j = b.size(); j-- > 0;)
      common[i * width + j] = a[i] == b[j] ? common[(i + 1) * width + j + 1] + 1
                                           : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
  std::vector<std::string> lines;
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    if (aligned && i < a.size() && j < b.size() && a[i] == b[j]) {
      ++i;
      ++j;
    } else if (j == b.size() ||
               (i < a.size() && (!aligned || common[(i + 1) * width + j] >= common[i * width + j + 1])))
      lines.push_back(fmt::format("- {}", a[i++]));
    else
      lines.push_back(fmt::format("+ {}", b[j++]));
  }
  return lines;
}

json read_manifest(fs::path const& path) {
  try {
    json manifest = json::parse(read_file(path));
    if (manifest.is_object())
      return manifest;
  } catch (json::parse_error const& error) {
    throw user_error(
        fmt::format("{} is corrupt: {}; use another output folder, or delete this one", path.string(), error.what()));
  }
  throw user_error(
      fmt::format("{} is corrupt: not a JSON object; use another output folder, or delete this one", path.string()));
}

std::vector<fs::path> entries_of(fs::path const& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator(); entry.increment(error))
    entries.push_back(entry->path());
  if (error)
    throw user_error(fmt::format("cannot list output folder {}: {}; give another", folder.string(), error.message()));
  return entries;
}

/// Refuses a folder that holds something, but no run.
void check_free(fs::path const& folder) {
  if (fs::exists(folder / manifest_name))
    return;
  for (fs::path const& entry : entries_of(folder))
    if (fs::path const name = entry.filename(); name != lock_name && !is_written_aside(name))
      throw user_error(
          fmt::format("output folder {} holds {}, but no run of espalier; nothing was written, give an empty or "
                      "a new folder",
                      folder.string(), name.string()));
}

[[noreturn]] void refuse_another_run(fs::path const& folder, std::vector<std::string> const& keys,
                                     std::string_view space) {
  std::string message = fmt::format("output folder {} holds another run:", folder.string());
  for (std::string const& key : keys)
    message += fmt::format("\n  {}", key);
  std::vector<std::string> lines;
  if (fs::path const recorded = folder / space_name; !space.empty() && fs::exists(recorded))
    lines = line_diff(read_file(recorded), space);
  if (!lines.empty()) {
    message += "\n  the space (- recorded, + now):";
    for (std::size_t i = 0; i < std::min(lines.size(), most_diff_lines); ++i)
      message += fmt::format("\n    {}", lines[i]);
    if (lines.size() > most_diff_lines)
      message += fmt::format("\n    ... and {} more lines", lines.size() - most_diff_lines);
  }
  throw user_error(message + "\ngive another output folder, or the recorded values to resume");
}

} // namespace

run_folder::run_folder(fs::path folder, access users) : folder_(std::move(folder)) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (!fs::is_directory(folder_))
    throw user_error(fmt::format("cannot create output folder {}: {}; give another", folder_.string(),
                                 error ? error.message() : "a file has that name"));
  check_free(folder_); // before .lock is written into someone else's folder
  lock(users);
}

run_folder::run_folder(fs::path folder, json const& manifest, std::string_view space, access users)
    : run_folder(std::move(folder), users) {
  check_free(folder_); // again, now that nobody else writes
  if (!joins_)
    for (fs::path const& entry : entries_of(folder_))
      if (is_written_aside(entry))
        fs::remove(entry);
  resumes_ = fs::exists(file(manifest_name));
  manifest_ = resumes_ ? read_manifest(file(manifest_name)) : manifest;
  if (std::vector<std::string> const keys = differences(manifest_, manifest); !keys.empty())
    refuse_another_run(folder_, keys, space);
  if (!resumes_)
    write_atomically(file(manifest_name), manifest.dump(2) + "\n");
  if (!space.empty() && !fs::exists(file(space_name)))
    write_atomically(file(space_name), space);
  if (users == access::shared && !joins_ && flock(lock_, LOCK_SH | LOCK_NB) != 0) // from here on others may join
    refuse_lock(errno);
}

run_folder::~run_folder() {
  ::close(lock_);
}

bool run_folder::is_alone() const {
  return flock(lock_, LOCK_EX | LOCK_NB) == 0;
}

// The first process has the lock alone while it looks what the folder holds. Those that may join it wait for that, a
// second at most.
void run_folder::lock(access users) {
  lock_ = ::open(file(lock_name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  auto const acquires = [&](int how) { return lock_ >= 0 && flock(lock_, how | LOCK_NB) == 0; };
  if (acquires(LOCK_EX)) {
    std::string const owner = fmt::format("{}\n", getpid());
    // On a full disk the lock holds all the same; its owner only stays unnamed.
    [[maybe_unused]] bool const named = ftruncate(lock_, 0) == 0 && ::write(lock_, owner.data(), owner.size()) > 0;
    return;
  }
  int error = errno;
  for (int tries = 100; users == access::shared && error == EWOULDBLOCK && tries > 0; --tries) {
    joins_ = acquires(LOCK_SH);
    if (joins_)
      return;
    error = errno;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  if (lock_ >= 0)
    ::close(lock_);
  refuse_lock(error);
}

void run_folder::refuse_lock(int error) const {
  if (error != EWOULDBLOCK)
    throw user_error(fmt::format("cannot lock output folder {}: {}; give another", folder_.string(),
                                 std::generic_category().message(error)));
  std::string owner = read_file(file(lock_name));
  owner.erase(std::min(owner.find('\n'), owner.size()));
  throw user_error(fmt::format("output folder {} is in use by process {}; wait for it, or give another folder",
                               folder_.string(), owner.empty() ? "(unknown)" : owner));
}

} // namespace espalier::runtime
