#include <espalier/compiler/draw.hpp>

#include "dot_text.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

constexpr std::string_view cell_head = R"(digraph {0} {{
  rankdir=LR; nodesep=0.3; ranksep=0.55; fontname="Helvetica"; fontsize=16;
  node [shape=box, style="filled,rounded", color="#555555", fontname="Helvetica", fontsize=16, width=0.55, height=0.45];
  edge [color="#555555", arrowsize=0.7, fontname="Helvetica", fontsize=13];
)";
constexpr std::string_view input_color = "darkseagreen2";
constexpr std::string_view node_color = "lightblue";
constexpr std::string_view output_color = "palegoldenrod";

bool is_projection(region const& cell, operation const& op) {
  return op.operands.size() == 1 && op.name().starts_with("input") &&
         std::ranges::find(cell.arguments, op.operands.front(), &value::name) != cell.arguments.end();
}

// Draws the region of one cell. A value is drawn as a node if it is a sum or something other than a sum reads it.
class cell_picture {
public:
  cell_picture(std::string const& label, region const& cell) : label_(label), cell_(cell) {
    for (auto const& op : cell.operations)
      for (auto const& operand : op.operands)
        if (op.form() != structure::add && op.form() != structure::select)
          read_as_map_.insert(operand);
  }

  std::string draw() {
    text_ = fmt::format(cell_head, dot_string(label_));
    for (std::size_t i = 0; i < cell_.arguments.size(); ++i) {
      nodes_[cell_.arguments[i].name] = fmt::format("input{}", i);
      node(fmt::format("input{}", i), fmt::format("c<sub>k-{}</sub>", cell_.arguments.size() - i), input_color);
    }
    if (cell_.arguments.size() == 2) // the older input above the newer one
      text_ += "  {rank=same; input0 -> input1 [style=invis];}\n";
    for (auto const& op : cell_.operations)
      add(op);
    text_ += fmt::format("  label=<{}>; labelloc=b;\n", caption());
    return text_ + "}\n";
  }

private:
  struct drawn_edge {
    std::string from;
    std::string operation; // empty while undecided
  };

  void node(std::string const& name, std::string const& html_label, std::string_view color) {
    text_ += fmt::format("  {} [label=<{}>, fillcolor={}];\n", name, html_label, color);
  }

  void edge(drawn_edge const& e, std::string const& to) {
    if (e.operation.empty())
      text_ += fmt::format("  {} -> {} [color=\"#aaaaaa\", style=dashed];\n", e.from, to);
    else
      text_ += fmt::format("  {} -> {} [label={}];\n", e.from, to, dot_string(" " + e.operation + " "));
  }

  std::string intermediate(std::string const& value) {
    auto const number = next_number_++;
    auto name = fmt::format("node{}", number);
    node(name, std::to_string(number), node_color);
    nodes_[value] = name;
    return name;
  }

  void add(operation const& op) {
    if (is_projection(cell_, op)) {
      nodes_[op.name()] = nodes_.at(op.operands.front());
    } else if (op.form() == structure::concat) {
      node("output", "c<sub>k</sub>", output_color);
      for (auto const& operand : op.operands)
        text_ += fmt::format("  {} -> output [color=\"#999999\"];\n", nodes_.at(operand));
    } else if (op.form() == structure::add || op.form() == structure::select) {
      if (op.form() == structure::select)
        keep_ = op.attribute("most");
      auto const name = intermediate(op.name());
      for (auto const& operand : op.operands)
        edge(edges_.contains(operand) ? edges_.at(operand) : drawn_edge{nodes_.at(operand), "sum"}, name);
    } else {
      drawn_edge const e{nodes_.at(op.operands.front()), op.form() == structure::choice ? "" : candidate_name(op)};
      if (op.form() == structure::choice)
        candidates_ = candidate_names(op);
      edges_[op.name()] = e;
      if (read_as_map_.contains(op.name()))
        edge(e, intermediate(op.name()));
    }
  }

  [[nodiscard]] std::string caption() const {
    if (candidates_.empty())
      return fmt::format("<b>{}</b>", html(label_));
    auto text =
        fmt::format("<b>{}</b>: each node keeps {} of its edges, each edge is one of<br/><font point-size=\"13\">",
                    html(label_), keep_);
    for (std::size_t i = 0; i < candidates_.size(); ++i)
      text += (i == 0 ? "" : ", ") + html(candidates_[i]);
    return text + "</font>";
  }

  std::string const& label_;
  region const& cell_;
  std::set<std::string> read_as_map_;
  std::map<std::string, std::string> nodes_; // of values that are drawn
  std::map<std::string, drawn_edge> edges_;  // of values that are terms of a sum
  std::vector<std::string> candidates_;
  std::string text_;
  int next_number_ = 0;
  int keep_ = 0;
};

} // namespace

std::vector<drawing> draw_cells(graph const& expanded) {
  std::vector<drawing> drawings;
  for (auto const& op : expanded.body.operations) {
    if (op.form() != structure::block || op.operands.size() != 2 ||
        std::ranges::find(drawings, op.label, &drawing::name) != drawings.end())
      continue;
    drawings.push_back({op.label, cell_picture{op.label, op.regions.front()}.draw()});
  }
  return drawings;
}

} // namespace espalier::compiler
