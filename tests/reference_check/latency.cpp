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

// A layer's kernel and expansion, as "k3e6" or "zero" says.
struct layer {
  bool is_zero = false;
  int kernel = 3;
  int expansion = 1;
};

layer read_layer(json const& told) {
  auto const text = told.is_string() ? told.get<std::string>() : told.dump();
  std::smatch match;
  if (text == "zero")
    return {true};
  if (!std::regex_match(text, match, std::regex{R"(k(\d)e(\d))"}))
    throw espalier::user_error(fmt::format("'{}' is no layer kKeE or zero", text));
  return {false, std::stoi(match[1].str()), std::stoi(match[2].str())};
}

// The mobile network of ProxylessNAS whose table this is: every layer alike, or one a searched layer.
block_list network_of(json const& told) {
  struct stage {
    int width;
    int layers;
    int stride;
  };
  block_list list;
  int in = 16;
  list.blocks.push_back({list.first, list.first, in, 3, 1, false});
  std::size_t at = 0;
  for (auto const& [width, layers, stride] :
       {stage{24, 4, 2}, {40, 4, 2}, {80, 4, 2}, {96, 4, 1}, {192, 4, 2}, {320, 1, 1}})
    for (int i = 0; i < layers; ++i) {
      auto const made = read_layer(told.is_array() ? told.at(at++) : told);
      if (made.is_zero && i == 0)
        throw espalier::user_error(fmt::format("layer {} is zero, but changes the shape", at - 1));
      if (made.is_zero)
        continue;
      list.blocks.push_back({in, in * made.expansion, width, made.kernel, i == 0 ? stride : 1, true, i > 0});
      in = width;
    }
  if (told.is_array() && told.size() != at)
    throw espalier::user_error(fmt::format("{} layers; the network has {}", told.size(), at));
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
  return {{"ms", sum_of(table, network_of(one.architecture), 224)}};
}

} // namespace reference_check
