#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace espalier::compiler::encodings {

/// Reads the JSON of an encoding and keeps every fault with its place, what was found there and what is possible.
class encoding_reader {
public:
  explicit encoding_reader(std::string what) : what_(std::move(what)) {}

  void fault(std::string const& place, std::string const& found, std::string const& possible);
  /// Throws a `user_error` that lists all faults, if there are any.
  void finish() const;

  /// \name Parts of an encoding; what is missing or of another type is a fault and gives a value that stands for it
  /// @{
  nlohmann::json const& member(nlohmann::json const& object, std::string const& key, std::string const& place);
  int whole(nlohmann::json const& number, std::string const& place, int least, int most);
  double fraction(nlohmann::json const& number, std::string const& place, double least, double most);
  bool truth(nlohmann::json const& value, std::string const& place);
  std::string text(nlohmann::json const& value, std::string const& place);
  std::vector<int> whole_numbers(nlohmann::json const& list, std::string const& place, int least, int most);
  /// The items of a list of `least` to `most`.
  std::vector<nlohmann::json> items(nlohmann::json const& list, std::string const& place, std::size_t least,
                                    std::size_t most = 4096);
  /// The position of a text among the possible ones.
  std::size_t one_of(std::string const& text, std::string const& place, std::vector<std::string> const& possible);
  /// @}

private:
  std::string what_;
  std::vector<std::string> faults_;
};

/// "a, b and c".
std::string listed(std::vector<std::string> const& words);

} // namespace espalier::compiler::encodings
