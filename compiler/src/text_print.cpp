#include <espalier/compiler/text.hpp>
#include <espalier/dsl/numbers.hpp>

#include "text_lexer.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using text::attribute_word;
using text::attribute_words;
using text::escaped;

bool is_known(tensor_type const& type) {
  return type.channels > 0;
}

bool decides(region const& r) {
  return std::ranges::any_of(r.operations, [](operation const& op) {
    return text::decides(op.form()) || !op.decided.empty() || std::ranges::any_of(op.regions, decides);
  });
}

// A number at its preset goes without saying where the preset is neutral: inherited, 0 or 1. A size such as `kernel =
// 3` does not.
bool goes_without_saying(dsl::attribute_declaration const& attribute, int value) {
  return value == attribute.preset && value <= 1;
}

std::string spelling(std::string_view attribute, int value) {
  auto const names = [&](attribute_word const& w) { return w.attribute == attribute && w.value == value; };
  auto const* const found = std::ranges::find_if(attribute_words, names);
  return found != attribute_words.end() ? std::string{found->word} : fmt::format("{}", value);
}

class printer {
public:
  std::string print(graph const& g) && {
    write("espalier {}\n{} \"{}\" ", text::version, decides(g.body) ? "space" : "network", escaped(g.name));
    print_region(g.body, 0);
    write("\n");
    return std::move(out_);
  }

private:
  template <class... Arguments>
  void write(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Arguments>(arguments)...);
  }

  template <class Range, class Write>
  void separate(Range const& range, Write write_one) {
    bool is_first = true;
    for (auto const& element : range) {
      if (!is_first)
        out_ += ", ";
      is_first = false;
      write_one(element);
    }
  }

  void print_region(region const& r, int depth) {
    out_ += '(';
    separate(r.arguments, [&](value const& argument) {
      write("%{}", argument.name);
      if (is_known(argument.type))
        write(": {}", compiler::print(argument.type));
    });
    out_ += ") {\n";
    for (auto const& op : r.operations)
      print_operation(op, depth + 1);
    if (!r.yields.empty()) {
      write("{:{}}yield ", "", 2 * (depth + 1));
      print_values(r.yields);
      out_ += '\n';
    }
    write("{:{}}}}", "", 2 * depth);
  }

  void print_operation(operation const& op, int depth) {
    write("{:{}}", "", 2 * depth);
    separate(op.results, [&](value const& result) { write("%{}", result.name); });
    write("{}{}", op.results.empty() ? "" : " = ", op.declaration->name);
    if (!op.label.empty())
      write(" \"{}\"", escaped(op.label));
    if (!op.operands.empty())
      out_ += ' ';
    print_values(op.operands);
    print_attributes(op);
    if (std::ranges::any_of(op.results, [](value const& result) { return is_known(result.type); })) {
      out_ += " : ";
      separate(op.results, [&](value const& result) { out_ += compiler::print(result.type); });
    }
    for (std::size_t i = 0; i < op.regions.size(); ++i) {
      out_ += i == 0 ? " " : " or ";
      print_region(op.regions[i], depth);
    }
    out_ += '\n';
  }

  void print_values(std::vector<std::string> const& names) {
    separate(names, [&](std::string const& name) { write("%{}", name); });
  }

  void print_attributes(operation const& op) {
    auto const& declared = op.declaration->attributes;
    bool is_first = true;
    for (std::size_t i = 0; i < op.declaration->attribute_count; ++i) {
      auto const decided = std::ranges::find(op.decided, i, &decided_attribute::attribute);
      bool const is_decided = decided != op.decided.end();
      if (!is_decided && goes_without_saying(declared[i], op.attributes[i]))
        continue;
      write("{}{} = ", is_first ? " {" : ", ", declared[i].name);
      if (is_decided)
        print_number(decided->value);
      else
        out_ += spelling(declared[i].name, op.attributes[i]);
      is_first = false;
    }
    if (!is_first)
      out_ += '}';
  }

  // A constant is its number; a decision or formula its word, name, numbers and operands.
  void print_number(decided_number const& n) {
    if (n.declaration == &dsl::declaration_of<dsl::operations::value>) {
      write("{}", n.attributes[0]);
      return;
    }
    write("{}", n.declaration->name);
    if (!n.label.empty())
      write(" \"{}\" ", escaped(n.label));
    auto const constants = n.declaration->attribute_count;
    if (constants + n.operands.size() == 0)
      return;
    out_ += '(';
    for (std::size_t i = 0; i < constants; ++i)
      write("{}{}", i == 0 ? "" : ", ", n.attributes[i]);
    for (std::size_t i = 0; i < n.operands.size(); ++i) {
      out_ += i + constants == 0 ? "" : ", ";
      print_number(n.operands[i]);
    }
    out_ += ')';
  }

  std::string out_;
};

} // namespace

std::string print(graph const& g) {
  return printer{}.print(g);
}

std::string print(tensor_type const& type) {
  if (!is_known(type))
    return "?";
  switch (type.kind) {
  case dsl::tensor_kind::vector:
    return fmt::format("vector[{}]", type.channels);
  case dsl::tensor_kind::image:
    return fmt::format("image[{}, {}, {}]", type.channels, type.height, type.width);
  case dsl::tensor_kind::ids:
    return fmt::format("ids[{}, {}]", type.channels, type.height);
  default:
    return fmt::format("{}[{}, {}, {}]", type.kind == dsl::tensor_kind::tokens ? "tokens" : "sequence", type.channels,
                       type.height, type.width);
  }
}

std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (char const c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

} // namespace espalier::compiler
