// tables PAGES_DIR HEADERS_DIR: every operation that a header under HEADERS_DIR declares is in the operation table and
// on one page of PAGES_DIR, between "<!-- declared: NAME -->" and "<!-- end -->", with the numbers of its declaration.
// With ESPALIER_UPDATE_GOLDENS set, what stands between them is written anew.
#include <espalier/dsl/operation_table.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>

namespace {

using namespace espalier::dsl;

constexpr std::string_view opening = "<!-- declared: ";
constexpr std::string_view closing = "<!-- end -->";

std::string text_of(std::filesystem::path const& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

char const* word(slicing s) {
  switch (s) {
  case slicing::prefix:
    return "prefix";
  case slicing::centre:
    return "centre";
  case slicing::precision:
    return "precision";
  default:
    return "-";
  }
}

char const* word(relaxation r) {
  switch (r) {
  case relaxation::masks:
    return "masks";
  case relaxation::sum:
    return "sum";
  case relaxation::exits:
    return "exits";
  default:
    return "refused";
  }
}

char const* word(trend t) {
  return t == trend::rises ? "rises" : t == trend::falls ? "falls" : "-";
}

std::string kinds(operation_declaration const& d) {
  if (!d.is_leaf())
    return "";
  if (d.takes == any_kind)
    return "Takes any kind of tensor.\n\n";
  std::string list;
  for (auto const& [kind, name] : {std::pair{tensor_kind::image, "image"},
                                   {tensor_kind::sequence, "sequence"},
                                   {tensor_kind::tokens, "tokens"},
                                   {tensor_kind::vector, "vector"},
                                   {tensor_kind::ids, "ids"}})
    if (holds(d.takes, kind))
      list += (list.empty() ? "" : ", ") + std::string(name);
  return "Takes: " + list + ".\n\n";
}

std::string preset(operation_declaration const& d, std::size_t i) {
  bool const can_inherit = i == d.channels || i == d.stride || d.attributes[i].name == "kernel_width";
  if (can_inherit && d.attributes[i].preset == inherited)
    return "inherited";
  return std::to_string(d.attributes[i].preset);
}

std::string table(operation_declaration const& d) {
  if (d.attribute_count == 0)
    return kinds(d) + "No numbers.\n";
  std::string rows = kinds(d) + "| number | preset | bounds | decision | slice | relaxed | cost |\n"
                                "|---|---|---|---|---|---|---|\n";
  for (std::size_t i = 0; i < d.attribute_count; ++i) {
    auto const& [name, unused, rules] = d.attributes[i];
    rows += "| `" + std::string(name) + "` | " + preset(d, i);
    if (rules.can_be_decision)
      rows += " | " + std::to_string(rules.least) + " to " + std::to_string(rules.most) + " | yes | " +
              word(rules.slice) + " | " + word(rules.relax) + " | " + word(rules.cost) + " |\n";
    else
      rows += " | | no | | | |\n";
  }
  return rows;
}

struct checker {
  std::map<std::string, operation_declaration const*, std::less<>> declarations;
  std::set<std::string, std::less<>> shown;
  bool is_good = true;

  void complain(std::string const& what) {
    std::cerr << what << '\n';
    is_good = false;
  }

  // The page as the declarations want it.
  std::string renewed(std::string const& page, std::string const& file) {
    std::string made;
    std::size_t at = 0;
    for (std::size_t begin = 0; (begin = page.find(opening, at)) != std::string::npos;) {
      auto const line_end = page.find('\n', begin);
      auto const name = page.substr(begin + opening.size(), page.find(" -->", begin) - begin - opening.size());
      auto const end = page.find(closing, line_end);
      auto const found = declarations.find(name);
      if (end == std::string::npos || found == declarations.end()) {
        complain(file + ": \"" + name + "\" is no operation, or its table has no end");
        return page;
      }
      if (!shown.insert(name).second)
        complain(file + ": " + name + " is on a page already");
      made += page.substr(at, line_end + 1 - at) + table(*found->second);
      at = end;
    }
    return made + page.substr(at);
  }

  void check_page(std::filesystem::path const& file) {
    auto const page = text_of(file);
    auto const wanted = renewed(page, file.filename().string());
    if (wanted == page)
      return;
    if (std::getenv("ESPALIER_UPDATE_GOLDENS") != nullptr)
      std::ofstream(file) << wanted;
    else
      complain(file.string() + " differs from the declarations; run again with ESPALIER_UPDATE_GOLDENS=1");
  }

  void check_header(std::filesystem::path const& file) {
    constexpr std::string_view name = "std::string_view name = \"";
    auto const text = text_of(file);
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos;) {
      at += name.size();
      auto const declared = text.substr(at, text.find('"', at) - at);
      if (!declarations.contains(declared))
        complain(file.string() + ": " + declared + " is not in the operation table");
    }
  }
};

template <class Visit>
void for_each_file(std::filesystem::path const& folder, std::string_view extension, Visit visit) {
  std::set<std::filesystem::path> sorted;
  for (auto const& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == extension)
      sorted.insert(entry.path());
  std::ranges::for_each(sorted, visit);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3)
    return EXIT_FAILURE;
  checker check;
  for (auto const* d : operation_table)
    if (!check.declarations.emplace(d->name, d).second)
      check.complain("two operations are called " + std::string(d->name));
  for_each_file(argv[1], ".md", [&](auto const& file) { check.check_page(file); });
  for_each_file(argv[2], ".hpp", [&](auto const& file) { check.check_header(file); });
  for (auto const& [name, unused] : check.declarations)
    if (!check.shown.contains(name))
      check.complain(name + " is on no page");
  return check.is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
