#include "check.hpp"

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/encodings/block_list.hpp>
#include <espalier/compiler/error.hpp>

#include <fmt/format.h>

#include <fstream>
#include <regex>
#include <sstream>

namespace reference_check {

namespace {

using namespace espalier::compiler::encodings;

// Measured milliseconds by layer: the table beside the file of checks, or else the one that ProxylessNAS published.
class latencies {
public:
  explicit latencies(std::filesystem::path const& folder) {
    std::filesystem::path file{LATENCY_TABLE};
    if (auto const beside = folder / file.filename(); std::filesystem::exists(beside))
      file = beside;
    std::ifstream in{file};
    std::ostringstream text;
    text << in.rdbuf();
    table_ = espalier::compiler::parse_json(text.str(), file.string());
  }
  double operator()(std::string const& key) const {
    if (!table_.contains(key))
      throw espalier::user_error(fmt::format("the latency table has no '{}'", key));
    return table_[key].get<double>();
  }

private:
  json table_;
};

// The mobile network of ProxylessNAS whose table this is, every layer alike.
block_list uniform_network(int kernel, int expansion) {
  struct stage {
    int width;
    int layers;
    int stride;
  };
  block_list list;
  int in = 16;
  list.blocks.push_back({list.first, list.first, in, 3, 1, false});
  for (auto const& [width, layers, stride] :
       {stage{24, 4, 2}, {40, 4, 2}, {80, 4, 2}, {96, 4, 1}, {192, 4, 2}, {320, 1, 1}})
    for (int i = 0; i < layers; ++i) {
      list.blocks.push_back({in, in * expansion, width, kernel, i == 0 ? stride : 1, true, i > 0});
      in = width;
    }
  return list;
}

double sum_of(latencies const& milliseconds, block_list const& list, int side) {
  auto const shape = [&](int channels) { return fmt::format("{0}x{0}x{1}", side, channels); };
  auto const input = shape(3);
  side = (side + 1) / 2;
  auto sum = milliseconds(fmt::format("Conv-input:{}-output:{}", input, shape(list.first)));
  for (auto const& block : list.blocks) {
    auto const before = shape(block.in);
    side = (side + block.stride - 1) / block.stride;
    sum += milliseconds(fmt::format("expanded_conv-input:{}-output:{}-expand:{}-kernel:{}-stride:{}-idskip:{}", before,
                                    shape(block.out), block.middle / block.in, block.kernel, block.stride,
                                    block.has_shortcut ? 1 : 0));
  }
  sum += milliseconds(fmt::format("Conv_1-input:{}-output:{}", shape(list.blocks.back().out), shape(list.feature_mix)));
  return sum + milliseconds(fmt::format("Logits-input:{}-output:{}", shape(list.feature_mix), list.classes));
}

} // namespace

json latency_of(entry const& one) {
  latencies const table{one.folder};
  if (one.architecture.is_object())
    return {{"ms", sum_of(table, read_block_list(one.architecture), 224)}};
  auto const text = one.architecture.is_string() ? one.architecture.get<std::string>() : "";
  std::smatch match;
  if (!std::regex_match(text, match, std::regex{R"(k(\d)e(\d))"}))
    throw espalier::user_error(fmt::format("'{}' is neither a block list nor kKeE", text));
  return {{"ms", sum_of(table, uniform_network(std::stoi(match[1].str()), std::stoi(match[2].str())), 224)}};
}

} // namespace reference_check
