#include "compiler_message.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <regex>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

constexpr std::size_t most_lines = 12;
constexpr std::size_t longest_line = 160;

struct place {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
};

std::string cut(std::string text) {
  if (text.size() > longest_line)
    text.replace(longest_line, std::string::npos, " ...");
  return text;
}

std::string line_of(place const& at) {
  std::ifstream in{at.file};
  std::string line;
  for (std::size_t i = 0; i < at.line && std::getline(in, line);)
    ++i;
  return line;
}

// The language says what is wrong as a text in a type's name: whole (g++), or in pieces (clang).
std::string sentence_of(std::string const& message) {
  static std::regex const piece{R"re(\{"((?:[^"\\]|\\.)*)"\})re"};
  if (message.find("invalid_search_space<") == std::string::npos)
    return cut(message);
  std::string sentence;
  for (std::sregex_iterator found{message.begin(), message.end(), piece}, end; found != end; ++found)
    sentence += found->str(1);
  std::erase(sentence, '\0'); // the last piece is filled up with them
  static std::regex const escaped{R"re(\\(.))re"};
  return std::regex_replace(sentence, escaped, "$1");
}

class shortener {
public:
  shortener(std::filesystem::path const& header, std::string const& shown,
            std::vector<std::filesystem::path> const& foreign)
      : header_(header.string()), shown_(shown), foreign_(foreign) {}

  shortened_message run(std::string_view diagnostics) {
    while (!diagnostics.empty()) {
      auto const end = std::min(diagnostics.find('\n'), diagnostics.size());
      read(std::string{diagnostics.substr(0, end)});
      diagnostics.remove_prefix(std::min(end + 1, diagnostics.size()));
    }
    std::string text = fmt::format("{}", fmt::join(lines_, "\n"));
    if (left_out_ > 0)
      text += fmt::format("\n... and {} more", left_out_);
    return {std::move(text), !lines_.empty()};
  }

private:
  void read(std::string const& line) {
    static std::regex const located{R"(^(?:In file included from |\s+from )?([^\s:][^:]*):(\d+):(?:(\d+):)?\s*(.*)$)"};
    std::smatch match;
    if (!std::regex_match(line, match, located))
      return;
    place const at{match.str(1), std::stoul(match.str(2)), match[3].matched ? std::stoul(match.str(3)) : 0};
    auto const message = match.str(4);
    bool const is_error = message.starts_with("error: ") || message.starts_with("fatal error: ");
    if (!is_foreign(at.file))
      last_own_ = at;
    if (!is_error)
      return;
    if (last_own_)
      report(*last_own_, sentence_of(message.substr(message.find(": ") + 2)));
    last_own_.reset();
  }

  void report(place const& at, std::string const& what) {
    if (lines_.size() + 2 > most_lines) {
      ++left_out_;
      return;
    }
    lines_.push_back(fmt::format("{}:{}:{}: {}", at.file == header_ ? shown_ : at.file, at.line, at.column, what));
    lines_.push_back(cut(fmt::format("{:5} | {}", at.line, line_of(at))));
  }

  [[nodiscard]] bool is_foreign(std::string const& file) const {
    if (file == header_)
      return false;
    auto const path = std::filesystem::path{file}.lexically_normal().string();
    return path.starts_with('<') || path.starts_with("/usr/") || std::ranges::any_of(foreign_, [&](auto const& f) {
             return path.starts_with(std::filesystem::path{f}.lexically_normal().string());
           });
  }

  std::string header_;
  std::string shown_;
  std::vector<std::filesystem::path> const& foreign_;
  std::optional<place> last_own_;
  std::vector<std::string> lines_;
  std::size_t left_out_ = 0;
};

} // namespace

shortened_message shorten(std::string_view diagnostics, std::filesystem::path const& header, std::string const& shown,
                          std::vector<std::filesystem::path> const& foreign) {
  return shortener{header, shown, foreign}.run(diagnostics);
}

} // namespace espalier::compiler
