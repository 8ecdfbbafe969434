#pragma once

#include <nlohmann/json.hpp>

#include <espalier/dsl/cardinality.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace reference_check {

using nlohmann::json;

/// A published architecture and the numbers that are expected of it.
struct entry {
  std::string id;
  json architecture;
  json expect;
  json families;                ///< Of all entries: what the systems' skeletons are.
  std::filesystem::path folder; ///< Of the file.

  /// Whether a number of this name is expected.
  [[nodiscard]] bool expects(std::string const& key) const { return expect.contains(key); }
};

/// What came of one expected number.
struct outcome {
  bool is_pass = true;
  std::string id;
  std::string expected;
  std::string got;
};

/// Reads a file of checks; whole numbers of more than 18 digits become texts of their digits. A file that cannot be
/// read, or has another form, is a `user_error`.
std::vector<entry> read_checks(std::filesystem::path const& file);

/// Computes every number that is expected, and compares: one outcome an entry.
outcome check(entry const& one);

/// \name What systems yield, in the form of `expect`
/// @{
json numbers_of_cells(entry const& one);           ///< DARTS, NAS-Bench-101 and 201, NASNet, AmoebaNet, ENAS, NAS-Unet
json numbers_of_mobile_networks(entry const& one); ///< Once-for-All, ProxylessNAS, AttentiveNAS, FBNet, MnasNet, SPOS
json numbers_of_graphs(entry const& one);          ///< RandWire
json numbers_of_sequences(entry const& one);       ///< recurrent cells, graph hypernetworks
json latency_of(entry const& one);
json counts_of(entry const& one); ///< Cardinalities of spaces
/// @}

/// A count as JSON: a number, beyond 18 digits the text of its digits.
json number(espalier::dsl::cardinality count);

/// The whole number behind a letter or word in an id (36 for "C" in "cifar10_C36_L20"), or `otherwise`.
int number_in(std::string const& id, std::string const& before, int otherwise);

/// How many architectures a space of other sizes than the shipped one has, whose name tells them, such as
/// `nasnet_cell_B4_13ops_2comb`; nothing where the name is none of those.
std::optional<espalier::dsl::cardinality> count_of_sized(std::string const& name);

/// The value of an arithmetic text (+ - * ^ ! and parentheses, named numbers) as far as it reaches.
espalier::dsl::cardinality formula_value(std::string const& text);

} // namespace reference_check
