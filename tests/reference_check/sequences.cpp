#include "check.hpp"

#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/encodings/recurrent_genotype.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/dsl.hpp>

#include <fmt/format.h>

#include <map>

namespace reference_check {

namespace {

using namespace espalier::compiler;
using namespace espalier::compiler::encodings;

json recurrent_entry(entry const& one) {
  bool const is_enas_code = one.architecture.contains("fixed_arc_prev_func");
  language_model_skeleton skeleton;
  skeleton.vocabulary = one.architecture.value("vocab", skeleton.vocabulary);
  skeleton.hidden = one.architecture.value("nhid", one.architecture.value("hidden", skeleton.hidden));
  skeleton.decoder_bias = !is_enas_code;
  auto const cost = cost_of(recurrent_network(read_recurrent_genotype(one.architecture), skeleton));
  return {{"params", cost.params}, {"macs", cost.macs}};
}

using espalier::dsl::min_params;
using espalier::dsl::search_space;
using espalier::dsl::tensor_kind;
using espalier::dsl::tensor_type;

// A multilayer perceptron.
template <int In, int... Widths>
inline constexpr auto layers = search_space("perceptron", tensor_type{tensor_kind::vector, In, 1, 1},
                                            espalier::dsl::linear(Widths)...);
template <int In, int... Widths>
constexpr long long perceptron = min_params<layers<In, Widths...>>();

template <int Rows, int Width>
inline constexpr auto table = search_space("table", espalier::dsl::words(1, Rows), espalier::dsl::embedding(Width));
template <int Width>
inline constexpr auto recurrent = search_space("recurrent", tensor_type{tensor_kind::sequence, Width, 1, 1},
                                               espalier::dsl::gru(Width));
template <int Width>
inline constexpr auto normalized = search_space("normalized", tensor_type{tensor_kind::tokens, Width, 1, 1},
                                                espalier::dsl::layer_norm());

// A graph hypernetwork of ppuda (Knyazev et al. 2021): 15 operations, 32 features; one pass of message passing, and
// decoders of convolutions (up to 64 x 64 channels), of vectors and of classifiers.
template <int Kernel, int Shapes, int Classes>
std::map<std::string, long long> hypernetwork_parts(bool passes_messages, bool has_virtual_edges) {
  constexpr int features = 32;
  std::map<std::string, long long> parts;
  parts["embed"] = min_params<table<15, features>>();
  parts["shape_enc"] = min_params<table<Shapes, 8>>(); // a row for each kernel size and number of channels
  // Virtual edges have messages of their own; then those of either kind come from half as wide a layer.
  parts["gnn"] =
      has_virtual_edges ? 2 * perceptron<features, features / 2, features> : perceptron<features, features, features>;
  if (passes_messages)
    parts["gnn"] += min_params<recurrent<features>>();
  if (has_virtual_edges)
    parts["ln"] = min_params<normalized<features>>();
  parts["decoder"] = perceptron<features, 4 * features * Kernel * Kernel> + perceptron<4 * features, 8 * features> +
                     perceptron<8 * features, 64 * 64> + perceptron<64, Classes>;
  parts["decoder_1d"] = perceptron<features, 2 * features, 4 * features>;
  parts["bias_class"] = perceptron<64, Classes>;
  return parts;
}

json hypernetwork_entry(entry const& one) {
  bool const passes_messages = one.id.find("MLP") == std::string::npos;
  bool const has_virtual_edges = one.id.find("GHN2") != std::string::npos;
  auto const parts = one.id.find("imagenet") != std::string::npos
                         ? hypernetwork_parts<16, 403, 1000>(passes_messages, has_virtual_edges)
                         : hypernetwork_parts<11, 401, 10>(passes_messages, has_virtual_edges);
  long long sum = 0;
  auto const told = one.architecture.value("by", json::object());
  for (auto const& [name, params] : told.items())
    if (!parts.contains(name))
      throw espalier::user_error(fmt::format("a hypernetwork has no part '{}'", name));
  for (auto const& [name, params] : parts) {
    sum += params;
    if (told.value(name, params) != params)
      throw espalier::user_error(fmt::format("{} has {} parameters, got {}", name, told[name].dump(), params));
  }
  return {{"params", sum}};
}

} // namespace

json numbers_of_sequences(entry const& one) {
  return one.id.starts_with("rnn") ? recurrent_entry(one) : hypernetwork_entry(one);
}

} // namespace reference_check
