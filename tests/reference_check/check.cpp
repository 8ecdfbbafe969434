#include "check.hpp"

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

namespace reference_check {

namespace {

constexpr std::size_t digits_of_a_number = 18;
constexpr double rounding = 1e-9;

// Puts quotes around whole numbers that a double would round.
std::string with_long_numbers_quoted(std::string const& text) {
  std::string made;
  bool is_in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"')
      is_in_text = !is_in_text;
    else if (is_in_text && text[i] == '\\' && i + 1 < text.size())
      made += text[i++];
    std::size_t end = i;
    while (!is_in_text && end < text.size() && text[end] >= '0' && text[end] <= '9')
      ++end;
    bool const is_long = end - i > digits_of_a_number && text[end] != '.' && text[end] != 'e' && text[end] != 'E' &&
                         (i == 0 || (text[i - 1] != '.' && text[i - 1] != '-'));
    if (is_long)
      made += '"' + text.substr(i, end - i) + '"';
    else
      made += text.substr(i, std::max<std::size_t>(end - i, 1));
    i = std::max(end, i + 1) - 1;
  }
  return made;
}

// Every number of a nested object by its path.
void flatten(json const& of, std::string const& path, std::map<std::string, json>& into) {
  if (!of.is_object()) {
    into[path] = of;
    return;
  }
  for (auto const& [key, value] : of.items())
    flatten(value, path.empty() ? key : path + "/" + key, into);
}

std::string shown(std::map<std::string, json> const& numbers) {
  std::string text;
  for (auto const& [path, value] : numbers)
    text += (text.empty() ? "" : " ") + path + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
  return text;
}

// Of a statistic of drawn graphs: within `tolerance` of the mean, or of a spread within four standard errors of the two
// samples of 500.
bool agrees(std::string const& path, json const& expected, json const& got, double tolerance) {
  if (expected.is_string() && got.is_number_integer()) // a count may stand between quotes
    return expected.get<std::string>() == got.dump();
  if (!expected.is_number() || !got.is_number())
    return expected == got;
  if (expected.is_number_integer() && got.is_number_integer())
    return expected == got;
  auto const a = expected.get<double>();
  auto const b = got.get<double>();
  bool const is_spread = path.ends_with("_sd");
  bool const is_mean = path.ends_with("_mean") && tolerance > 0;
  double const allowed = is_spread ? 4 * std::sqrt(2 / (2 * 500.0)) : is_mean ? tolerance : rounding;
  return std::abs(a - b) <= allowed * std::abs(a);
}

json compute(entry const& one) {
  using computation = json (*)(entry const&);
  static std::map<std::string, computation> const systems{
      {"darts", numbers_of_cells},
      {"nasnet", numbers_of_cells},
      {"amoeba", numbers_of_cells},
      {"enas", numbers_of_cells},
      {"nb101", numbers_of_cells},
      {"nb201", numbers_of_cells},
      {"nasunet", numbers_of_cells},
      {"ofa", numbers_of_mobile_networks},
      {"proxyless", numbers_of_mobile_networks},
      {"attentivenas", numbers_of_mobile_networks},
      {"fbnet", numbers_of_mobile_networks},
      {"mnasnet", numbers_of_mobile_networks},
      {"spos", numbers_of_mobile_networks},
      {"randwire", numbers_of_graphs},
      {"rnn", numbers_of_sequences},
      {"ghn", numbers_of_sequences},
      {"latency", latency_of},
      {"card", counts_of},
  };
  auto const system = one.id.substr(0, one.id.find('.'));
  auto const at = systems.find(system);
  if (at == systems.end())
    throw espalier::user_error(fmt::format("there is no system '{}'", system));
  return at->second(one);
}

} // namespace

std::vector<entry> read_checks(std::filesystem::path const& file) {
  std::ifstream in{file};
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    throw espalier::user_error(fmt::format("cannot read '{}'; give the path of a file of checks", file.string()));
  auto const whole = espalier::compiler::parse_json(with_long_numbers_quoted(text.str()), file.string());
  if (!whole.is_object() || !whole.contains("checks") || !whole["checks"].is_array())
    throw espalier::user_error(fmt::format("{}: a file of checks is an object with a list \"checks\"", file.string()));
  std::vector<entry> entries;
  for (auto const& item : whole["checks"]) {
    if (!item.is_object() || !item.contains("id") || !item["id"].is_string() || !item.contains("expect") ||
        !item["expect"].is_object() || item["expect"].empty())
      throw espalier::user_error(
          fmt::format("{}: check {} has no \"id\", or no number in \"expect\"", file.string(), entries.size()));
    entries.push_back({item["id"], item.value("architecture", json{}), item["expect"],
                       whole.value("families", json::object()), file.parent_path()});
  }
  return entries;
}

outcome check(entry const& one) {
  std::map<std::string, json> expected;
  flatten(one.expect, "", expected);
  double const tolerance = one.expect.value("tol_rel", 0.0);
  expected.erase("tol_rel");
  outcome made{true, one.id, shown(expected), ""};
  try {
    std::map<std::string, json> all;
    flatten(compute(one), "", all);
    std::map<std::string, json> got;
    for (auto const& [path, value] : expected) {
      auto const at = all.find(path);
      got[path] = at == all.end() ? json("nothing") : at->second;
      if (!agrees(path, value, got[path], tolerance))
        made.is_pass = false;
    }
    made.got = shown(got);
  } catch (std::exception const& error) {
    made.is_pass = false;
    made.got = error.what();
  } catch (char const* limit) { // of a count or cost, as the language says it
    made.is_pass = false;
    made.got = limit;
  }
  return made;
}

json number(espalier::dsl::cardinality count) {
  std::string text;
  do
    text += static_cast<char>('0' + count.divide(10));
  while (count != espalier::dsl::cardinality{});
  std::ranges::reverse(text);
  if (text.size() > digits_of_a_number)
    return text;
  return std::stoll(text);
}

int number_in(std::string const& id, std::string const& before, int otherwise) {
  std::smatch match;
  if (std::regex_search(id, match, std::regex{"(?:^|[^A-Za-z])" + before + R"((\d{1,6})(?![0-9]))"}))
    return std::stoi(match[1].str());
  return otherwise;
}

} // namespace reference_check
