#include "expansion.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/fault_text.hpp>
#include <espalier/dsl/operations/activation.hpp>
#include <espalier/dsl/operations/network.hpp>
#include <espalier/dsl/operations/normalization.hpp>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using dsl::rule;

struct cell_numbers {
  int nodes, keep, stride, inputs, picks, output, combine;
  explicit cell_numbers(operation const& op)
      : nodes(op.attribute("nodes")), keep(op.attribute("keep")), stride(op.attribute("stride")),
        inputs(op.attribute("inputs")), picks(op.attribute("picks")), output(op.attribute("output")),
        combine(op.attribute("combine")) {}

  [[nodiscard]] bool enlarges() const { return stride == -2; }
  /// Whether `none` is no option of an edge.
  [[nodiscard]] bool has_weak_none() const { return keep > 0 && picks == 0; }
};

} // namespace

// A cell as a block of its inputs.
class cell_expansion {
public:
  cell_expansion(expansion& whole, operation const& cell, expansion_scope const& outer)
      : whole_(whole), cell_(cell), n_(cell), outer_(outer), scope_{body_, {}, cell.label, outer.numbers, 1} {
    channels_.constant = cell.attribute("channels");
    for (auto const& number : cell.decided)
      if (number.attribute == cell.declaration->channels) {
        channels_.decided.push_back(number.value);
        name_decisions(channels_.decided.back(), cell.label + "/channels");
      }
  }

  std::string append_to(expansion_scope& scope) && {
    append_inputs();
    std::vector<std::string> nodes;
    for (int i = 0; i < n_.nodes; ++i) {
      nodes.push_back(append_node(i));
      values_.push_back(nodes.back());
    }
    auto const output = append_output(nodes);
    auto const type = body_.shape_of(output);
    auto block = make(dsl::operations::block{}, cell_.label);
    for (auto const& operand : cell_.operands)
      block.operands.push_back(outer_.value_of(operand));
    if (n_.inputs == 1)
      block.operands.erase(block.operands.begin());
    block.regions.push_back(std::move(body_).finish(output));
    return scope.into.append(std::move(block), type);
  }

private:
  void append_inputs() {
    auto const now = outer_.shape_of(cell_.operands.back());
    if (n_.inputs == 1) {
      body_.add_argument("now", now);
      values_.emplace_back("now");
      return;
    }
    auto const before = outer_.shape_of(cell_.operands.front());
    body_.add_argument("before", before);
    body_.add_argument("now", now);
    bool const halves = !n_.enlarges() && before.height.high != now.height.high;
    values_.push_back(append_preprocess(body_, "before", channels_, halves,
                                        halves ? "relu_factorized_reduce_bn" : "relu_conv_bn", "input0"));
    values_.push_back(append_preprocess(body_, "now", channels_, false, "relu_conv_bn", "input1"));
  }

  std::string append_node(int i) {
    auto const path = fmt::format("{}/node{}", cell_.label, i);
    auto const name = fmt::format("node{}", i);
    if (n_.picks > 0)
      return append_picks(path, name);
    std::vector<std::string> edges;
    for (std::size_t j = 0; j < values_.size(); ++j)
      edges.push_back(append_edge(j, fmt::format("{}/edge{}", path, j), fmt::format("{}_edge{}", name, j)));
    require_equal(edges);
    if (n_.keep == 0)
      return body_.join(dsl::operations::add{}, std::move(edges), name);
    return body_.append(make(dsl::operations::select{n_.keep, n_.keep}, path + "/inputs", std::move(edges)), name);
  }

  // Each pick decides a source and an operation, whichever the source is.
  std::string append_picks(std::string const& path, std::string const& name) {
    std::vector<std::string> terms;
    for (int p = 0; p < n_.picks; ++p) {
      std::vector<std::string> edges;
      for (std::size_t j = 0; j < values_.size(); ++j)
        edges.push_back(
            append_edge(j, fmt::format("{}/operation{}", path, p), fmt::format("{}_pick{}_from{}", name, p, j)));
      require_equal(edges);
      auto const count = static_cast<int>(edges.size());
      terms.push_back(count == 1 ? edges.front()
                                 : append_pick(body_, std::move(edges),
                                               index_decision(fmt::format("{}/input{}", path, p), count),
                                               fmt::format("{}_pick{}", name, p)));
    }
    if (n_.combine == 1)
      return append_combination(std::move(terms), path, name);
    return body_.join(dsl::operations::add{}, std::move(terms), name);
  }

  // The sum of the terms, or their channels side by side and projected back.
  std::string append_combination(std::vector<std::string> terms, std::string const& path, std::string const& name) {
    auto const type = body_.shape_of(terms.front());
    region_builder sum;
    region_builder joined;
    std::vector<std::string> arguments;
    for (std::size_t t = 0; t < terms.size(); ++t) {
      arguments.push_back(fmt::format("term{}", t));
      sum.add_argument(arguments.back(), body_.shape_of(terms[t]));
      joined.add_argument(arguments.back(), body_.shape_of(terms[t]));
    }
    auto const added = sum.join(dsl::operations::add{}, arguments);
    auto const side_by_side = joined.join(dsl::operations::concat{}, arguments);
    auto const projected = append_preprocess(joined, side_by_side, channels_, false, "relu_conv_bn", {});
    auto choice = make(dsl::operations::choice{}, path + "/combine", std::move(terms));
    choice.regions = {as_candidate("add", std::move(sum), added), as_candidate("concat", std::move(joined), projected)};
    return body_.append(std::move(choice), type, name);
  }

  static region as_candidate(std::string const& label, region_builder body, std::string const& yielded) {
    auto block = make(dsl::operations::block{}, label);
    auto const type = body.shape_of(yielded);
    auto held = std::move(body).finish(yielded);
    region_builder whole{held.arguments};
    for (auto const& argument : held.arguments)
      block.operands.push_back(argument.name);
    block.regions.push_back(std::move(held));
    auto const made = whole.append(std::move(block), type);
    return std::move(whole).finish(made);
  }

  std::string append_edge(std::size_t source, std::string const& path, std::string const& name) {
    auto const inputs = static_cast<std::size_t>(n_.inputs);
    bool const is_input = source < inputs;
    int const stride = is_input && !n_.enlarges() ? n_.stride : 1;
    return whole_.append_edge(edge_from(source), scope_, values_[source], path, name, stride, n_.has_weak_none());
  }

  // Edges from the first input, from the second, and from nodes may each have operations of their own.
  [[nodiscard]] region const& edge_from(std::size_t source) const {
    auto const count = cell_.regions.size();
    auto const inputs = static_cast<std::size_t>(n_.inputs);
    if (count == 1 || (source == 0 && inputs > 0))
      return cell_.regions.front();
    if (count == 2)
      return source < inputs ? cell_.regions.front() : cell_.regions.back();
    return cell_.regions[source < inputs ? source : 2];
  }

  void require_equal(std::vector<std::string> const& edges) const {
    auto const type = body_.type_of(edges.front());
    for (auto const& e : edges)
      if (body_.type_of(e) != type)
        throw user_error(fmt::format("%{}: {}", cell_.name(),
                                     sentence({rule::edge_changes_shape, body_.type_of(e).height, type.height})));
  }

  std::string append_output(std::vector<std::string> nodes) {
    if (n_.output == 2)
      return nodes.back();
    return body_.join(dsl::operations::concat{n_.output}, std::move(nodes), "output");
  }

  expansion& whole_;
  operation const& cell_;
  cell_numbers n_;
  channel_number channels_;
  expansion_scope const& outer_;
  region_builder body_;
  expansion_scope scope_;
  std::vector<std::string> values_; // the inputs and the nodes so far
};

std::string expansion::append_cell(operation const& op, expansion_scope& scope) {
  return cell_expansion{*this, op, scope}.append_to(scope);
}

std::string expansion::append_edge(region const& edge, expansion_scope& scope, std::string const& operand,
                                   std::string const& path, std::string const& name, int stride, bool has_weak_none) {
  expansion_scope inner{scope.into, {{edge.arguments.front().name, operand}}, path, scope.numbers, stride};
  auto const& only = edge.operations.front();
  if (only.form() == structure::choice)
    return append_choice(only, inner, name, has_weak_none);
  append(only, inner, name);
  return inner.value_of(edge.yields.front());
}

std::string append_preprocess(region_builder& into, std::string const& operand, channel_number const& channels,
                              bool halves, std::string const& label, std::string const& name) {
  auto const build = [&](region_builder& body, std::string const& x) {
    auto const rectified = body.leaf(dsl::operations::relu{}, x);
    int edge_stride = 1;
    auto reduction = halves ? make(dsl::operations::factorized_reduce{channels.constant})
                            : make(dsl::operations::conv{.kernel = 1, .channels = channels.constant});
    reduction.operands = {rectified};
    for (auto const& number : channels.decided)
      reduction.decided.push_back({reduction.declaration->channels, number});
    auto const numbers = numbers_of(reduction, {});
    return body.leaf(dsl::operations::batch_norm{}, body.append_leaf(std::move(reduction), numbers, edge_stride));
  };
  return into.block(label, operand, build, name);
}

} // namespace espalier::compiler
