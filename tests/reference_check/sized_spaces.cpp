#include "check.hpp"

#include <espalier/compiler/decisions.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/text.hpp>

#include <fmt/format.h>

#include <functional>
#include <regex>
#include <utility>

namespace reference_check {

namespace {

using espalier::dsl::cardinality;

// A choice among so many blocks.
std::string choice_of(int candidates, std::string const& operation) {
  std::string text = "    %choice0 = choice %x ";
  for (int i = 0; i < candidates; ++i)
    text += fmt::format("{0}(%x) {{\n      %b = block \"op{1}\" %x (%x) {{\n        %y = {2} %x\n        yield %y\n"
                        "      }}\n      yield %b\n    }}",
                        i == 0 ? "" : " or ", i, operation);
  return text + "\n    yield %choice0\n";
}

cardinality count_of(std::string const& input, std::string const& body) {
  auto const text = fmt::format("espalier 1\nspace \"sized\" (%input: {}) {{\n{}  yield %y\n}}\n", input, body);
  return espalier::compiler::decision_space{espalier::compiler::expand(espalier::compiler::parse(text))}.count();
}

cardinality count_cell(int operations, std::string const& attributes) {
  return count_of("image[8, 8, 8]",
                  fmt::format("  %y = cell \"cell\" %input, %input {{channels = 8, inputs = 2, {}}} (%x) {{\n{}  }}\n",
                              attributes, choice_of(operations, "conv")));
}

cardinality count_picks(int nodes, int operations, int combiners) {
  return count_cell(operations, fmt::format("nodes = {}, picks = 2, output = 1, combine = {}", nodes, combiners - 1));
}

cardinality count_layers(int layers, int operations) {
  return count_of("image[8, 8, 8]", fmt::format("  %y = skip_chain \"layers\" %input {{nodes = {}}} (%x) {{\n{}  }}\n",
                                                layers, choice_of(operations, "conv")));
}

cardinality count_chain(int layers, int operations) {
  return count_of("image[8, 8, 8]", fmt::format("  %y = repeat %input {{count = {}}} (%x) {{\n{}  }}\n", layers,
                                                choice_of(operations, "conv")));
}

// `root` is the body of the root's activation.
cardinality count_recurrent(int nodes, int activations, std::string const& root) {
  return count_of(
      "sequence[8, 4, 1]",
      fmt::format("  %y = recurrent_cell \"cell\" %input {{channels = 8, nodes = {}}} (%x) {{\n{}  }} or (%x) "
                  "{{\n{}  }}\n",
                  nodes, root, choice_of(activations, "tanh")));
}

using sizes = std::vector<int>;

} // namespace

std::optional<cardinality> count_of_sized(std::string const& name) {
  static std::vector<std::pair<std::regex, std::function<cardinality(sizes const&)>>> const families{
      {std::regex{R"(darts_cnn_discrete_cell_(\d{1,2})ops)"},
       [](sizes const& n) { return count_cell(n[0], "nodes = 4, keep = 2"); }},
      {std::regex{R"(darts_rnn_discrete_(\d{1,2})steps_(\d{1,2})acts)"},
       [](sizes const& n) { return count_recurrent(n[0], n[1], "    %t = tanh %x\n    yield %t\n"); }},
      {std::regex{R"(nasnet_cell_B(\d{1,2})_(\d{1,2})ops_([12])comb)"},
       [](sizes const& n) { return count_picks(n[0], n[1], n[2]); }},
      {std::regex{R"(pnas_cell_B(\d{1,2}))"}, [](sizes const& n) { return count_picks(n[0], 8, 1); }},
      {std::regex{R"(amoebanet_cell_B(\d{1,2})_(\d{1,2})ops)"},
       [](sizes const& n) { return count_picks(n[0], n[1], 1); }},
      {std::regex{R"(enas_micro_B(\d{1,2})_(\d{1,2})ops_per_cell)"},
       [](sizes const& n) { return count_picks(n[0], n[1], 1); }},
      {std::regex{R"(enas_macro_L(\d{1,2})_(\d{1,2})ops)"}, [](sizes const& n) { return count_layers(n[0], n[1]); }},
      {std::regex{R"(enas_rnn_(\d{1,2})nodes_(\d{1,2})acts)"},
       [](sizes const& n) { return count_recurrent(n[0] - 1, n[1], choice_of(n[1], "tanh")); }},
      {std::regex{R"(fbnet_(\d{1,2})_layers_(\d{1,2})_blocks)"},
       [](sizes const& n) { return count_chain(n[0], n[1]); }},
  };
  for (auto const& [form, count] : families)
    if (std::smatch match; std::regex_match(name, match, form)) {
      sizes numbers;
      for (std::size_t i = 1; i < match.size(); ++i)
        numbers.push_back(std::stoi(match[i].str()));
      return count(numbers);
    }
  return std::nullopt;
}

} // namespace reference_check
