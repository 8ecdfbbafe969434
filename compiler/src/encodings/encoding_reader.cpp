#include "encoding_reader.hpp"

#include <espalier/compiler/error.hpp>

#include <fmt/format.h>

namespace espalier::compiler::encodings {

namespace {

constexpr std::size_t longest_quote = 60;

std::string quoted(nlohmann::json const& value) {
  auto text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > longest_quote)
    text = text.substr(0, longest_quote - 3) + "...";
  return text;
}

} // namespace

std::string listed(std::vector<std::string> const& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return text;
}

void encoding_reader::fault(std::string const& place, std::string const& found, std::string const& possible) {
  faults_.push_back(fmt::format("{}: {}; possible: {}", place, found, possible));
}

void encoding_reader::finish() const {
  if (faults_.empty())
    return;
  auto text = fmt::format("{} has {} fault{}:", what_, faults_.size(), faults_.size() == 1 ? "" : "s");
  for (auto const& fault : faults_)
    text += "\n  " + fault;
  throw user_error(text);
}

nlohmann::json const& encoding_reader::member(nlohmann::json const& object, std::string const& key,
                                              std::string const& place) {
  static nlohmann::json const nothing;
  if (!object.is_object())
    fault(place, "found " + quoted(object), fmt::format("an object with \"{}\"", key));
  else if (auto const at = object.find(key); at != object.end())
    return *at;
  else
    fault(place, fmt::format("\"{}\" is missing", key), "an object with that key");
  return nothing;
}

int encoding_reader::whole(nlohmann::json const& number, std::string const& place, int least, int most) {
  if (number.is_null())
    return least; // `member` has reported it
  bool const is_whole = number.is_number_integer();
  if (is_whole && number.get<long long>() >= least && number.get<long long>() <= most)
    return number.get<int>();
  fault(place, "found " + quoted(number), fmt::format("a whole number from {} to {}", least, most));
  return least;
}

double encoding_reader::fraction(nlohmann::json const& number, std::string const& place, double least, double most) {
  if (number.is_null())
    return least;
  if (number.is_number() && number.get<double>() >= least && number.get<double>() <= most)
    return number.get<double>();
  fault(place, "found " + quoted(number), fmt::format("a number from {} to {}", least, most));
  return least;
}

bool encoding_reader::truth(nlohmann::json const& value, std::string const& place) {
  if (value.is_boolean())
    return value.get<bool>();
  if (!value.is_null())
    fault(place, "found " + quoted(value), "true or false");
  return false;
}

std::string encoding_reader::text(nlohmann::json const& value, std::string const& place) {
  if (value.is_string())
    return value.get<std::string>();
  if (!value.is_null())
    fault(place, "found " + quoted(value), "a text");
  return {};
}

std::vector<int> encoding_reader::whole_numbers(nlohmann::json const& list, std::string const& place, int least,
                                                int most) {
  std::vector<int> numbers;
  for (auto const& item : items(list, place, 0))
    numbers.push_back(whole(item, fmt::format("{}[{}]", place, numbers.size()), least, most));
  return numbers;
}

std::vector<nlohmann::json> encoding_reader::items(nlohmann::json const& list, std::string const& place,
                                                   std::size_t least, std::size_t most) {
  if (list.is_null())
    return {};
  if (!list.is_array()) {
    fault(place, "found " + quoted(list), "a list");
    return {};
  }
  if (list.size() < least || list.size() > most)
    fault(place, fmt::format("a list of {}", list.size()),
          least == most ? fmt::format("a list of {}", least) : fmt::format("a list of {} to {}", least, most));
  return list.get<std::vector<nlohmann::json>>();
}

std::size_t encoding_reader::one_of(std::string const& text, std::string const& place,
                                    std::vector<std::string> const& possible) {
  for (std::size_t i = 0; i < possible.size(); ++i)
    if (possible[i] == text)
      return i;
  fault(place, fmt::format("there is no '{}'", text), listed(possible));
  return 0;
}

} // namespace espalier::compiler::encodings
