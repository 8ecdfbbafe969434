#include <espalier/compiler/header_space.hpp>

#include "compiler_message.hpp"
#include "flat_text.hpp"
#include "process.hpp"
#include "temporary_folder.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/nearest.hpp>
#include <espalier/compiler/text.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include <cstdlib>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace espalier::compiler {

namespace fs = std::filesystem;

namespace {

std::optional<std::string> content_of(fs::path const& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream bytes;
  if (!in || !(bytes << in.rdbuf()))
    return {};
  return std::move(bytes).str();
}

// The files of a make rule, `target: a b \ c`.
std::vector<std::string> files_of_rule(std::string const& rule) {
  std::vector<std::string> files{""};
  for (auto i = std::min(rule.find(": "), rule.size()) + 1; i < rule.size(); ++i) {
    bool const is_escape = rule[i] == '\\' && i + 1 < rule.size();
    if (is_escape && rule[i + 1] == '\n')
      continue;
    if (is_escape)
      files.back() += rule[++i];
    else if (rule[i] == ' ' || rule[i] == '\n')
      files.emplace_back();
    else
      files.back() += rule[i];
  }
  std::erase(files, "");
  return files;
}

// What a compiled header gave, valid while none of the files that it includes changes.
class cache_entry {
public:
  cache_entry(fs::path const& folder, std::string const& key)
      : path_(folder.empty() ? fs::path{} : folder / (fingerprint(key) + ".json")) {}

  // Nothing where the record is missing, damaged or out of date.
  [[nodiscard]] std::optional<graph> load() const try {
    auto const text = path_.empty() ? std::nullopt : content_of(path_);
    if (!text)
      return {};
    auto const record = nlohmann::json::parse(*text);
    for (auto const& [file, recorded] : record.at("files").get<std::map<std::string, std::string>>())
      if (auto const now = content_of(file); !now || fingerprint(*now) != recorded)
        return {};
    return read_flat(record.at("space").get<std::string>());
  } catch (nlohmann::json::exception const&) {
    return {};
  }

  // A cache that cannot be written costs seconds, not the result: nothing is reported.
  void store(std::vector<std::string> const& files, std::string const& space) const {
    if (path_.empty())
      return;
    nlohmann::json record{{"files", nlohmann::json::object()}, {"space", space}};
    for (auto const& file : files)
      if (auto const content = content_of(file))
        record["files"][file] = fingerprint(*content);
    std::error_code failed;
    fs::create_directories(path_.parent_path(), failed);
    auto const aside = path_.string() + fmt::format(".{}", getpid());
    bool const written = bool(std::ofstream{aside} << record.dump(1) << std::flush);
    if (written)
      fs::rename(aside, path_, failed);
    if (!written || failed)
      fs::remove(aside, failed);
  }

private:
  fs::path path_;
};

class header_reader {
public:
  header_reader(fs::path const& header, std::string const& name, header_compiler const& tools)
      : shown_(header.string()), tools_(tools) {
    auto const text = content_of(header);
    if (!text)
      throw user_error(fmt::format("{}: cannot be read; give the path of a header", shown_));
    header_ = fs::canonical(header);
    text_ = *text;
    declared_ = declared_spaces(text_);
    name_ = name.empty() ? only_space() : name;
  }

  graph run() {
    cache_entry const cached{tools_.cache,
                             fmt::format("{}\n{}\n{}\n{}", tools_.command, header_.string(), name_, text_)};
    if (auto known = cached.load())
      return std::move(*known);
    temporary_folder const work;
    compile(work);
    auto const printed = work / "printed";
    if (run_process({(work / "printer").string()}, printed, work / "complaints") != 0)
      throw internal_error(fmt::format("{}: the program that prints the space failed", shown_));
    auto const flat = content_of(printed).value_or("");
    auto made = read_flat(flat);
    if (!made)
      throw internal_error(fmt::format("{}: cannot read what was printed of space '{}'", shown_, name_));
    auto files = files_of_rule(content_of(work / "rule").value_or(""));
    std::erase(files, (work / "printer.cpp").string());
    cached.store(files, flat);
    return std::move(*made);
  }

private:
  std::string only_space() const {
    if (declared_.size() == 1)
      return declared_.front();
    if (declared_.empty())
      throw user_error(fmt::format(
          "{}: no search space found; declare one as `inline constexpr auto NAME = search_space(...)`, or name it: "
          "{}::NAME",
          shown_, shown_));
    std::string message = fmt::format("{}: {} search spaces; name one of them:", shown_, declared_.size());
    for (auto const& name : declared_)
      message += fmt::format("\n  {}::{}", shown_, name);
    throw user_error(message);
  }

  void compile(temporary_folder const& work) const {
    auto const source = work / "printer.cpp";
    std::ofstream{source} << flat_printer_source(header_.string(), name_);
    std::istringstream words{tools_.command};
    std::vector<std::string> command{std::istream_iterator<std::string>{words}, {}};
    for (auto const* option : {"-std=c++20", "-O0", "-w", "-fdiagnostics-color=never", "-MD", "-MF"})
      command.emplace_back(option);
    command.push_back((work / "rule").string());
    for (auto const& folder : tools_.include_folders)
      command.push_back("-I" + folder.string());
    command.insert(command.end(), {"-o", (work / "printer").string(), source.string()});
    auto const complaints = work / "complaints";
    if (run(command, work / "ignored", complaints) != 0)
      refuse(content_of(complaints).value_or(""), source);
  }

  static int run(std::vector<std::string> const& command, fs::path const& output, fs::path const& complaints) try {
    return run_process(command, output, complaints);
  } catch (user_error const& error) {
    throw user_error(fmt::format("{}; set CXX to a C++20 compiler", error.what()));
  }

  [[noreturn]] void refuse(std::string const& diagnostics, fs::path const& source) const {
    auto foreign = tools_.include_folders;
    foreign.push_back(source);
    auto const message = shorten(diagnostics, header_, shown_, foreign);
    if (message.in_header)
      throw user_error(fmt::format("{} does not compile:\n{}", shown_, message.text));
    if (diagnostics.find(source.string()) == std::string::npos)
      throw user_error(fmt::format("cannot compile {} with '{}':\n{}\nset CXX to a C++20 compiler", shown_,
                                   tools_.command, diagnostics));
    throw user_error(fmt::format("{} declares no search space '{}'{}", shown_, name_, suggest(name_, declared_)));
  }

  std::string shown_;
  header_compiler const& tools_;
  fs::path header_;
  std::string text_;
  std::vector<std::string> declared_;
  std::string name_;
};

} // namespace

graph read_header(fs::path const& header, std::string const& name, header_compiler const& tools) {
  return header_reader{header, name, tools}.run();
}

} // namespace espalier::compiler
