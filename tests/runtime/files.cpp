#include "prelude.hpp"

#include "fixtures.hpp"

#include <fmt/format.h>

#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/run_folder.hpp>
#include <espalier/runtime/threads.hpp>

#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>

using namespace espalier::runtime;
using namespace espalier::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> names_in(fs::path const& folder) {
  std::vector<std::string> names;
  for (fs::directory_entry const& entry : fs::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

/// Limits the size of files for a scope, as a full disk would.
class file_size_limit {
public:
  explicit file_size_limit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit const limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~file_size_limit() { setrlimit(RLIMIT_FSIZE, &before_); }

private:
  rlimit before_{};
};

json const manifest{{"version", "0.1.0"},
                    {"command", "search"},
                    {"seed", 1},
                    {"threads", 2},
                    {"options", {{"epochs", 25}, {"rate", 0.025}}}};

} // namespace

TEST_CASE("a file is replaced as a whole, and nothing is left beside it") {
  temporary_folder const folder;
  std::string const bytes(3'000'000, '\0');
  write_atomically(folder / "weights", "old");
  write_atomically(folder / "weights", bytes);
  CHECK(read_file(folder / "weights") == bytes);
  write_atomically(folder / "weights", "");
  CHECK(read_file(folder / "weights").empty());
  CHECK(names_in(folder.path()) == std::vector<std::string>{"weights"});
}

TEST_CASE("a write that does not fit leaves the old file, no other, and the reason") {
  temporary_folder const folder;
  write_atomically(folder / "weights", "old");
  std::string error;
  {
    file_size_limit const limit{1000};
    error = user_error_of([&] { write_atomically(folder / "weights", std::string(5000, 'x')); });
  }
  CHECK_THAT(error,
             ContainsSubstring("cannot write " + (folder / "weights").string() + " (5000 bytes): File too large"));
  CHECK_THAT(error, ContainsSubstring("ulimit -f"));
  CHECK(read_file(folder / "weights") == "old");
  CHECK(names_in(folder.path()) == std::vector<std::string>{"weights"});
  sigset_t pending{};
  sigpending(&pending);
  CHECK(sigismember(&pending, SIGXFSZ) == 0);
}

TEST_CASE("a full disk is named with its remedy") {
  CHECK(user_error_of([] { write_atomically("/dev/full", "bytes"); }) ==
        "cannot write /dev/full (5 bytes): No space left on device; free space there, or write to another disk");
  CHECK(fs::is_character_file("/dev/full"));
}

TEST_CASE("devices and links stay what they are") {
  temporary_folder const folder;
  write_atomically("/dev/null", "bytes");
  CHECK(fs::is_character_file("/dev/null"));
  write_atomically(folder / "file", "old");
  fs::create_symlink("file", folder / "link");
  write_atomically(folder / "link", "new");
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(read_file(folder / "file") == "new");
}

TEST_CASE("paths that cannot be files are refused") {
  temporary_folder const folder;
  CHECK_THAT(user_error_of([&] { write_atomically(folder.path(), "x"); }), ContainsSubstring("it is a folder"));
  CHECK_THAT(user_error_of([&] { write_atomically(folder / "no/such/file", "x"); }),
             ContainsSubstring("create its folder first"));
  CHECK_THAT(user_error_of([&] { read_file(folder / "none"); }), ContainsSubstring("none: No such file or directory"));
  CHECK_THAT(user_error_of([&] { read_file(folder.path()); }), ContainsSubstring("Is a directory"));
}

TEST_CASE("a run folder records its run and resumes it") {
  temporary_folder const folder;
  fs::path const out = folder / "runs/first";
  {
    run_folder const run{out, manifest, "space\n"};
    CHECK_FALSE(run.resumes());
    CHECK(run.file("weights") == out / "weights");
    write_bytes(run.file("weights"), "x");
    write_bytes(run.file(".weights.espalier-aside-77-0"), "left by a killed process");
  }
  CHECK(json::parse(read_file(out / "run.json")) == manifest);
  CHECK(read_file(out / "space.ir") == "space\n");
  json again = manifest;
  again["threads"] = 8;
  again["created"] = "later";
  run_folder const run{out, again, "space\n"};
  CHECK(run.resumes());
  CHECK(run.manifest() == manifest);
  CHECK(names_in(out) == std::vector<std::string>{".lock", "run.json", "space.ir", "weights"});
}

TEST_CASE("another run is refused with each difference") {
  temporary_folder const folder;
  { run_folder const run{folder.path(), manifest, "input\nconv 3\nconv 5\nlinear\n"}; }
  json other = manifest;
  other["seed"] = 2;
  other["options"]["epochs"] = 50;
  other["options"].erase("rate");
  std::string const error = user_error_of([&] {
    run_folder{folder.path(), other, "input\nconv 3\nconv 7\npool\nlinear\n"};
  });
  CHECK(error == "output folder " + folder.path().string() +
                     " holds another run:\n"
                     "  options.epochs: recorded 25, now 50\n"
                     "  options.rate: recorded 0.025, now nothing\n"
                     "  seed: recorded 1, now 2\n"
                     "  the space (- recorded, + now):\n"
                     "    - conv 5\n"
                     "    + conv 7\n"
                     "    + pool\n"
                     "give another output folder, or the recorded values to resume");
  CHECK(json::parse(read_file(folder / "run.json")) == manifest);
}

TEST_CASE("a long difference of spaces is cut") {
  temporary_folder const folder;
  std::string before, after;
  for (int i = 0; i < 3000; ++i) {
    before += fmt::format("a{}\n", i);
    after += fmt::format("b{}\n", i);
  }
  { run_folder const run{folder.path(), {{"space", "f1"}}, before}; }
  std::string const error = user_error_of([&] { run_folder{folder.path(), {{"space", "f2"}}, after}; });
  CHECK_THAT(error, ContainsSubstring("space: recorded \"f1\", now \"f2\"") &&
                        ContainsSubstring("    - a11\n    ... and 5988 more lines"));
}

TEST_CASE("someone else's folder is left alone") {
  temporary_folder const folder;
  write_bytes(folder / "thesis.tex", "x");
  CHECK_THAT(user_error_of([&] {
               run_folder{folder.path(), manifest};
             }),
             ContainsSubstring("holds thesis.tex, but no run"));
  CHECK(names_in(folder.path()) == std::vector<std::string>{"thesis.tex"});
  CHECK_THAT(user_error_of([&] {
               run_folder{folder / "thesis.tex", manifest};
             }),
             ContainsSubstring("cannot create output folder"));
}

TEST_CASE("a corrupt run.json is refused") {
  temporary_folder const folder;
  std::string const bytes = GENERATE("{\"seed\": ", "[1, 2]", "");
  write_bytes(folder / "run.json", bytes);
  CHECK_THAT(user_error_of([&] { run_folder{folder.path(), manifest}; }), ContainsSubstring("run.json is corrupt"));
}

TEST_CASE("a folder in use names the process, and is free once that is gone") {
  temporary_folder const folder;
  int ready[2], done[2];
  REQUIRE((pipe(ready) == 0 && pipe(done) == 0));
  pid_t const other = fork();
  if (other == 0) {
    run_folder const run{folder.path(), manifest};
    char byte = 1;
    _exit(write(ready[1], &byte, 1) == 1 && read(done[0], &byte, 1) >= 0 ? 0 : 1);
  }
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  CHECK_THAT(user_error_of([&] {
               run_folder{folder.path(), manifest};
             }),
             ContainsSubstring("is in use by process " + std::to_string(other)));
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
  CHECK(run_folder(folder.path(), manifest).resumes());
}

TEST_CASE("processes may share a folder, with none that wants it alone") {
  using enum run_folder::access;
  temporary_folder const folder;
  auto const refusal_of = [&](run_folder::access users, json const& what) {
    return user_error_of([&] { run_folder{folder.path(), what, "space\n", users}; });
  };
  {
    run_folder const first{folder.path(), manifest, "space\n", shared};
    CHECK_FALSE(first.resumes());
    write_bytes(folder / ".result.json.espalier-aside-1-1", "half of it"); // that the first one is writing
    run_folder const second{folder.path(), manifest, "space\n", shared};
    CHECK(second.resumes());
    CHECK(std::filesystem::exists(folder / ".result.json.espalier-aside-1-1"));
    CHECK_THAT(refusal_of(exclusive, manifest), ContainsSubstring("is in use by process"));
    CHECK_THAT(refusal_of(shared, {{"command", "another"}}), ContainsSubstring("holds another run"));
    CHECK_FALSE(second.is_alone());
  }
  run_folder const alone{folder.path(), manifest, "space\n", exclusive};
  CHECK_THAT(refusal_of(shared, manifest), ContainsSubstring("is in use by process"));
  CHECK(alone.is_alone());
}

TEST_CASE("threads are set as asked, by default one a core") {
  CHECK(use_threads(0) >= 1);
  CHECK(use_threads(1) == 1);
  CHECK(at::get_num_threads() == 1);
  CHECK_THAT(user_error_of([] { use_threads(-1); }), ContainsSubstring("cannot use -1 threads"));
}

TEST_CASE("the reference BLAS is known by its path") {
  CHECK(is_reference_blas("/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0"));
  CHECK(is_reference_blas("/usr/lib64/libblas.so.3.11.0"));
  CHECK_FALSE(is_reference_blas("/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3"));
  CHECK_FALSE(is_reference_blas("/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblasp-r0.3.21.so"));
  CHECK_FALSE(is_reference_blas("/opt/libtorch/lib/libtorch_cpu.so"));
  CHECK_FALSE(is_reference_blas(""));
}
