#include <espalier/compiler/header_space.hpp>

#include <algorithm>
#include <cctype>

namespace espalier::compiler {

namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// The words and signs of C++ text; comments, literals and directives are left out.
class tokenizer {
public:
  explicit tokenizer(std::string_view text) : rest_(text) {}

  std::vector<std::string_view> run() {
    while (!rest_.empty()) {
      if (rest_.starts_with("//"))
        skip(rest_.find('\n'));
      else if (rest_.starts_with("/*"))
        skip_past("*/", 2);
      else if (rest_.front() == '#')
        skip_directive();
      else if (rest_.starts_with("R\""))
        skip_raw_string();
      else if (rest_.front() == '"' || rest_.front() == '\'')
        skip_literal(rest_.front());
      else if (is_word(rest_.front()))
        take_word();
      else if (rest_.starts_with("::"))
        take(2);
      else if (std::isspace(static_cast<unsigned char>(rest_.front())) != 0)
        skip(1);
      else
        take(1);
    }
    return std::move(tokens_);
  }

private:
  void skip(std::size_t length) { rest_.remove_prefix(std::min(length, rest_.size())); }

  void skip_past(std::string_view end, std::size_t from) {
    auto const found = rest_.find(end, from);
    skip(found == std::string_view::npos ? found : found + end.size());
  }

  void skip_directive() {
    std::size_t end = 0;
    do
      end = rest_.find('\n', end + 1);
    while (end != std::string_view::npos && rest_[end - 1] == '\\');
    skip(end);
  }

  void skip_raw_string() {
    auto const open = rest_.find('(');
    if (open == std::string_view::npos)
      return skip(open);
    skip_past(')' + std::string{rest_.substr(2, open - 2)} + '"', open);
  }

  void skip_literal(char quote) {
    std::size_t i = 1;
    while (i < rest_.size() && rest_[i] != quote)
      i += rest_[i] == '\\' ? 2 : 1;
    skip(i + 1);
  }

  void take(std::size_t length) {
    tokens_.push_back(rest_.substr(0, length));
    skip(length);
  }

  void take_word() {
    bool const is_number = std::isdigit(static_cast<unsigned char>(rest_.front())) != 0;
    std::size_t length = 1;
    while (length < rest_.size() && (is_word(rest_[length]) || (is_number && rest_[length] == '\'')))
      ++length;
    take(length);
  }

  std::string_view rest_;
  std::vector<std::string_view> tokens_;
};

class scanner {
public:
  explicit scanner(std::vector<std::string_view> tokens) : tokens_(std::move(tokens)) {}

  std::vector<std::string> run() {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i] == "namespace")
        i = enter_namespace(i + 1);
      else if (tokens_[i] == "{")
        scopes_.push_back({false, {}});
      else if (tokens_[i] == "}" && !scopes_.empty())
        scopes_.pop_back();
      else if (at_namespace_scope() && declares_space(i))
        names_.push_back(qualified(tokens_[i]));
    }
    return std::move(names_);
  }

private:
  struct scope {
    bool is_namespace = false;
    std::string name;
  };

  [[nodiscard]] std::string_view token(std::size_t i) const {
    return i < tokens_.size() ? tokens_[i] : std::string_view{};
  }

  // The position of the namespace's brace, or of what ends `using namespace a::b;`.
  std::size_t enter_namespace(std::size_t i) {
    std::string name;
    while (i < tokens_.size() && (is_word(tokens_[i].front()) || tokens_[i] == "::"))
      name += tokens_[i++];
    if (token(i) == "{")
      scopes_.push_back({true, name});
    return i;
  }

  [[nodiscard]] bool at_namespace_scope() const { return std::ranges::all_of(scopes_, &scope::is_namespace); }

  [[nodiscard]] bool declares_space(std::size_t i) const {
    if (!is_word(tokens_[i].front()) || token(i + 1) != "=")
      return false;
    i += 2;
    while (token(i) == "::" || token(i + 1) == "::")
      ++i;
    return token(i) == "search_space" && token(i + 1) == "(";
  }

  [[nodiscard]] std::string qualified(std::string_view name) const {
    std::string result;
    for (auto const& scope : scopes_)
      if (!scope.name.empty())
        result += scope.name + "::";
    return result.append(name);
  }

  std::vector<std::string_view> tokens_;
  std::vector<scope> scopes_;
  std::vector<std::string> names_;
};

} // namespace

std::vector<std::string> declared_spaces(std::string_view header) {
  return scanner{tokenizer{header}.run()}.run();
}

} // namespace espalier::compiler
