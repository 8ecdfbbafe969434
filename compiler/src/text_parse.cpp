#include <espalier/compiler/text.hpp>
#include <espalier/dsl/operation_table.hpp>

#include "text_lexer.hpp"

#include <espalier/compiler/nearest.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using text::lexer;
using text::token;
using kind = token::kind;

// `sequence` is only how C++ writes one operation after another, and numbers stand within attributes.
bool is_in_text(operation_declaration const* declaration) {
  return declaration->form != structure::sequence && declaration->form != structure::number;
}

bool is_number(operation_declaration const* declaration) {
  return declaration->form == structure::number && declaration->name != "value";
}

template <class Predicate>
std::vector<std::string> names_of(Predicate belongs) {
  std::vector<std::string> names;
  for (auto const* declaration : dsl::operation_table)
    if (belongs(declaration))
      names.emplace_back(declaration->name);
  return names;
}

// How many operands a formula takes.
std::size_t arity(operation_declaration const& formula) {
  if (formula.evaluate == nullptr)
    return 0;
  return formula.name == "rounded" ? 1 : 2;
}

std::vector<std::string> attribute_names(operation_declaration const& declaration) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < declaration.attribute_count; ++i)
    names.emplace_back(declaration.attributes[i].name);
  return names;
}

attribute_values presets(operation_declaration const& declaration) {
  attribute_values values{};
  for (std::size_t i = 0; i < declaration.attribute_count; ++i)
    values[i] = declaration.attributes[i].preset;
  return values;
}

// Recursive descent, one function a rule of the grammar in docs/ir.md, one token ahead.
class parser {
public:
  parser(std::string_view text, std::string_view origin) : lexer_(text, origin), ahead_(lexer_.next()) {}

  graph parse_graph() {
    parse_version();
    auto const header = take();
    bool const is_network = header.is(kind::word, "network");
    if (!is_network && !header.is(kind::word, "space"))
      fail_expected("'space' or 'network'", header);
    graph g{parse_name("the space's name in quotes"), parse_region()};
    if (ahead_.type != kind::end)
      fail_expected("the end of the text", ahead_);
    if (is_network && decides_)
      fail(header, "a network decides nothing, but this one has a decision: write 'space'");
    return g;
  }

private:
  void parse_version() {
    if (!ahead_.is(kind::word, "espalier"))
      fail_expected(fmt::format("'espalier {}'", text::version), ahead_);
    take();
    auto const at = ahead_;
    if (auto const found = parse_integer("the version of the text form"); found != text::version)
      fail(at, fmt::format("version {} of the text form is not known here, only {}", found, text::version));
  }

  region parse_region() {
    auto const begin = expect('(');
    if (++depth_ > text::max_depth)
      fail(begin, fmt::format("regions nest more than {} deep", text::max_depth));
    region r;
    if (!ahead_.is(')'))
      r.arguments = parse_list([&] { return parse_argument(); });
    expect(')');
    expect('{');
    while (ahead_.type == kind::value || (ahead_.type == kind::word && ahead_.spelling != "yield"))
      r.operations.push_back(parse_operation());
    if (ahead_.is(kind::word, "yield")) {
      take();
      r.yields = parse_values();
      expect_end_of_line();
    }
    if (!ahead_.is('}'))
      fail_expected("an operation such as '%y = relu %x', 'yield' or '}'", ahead_);
    take();
    --depth_;
    return r;
  }

  value parse_argument() {
    value argument{parse_value(), {}};
    if (accept(':'))
      argument.type = parse_type();
    return argument;
  }

  operation parse_operation() {
    operation op;
    auto const begin = ahead_;
    if (ahead_.type == kind::value) {
      for (auto& result : parse_values())
        op.results.push_back({std::move(result), {}});
      expect('=');
    }
    op.declaration = parse_declaration();
    if (is_statement(op.form()) != op.results.empty())
      fail(begin,
           op.results.empty()
               ? fmt::format("{} has a result: write '%name = {} ...'", op.declaration->name, op.declaration->name)
               : fmt::format("{} has no result: write it without '%name ='", op.declaration->name));
    op.attributes = presets(*op.declaration);
    if (continues() && ahead_.type == kind::name)
      op.label = parse_name("");
    if (continues() && ahead_.type == kind::value)
      op.operands = parse_values();
    if (continues() && ahead_.is('{'))
      parse_attributes(op);
    if (continues() && ahead_.is(':'))
      parse_result_types(op);
    if (continues() && ahead_.is('(')) {
      op.regions.push_back(parse_region());
      while (continues() && ahead_.is(kind::word, "or")) {
        take();
        op.regions.push_back(parse_region());
      }
    }
    expect_end_of_line();
    return op;
  }

  operation_declaration const* parse_declaration() {
    auto const name = take();
    if (name.type != kind::word)
      fail_expected("an operation's name", name);
    auto const matches = [&](auto const* declaration) {
      return is_in_text(declaration) && declaration->name == name.spelling;
    };
    auto const* const found = std::ranges::find_if(dsl::operation_table, matches);
    if (found == dsl::operation_table.end())
      fail(name,
           fmt::format("there is no operation '{}'{}", name.spelling, suggest(name.spelling, names_of(is_in_text))));
    decides_ = decides_ || text::decides((*found)->form);
    return *found;
  }

  void parse_attributes(operation& op) {
    std::array<bool, dsl::max_attributes> is_given{};
    expect('{');
    do
      parse_attribute(op, is_given);
    while (accept(','));
    expect('}');
  }

  void parse_attribute(operation& op, std::array<bool, dsl::max_attributes>& is_given) {
    auto const& declaration = *op.declaration;
    auto const name = take();
    if (name.type != kind::word)
      fail_expected("an attribute's name", name);
    auto const i = declaration.index_of(name.spelling);
    if (i == dsl::max_attributes)
      fail(name, fmt::format("{} has no attribute '{}'{}", declaration.name, name.spelling,
                             suggest(name.spelling, attribute_names(declaration))));
    if (is_given[i])
      fail(name, fmt::format("'{}' is given twice", name.spelling));
    is_given[i] = true;
    expect('=');
    auto const* const word = std::ranges::find(text::attribute_words, name.spelling, &text::attribute_word::attribute);
    bool const is_word = word != text::attribute_words.end() && ahead_.is(kind::word, word->word);
    if (ahead_.type != kind::word || is_word) {
      op.attributes[i] = parse_attribute_value(name.spelling);
      return;
    }
    decides_ = true;
    op.decided.insert(std::ranges::lower_bound(op.decided, i, {}, &decided_attribute::attribute), {i, parse_number()});
  }

  // A number that is a decision or a formula: its word, name, constants and operands.
  decided_number parse_number() {
    if (ahead_.type != kind::word)
      return {&dsl::declaration_of<dsl::operations::value>, "", {parse_integer("a number")}, {}};
    auto const word = take();
    auto const matches = [&](auto const* declaration) {
      return is_number(declaration) && declaration->name == word.spelling;
    };
    auto const* const found = std::ranges::find_if(dsl::operation_table, matches);
    if (found == dsl::operation_table.end())
      fail(word, fmt::format("there is no number '{}'{}", word.spelling, suggest(word.spelling, names_of(is_number))));
    decided_number made{*found, "", presets(**found), {}};
    if (ahead_.type == kind::name)
      made.label = parse_name("");
    bool const is_list = made.declaration == &dsl::declaration_of<dsl::operations::one_of>;
    auto const constants = made.declaration->attribute_count;
    auto const wanted = arity(*made.declaration);
    if (!is_list && constants + wanted == 0)
      return made;
    if (++depth_ > text::max_depth)
      fail(word, fmt::format("formulas nest more than {} deep", text::max_depth));
    auto const end = parse_operands(made, constants);
    --depth_;
    if (!is_list && made.operands.size() != wanted)
      fail(end, fmt::format("{} has {} operand{}, here are {}", made.declaration->name, wanted, wanted == 1 ? "" : "s",
                            made.operands.size()));
    return made;
  }

  token parse_operands(decided_number& made, std::size_t constants) {
    expect('(');
    for (std::size_t i = 0; i < constants; ++i) {
      if (i > 0)
        expect(',');
      made.attributes[i] = parse_integer("a number");
    }
    bool const is_list = made.declaration == &dsl::declaration_of<dsl::operations::one_of>;
    while (!ahead_.is(')') || (is_list && made.operands.empty())) {
      if (constants + made.operands.size() > 0)
        expect(',');
      if (is_list && ahead_.type != kind::integer)
        fail_expected("a number", ahead_);
      made.operands.push_back(parse_number());
    }
    return expect(')');
  }

  int parse_attribute_value(std::string_view attribute) {
    auto const* const known = std::ranges::find(text::attribute_words, attribute, &text::attribute_word::attribute);
    bool const has_word = known != text::attribute_words.end();
    if (has_word && ahead_.is(kind::word, known->word)) {
      take();
      return known->value;
    }
    auto const at = ahead_;
    auto const number = parse_integer(has_word ? fmt::format("a number or '{}'", known->word) : "a number");
    if (has_word && number == known->value)
      fail(at, fmt::format("'{}' is never {}; did you mean '{}'?", attribute, number, known->word));
    return number;
  }

  void parse_result_types(operation& op) {
    auto const colon = take();
    auto const types = parse_list([&] { return accept('?') ? tensor_type{} : parse_type(); });
    if (types.size() != op.results.size())
      fail(colon, fmt::format("{} types for {} results: give one for each, '?' where it is open", types.size(),
                              op.results.size()));
    for (std::size_t i = 0; i < types.size(); ++i)
      op.results[i].type = types[i];
  }

  tensor_type parse_type() {
    static constexpr std::array kinds{
        std::pair{"image", dsl::tensor_kind::image}, std::pair{"vector", dsl::tensor_kind::vector},
        std::pair{"sequence", dsl::tensor_kind::sequence}, std::pair{"tokens", dsl::tensor_kind::tokens},
        std::pair{"ids", dsl::tensor_kind::ids}};
    auto const name = take();
    auto const* const kind_of =
        std::ranges::find_if(kinds, [&](auto const& k) { return name.is(kind::word, k.first); });
    if (kind_of == kinds.end())
      fail_expected("a type such as image[3, 32, 32] or vector[10]", name);
    expect('[');
    auto const sizes = parse_list([&] { return parse_size(); });
    auto const end = expect(']');
    auto const type = kind_of->second;
    std::size_t const wanted = type == dsl::tensor_kind::vector ? 1 : type == dsl::tensor_kind::ids ? 2 : 3;
    if (sizes.size() != wanted)
      fail(end, wanted == 3   ? fmt::format("an image has channels, height and width, here are {} sizes", sizes.size())
                : wanted == 2 ? fmt::format("ids have a vocabulary and a length, here are {} sizes", sizes.size())
                              : fmt::format("a vector has one size, here are {}", sizes.size()));
    return {type, sizes[0], wanted > 1 ? sizes[1] : 1, wanted > 2 ? sizes[2] : 1};
  }

  int parse_size() {
    auto const at = ahead_;
    auto const size = parse_integer("a size");
    if (size < 1)
      fail(at, fmt::format("a size is {}, at least 1 is needed", size));
    return size;
  }

  int parse_integer(std::string_view what) {
    auto const number = take();
    if (number.type != kind::integer)
      fail_expected(what, number);
    int parsed = 0;
    auto const result =
        std::from_chars(number.spelling.data(), number.spelling.data() + number.spelling.size(), parsed);
    if (result.ec != std::errc{})
      fail(number, fmt::format("{} does not fit: numbers go from {} to {}", number.spelling,
                               std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
    return parsed;
  }

  std::string parse_name(std::string_view what) {
    auto const name = take();
    if (name.type != kind::name)
      fail_expected(what, name);
    return text::unescaped(name.spelling);
  }

  std::string parse_value() {
    auto const name = take();
    if (name.type != kind::value)
      fail_expected("a value such as %x", name);
    return std::string{name.spelling};
  }

  std::vector<std::string> parse_values() {
    return parse_list([&] { return parse_value(); });
  }

  template <class Parse, class Element = std::invoke_result_t<Parse>>
  std::vector<Element> parse_list(Parse parse_one) {
    std::vector<Element> elements;
    do
      elements.push_back(parse_one());
    while (accept(','));
    return elements;
  }

  token take() {
    last_line_ = ahead_.line;
    return std::exchange(ahead_, ahead_.type == kind::end ? ahead_ : lexer_.next());
  }

  bool accept(char punctuation) {
    bool const found = ahead_.is(punctuation);
    if (found)
      take();
    return found;
  }

  token expect(char punctuation) {
    if (!ahead_.is(punctuation))
      fail_expected(fmt::format("'{}'", punctuation), ahead_);
    return take();
  }

  // An operation ends with its line.
  [[nodiscard]] bool continues() const { return ahead_.line == last_line_; }

  void expect_end_of_line() const {
    if (continues() && !ahead_.is('}') && ahead_.type != kind::end)
      fail_expected("the end of the line", ahead_);
  }

  [[noreturn]] void fail(token const& at, std::string const& sentence) const { lexer_.fail(at.offset, sentence); }

  [[noreturn]] void fail_expected(std::string_view what, token const& found) const {
    if (found.type == kind::end)
      fail(found, fmt::format("expected {}, found the end of the text", what));
    auto const* const quote = found.type == kind::name ? "\"" : found.type == kind::value ? "%" : "";
    fail(found, fmt::format("expected {}, found '{}{}{}'", what, quote, found.spelling,
                            found.type == kind::name ? quote : ""));
  }

  lexer lexer_;
  token ahead_;
  std::size_t last_line_ = 1;
  int depth_ = 0;
  bool decides_ = false;
};

} // namespace

graph parse(std::string_view text, std::string_view origin) {
  return parser{text, origin}.parse_graph();
}

} // namespace espalier::compiler
