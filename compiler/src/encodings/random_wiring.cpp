#include <espalier/compiler/encodings/random_wiring.hpp>

#include "encoding_reader.hpp"
#include "layers.hpp"

#include <espalier/dsl/operations/network.hpp>

#include <fmt/format.h>

namespace espalier::compiler::encodings {

namespace ops = dsl::operations;

namespace {

std::string append_node(region_builder& to, std::string const& x, int channels, int stride) {
  return to.block("node", x, [&](region_builder& body, std::string const& input) {
    return conv_bn(body, depthwise(body, relu(body, input), 3, {.stride = stride}), 1, channels);
  });
}

std::string append_stage(region_builder& to, std::string const& x, dsl::dag const& graph, int channels) {
  return to.block("stage", x, [&](region_builder& body, std::string const& input) {
    std::vector<std::string> nodes;
    std::vector<bool> is_read(static_cast<std::size_t>(graph.nodes));
    for (int n = 0; n < graph.nodes; ++n) {
      std::vector<std::string> read;
      for (int p = 0; p < n; ++p)
        if (graph.has(p, n)) {
          read.push_back(nodes[static_cast<std::size_t>(p)]);
          is_read[static_cast<std::size_t>(p)] = true;
        }
      auto const sum = read.empty() ? input : read.size() == 1 ? read.front() : body.join(ops::weighted_sum{}, read);
      nodes.push_back(append_node(body, sum, channels, read.empty() ? 2 : 1));
    }
    std::vector<std::string> output;
    for (std::size_t n = 0; n < nodes.size(); ++n)
      if (!is_read[n])
        output.push_back(nodes[n]);
    return output.size() == 1 ? output.front() : body.join(ops::average{}, output);
  });
}

} // namespace

std::vector<dsl::dag> read_wiring_graphs(nlohmann::json const& encoding) {
  encoding_reader from{"the list of graphs"};
  std::vector<dsl::dag> graphs;
  for (auto const& item : from.items(encoding, "graphs", 1, 64)) {
    auto const place = fmt::format("graphs[{}]", graphs.size());
    dsl::dag graph{from.whole(from.member(item, "n", place), place + "/n", 1, dsl::dag::capacity)};
    auto const edges = from.items(from.member(item, "edges", place), place + "/edges", 0);
    for (std::size_t e = 0; e < edges.size(); ++e) {
      auto const at = fmt::format("{}/edges[{}]", place, e);
      auto const ends = from.whole_numbers(edges[e], at, 0, graph.nodes - 1);
      if (ends.size() != 2 || ends[0] >= ends[1])
        from.fault(at, "an edge " + edges[e].dump(), "[from, to] with from < to");
      else if (graph.has(ends[0], ends[1]))
        from.fault(at, fmt::format("the edge [{}, {}] again", ends[0], ends[1]), "each edge once");
      else
        graph.connect(ends[0], ends[1]);
    }
    graphs.push_back(graph);
  }
  from.finish();
  return graphs;
}

graph random_wiring_network(std::vector<dsl::dag> const& graphs, random_wiring_skeleton const& skeleton) {
  region_builder to{{{"input", photograph(skeleton.side)}}};
  auto x = relu(to, conv_bn(to, "input", 3, skeleton.channels / 2, 2));
  x = conv_bn(to, x, 3, skeleton.channels, 2);
  int channels = skeleton.channels;
  for (auto const& graph : graphs) {
    x = append_stage(to, x, graph, channels);
    channels *= 2;
  }
  x = relu(to, conv_bn(to, relu(to, x), 1, skeleton.head));
  auto const y = classifier(to, x, skeleton.classes);
  return {"randwire", std::move(to).finish(y)};
}

} // namespace espalier::compiler::encodings
