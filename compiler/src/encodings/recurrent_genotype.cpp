#include <espalier/compiler/encodings/recurrent_genotype.hpp>

#include "encoding_reader.hpp"
#include "layers.hpp"

#include <espalier/dsl/blocks.hpp>
#include <espalier/dsl/operations/network.hpp>

#include <fmt/format.h>

#include <map>
#include <sstream>

namespace espalier::compiler::encodings {

namespace ops = dsl::operations;

namespace {

std::vector<std::string> const activation_names{"none", "tanh", "relu", "sigmoid", "identity"};

// Predecessor and function, in turn.
void read_arc(encoding_reader& from, nlohmann::json const& encoding, recurrent_genotype& made) {
  std::map<std::string, std::string> functions;
  auto const& ids = from.member(encoding, "func_ids", "genotype");
  if (ids.is_object())
    for (auto const& [id, name] : ids.items())
      functions[id] = from.text(name, "func_ids/" + id);
  std::istringstream words{from.text(from.member(encoding, "fixed_arc_prev_func", "genotype"), "fixed_arc_prev_func")};
  std::vector<std::string> arc;
  for (std::string word; words >> word;)
    arc.push_back(word);
  if (arc.empty() || arc.size() % 2 != 0)
    from.fault("fixed_arc_prev_func", fmt::format("{} numbers", arc.size()), "a predecessor and a function a node");
  for (std::size_t i = 0; i + 1 < arc.size(); i += 2) {
    auto const place = fmt::format("fixed_arc_prev_func[{}]", i);
    auto const read = nlohmann::json::parse(arc[i], nullptr, false);
    if (!functions.contains(arc[i + 1]))
      from.fault(place, fmt::format("there is no function '{}'", arc[i + 1]), "a key of func_ids");
    made.nodes.push_back({functions[arc[i + 1]], from.whole(read.is_discarded() ? nlohmann::json(arc[i]) : read, place,
                                                            0, static_cast<int>(i / 2))});
    made.concat.push_back(static_cast<int>(i / 2) + 1);
  }
}

void read_pairs(encoding_reader& from, nlohmann::json const& encoding, recurrent_genotype& made) {
  for (auto const& item : from.items(from.member(encoding, "recurrent", "genotype"), "recurrent", 1)) {
    auto const place = fmt::format("recurrent[{}]", made.nodes.size());
    auto const pair = from.items(item, place, 2, 2);
    int const states = static_cast<int>(made.nodes.size());
    made.nodes.push_back({});
    if (pair.size() == 2)
      made.nodes.back() = {from.text(pair[0], place + "[0]"), from.whole(pair[1], place + "[1]", 0, states)};
  }
  made.concat =
      from.whole_numbers(from.member(encoding, "concat", "genotype"), "concat", 0, static_cast<int>(made.nodes.size()));
  if (encoding.is_object() && encoding.contains("concat") && made.concat.empty())
    from.fault("concat", "an empty list", "at least one state");
}

std::string activate(region_builder& to, std::string const& x, std::string const& name) {
  if (name == "none")
    return to.leaf(ops::none{}, x);
  if (name == "tanh")
    return to.leaf(ops::tanh{}, x);
  if (name == "relu")
    return relu(to, x);
  return name == "sigmoid" ? to.leaf(ops::sigmoid{}, x) : x;
}

// state + sigmoid(gate) (activation(candidate) - state), gate and candidate being halves of a linear layer's output.
std::string append_node(region_builder& to, std::string const& state, std::string const& read,
                        std::string const& activation) {
  ops::linear linear;
  linear.channels = 2 * to.type_of(state).channels;
  linear.bias = 0;
  auto const both = to.leaf(linear, read);
  ops::chunk half;
  auto const gate = to.leaf(half, both);
  half.part = 1;
  auto const candidate = activate(to, to.leaf(half, both), activation);
  return to.join(ops::highway{}, {state, gate, candidate});
}

region cell(recurrent_genotype const& genotype, int hidden) {
  tensor_type const vector{dsl::tensor_kind::vector, hidden, 1, 1};
  region_builder to{{{"x", vector}, {"state", vector}}};
  std::vector<std::string> states{append_node(to, "state", concatenated(to, {"x", "state"}), "tanh")};
  for (auto const& [activation, input] : genotype.nodes) {
    auto const read = states[static_cast<std::size_t>(input)];
    states.push_back(append_node(to, read, read, activation));
  }
  std::vector<std::string> output;
  for (int const state : genotype.concat)
    output.push_back(states[static_cast<std::size_t>(state)]);
  auto const y = output.size() == 1 ? output.front() : to.join(ops::average{}, output);
  return std::move(to).finish(y);
}

} // namespace

recurrent_genotype read_recurrent_genotype(nlohmann::json const& encoding) {
  encoding_reader from{"the recurrent genotype"};
  recurrent_genotype made;
  if (encoding.is_object() && encoding.contains("fixed_arc_prev_func"))
    read_arc(from, encoding, made);
  else
    read_pairs(from, encoding, made);
  for (std::size_t i = 0; i < made.nodes.size(); ++i)
    from.one_of(made.nodes[i].activation, fmt::format("node {}", i), activation_names);
  from.finish();
  return made;
}

graph recurrent_network(recurrent_genotype const& genotype, language_model_skeleton const& skeleton) {
  region_builder to{{{"input", {dsl::tensor_kind::ids, skeleton.vocabulary, skeleton.length, 1}}}};
  ops::embedding embedding;
  embedding.channels = skeleton.hidden;
  auto const x = to.leaf(embedding, "input");
  ops::recurrence over_time;
  over_time.channels = skeleton.hidden;
  auto op = make(over_time, "cell", {x});
  op.regions.push_back(cell(genotype, skeleton.hidden));
  auto const states = to.append(std::move(op));
  ops::tied_linear decoder;
  decoder.channels = skeleton.vocabulary;
  decoder.bias = skeleton.decoder_bias ? 1 : 0;
  auto const y = to.leaf(decoder, states);
  return {"language-model", std::move(to).finish(y)};
}

} // namespace espalier::compiler::encodings
