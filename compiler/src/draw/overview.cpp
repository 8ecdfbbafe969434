#include <espalier/compiler/draw.hpp>

#include "dot_text.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

namespace {

constexpr std::string_view overview_head = R"(digraph {0} {{
  rankdir=TB; nodesep=0.35; ranksep=0.35; fontname="Helvetica"; label={0}; labelloc=t; fontsize=18;
  node [shape=box, style="filled,rounded", color="#555555", fillcolor=white, fontname="Helvetica", fontsize=14];
  edge [color="#555555", arrowsize=0.7, fontname="Helvetica", fontsize=11, fontcolor="#555555"];
)";
constexpr std::string_view end_color = "darkseagreen2";
constexpr std::string_view plain_color = "\"#f4f4f4\"";
constexpr std::string_view keeping_color = "lightblue";
constexpr std::string_view reducing_color = "lightpink";
constexpr std::string_view choice_color = "lemonchiffon";

bool is_cell(operation const& op) {
  return op.form() == structure::block && op.operands.size() == 2;
}

// One box: several plain operations in a row, several equal cells in a row, or one operation.
struct box {
  std::vector<operation const*> operations;

  [[nodiscard]] operation const& first() const { return *operations.front(); }
  [[nodiscard]] operation const& last() const { return *operations.back(); }
};

class overview {
public:
  explicit overview(region const& body) : body_(body) {
    for (auto const& op : body.operations)
      for (auto const& operand : op.operands)
        ++readers_[operand];
    for (auto const& op : body.operations) {
      if (boxes_.empty() || !(continues_chain(op) || continues_cells(op)))
        boxes_.emplace_back();
      boxes_.back().operations.push_back(&op);
      box_of_[op.name()] = boxes_.size() - 1;
    }
  }

  std::string draw(std::string const& name) {
    text_ = fmt::format(overview_head, dot_string(name));
    text_ += fmt::format("  input [label=\"input\", shape=ellipse, fillcolor={}];\n", end_color);
    for (std::size_t b = 0; b < boxes_.size(); ++b)
      text_ += fmt::format("  box{} [label=<{}>, fillcolor={}];\n", b, label_of(boxes_[b]), color_of(boxes_[b]));
    text_ += fmt::format("  output [label=\"output\", shape=ellipse, fillcolor={}];\n", end_color);
    for (std::size_t b = 0; b < boxes_.size(); ++b)
      draw_inputs(b);
    auto const& result = body_.yields.front();
    text_ += fmt::format("  {} -> output [label=<  {}>];\n", place_of(result), shape(body_.type_of(result)));
    draw_legend();
    return text_ + "}\n";
  }

private:
  [[nodiscard]] bool continues_chain(operation const& op) const {
    auto const& before = boxes_.back().last();
    return op.form() == structure::leaf && before.form() == structure::leaf && op.operands.front() == before.name() &&
           readers_.at(before.name()) == 1;
  }

  [[nodiscard]] bool continues_cells(operation const& op) const {
    auto const& before = boxes_.back().last();
    return is_cell(op) && is_cell(before) && op.label == before.label && op.type() == before.type() &&
           op.operands.back() == before.name();
  }

  static std::string label_of(box const& b) {
    auto const& op = b.first();
    if (is_cell(op))
      return fmt::format("<b>{}</b>{}", html(op.label),
                         b.operations.size() == 1 ? "" : fmt::format(" &times; {}", b.operations.size()));
    if (op.form() == structure::choice)
      return headed_list(op.label.empty() ? "choice" : op.label, candidate_names(op));
    if (op.form() == structure::block)
      return html(candidate_name(op));
    std::string lines;
    for (auto const* one : b.operations)
      lines += (lines.empty() ? "" : "<br/>") + html(candidate_name(*one));
    return lines;
  }

  [[nodiscard]] std::string_view color_of(box const& b) const {
    auto const& op = b.first();
    if (op.form() == structure::choice)
      return choice_color;
    if (op.form() != structure::block)
      return plain_color;
    return body_.type_of(op.operands.back()).height > op.type().height ? reducing_color : keeping_color;
  }

  [[nodiscard]] std::string place_of(std::string const& value) const {
    auto const found = box_of_.find(value);
    return found == box_of_.end() ? "input" : fmt::format("box{}", found->second);
  }

  // The output of the cell before the last one enters from the side, thinner and without its shape.
  void draw_inputs(std::size_t b) {
    std::set<std::string> drawn;
    auto const own = fmt::format("box{}", b);
    for (auto const* op : boxes_[b].operations) {
      for (std::size_t i = op->operands.size(); i-- > 0;) {
        auto const& operand = op->operands[i];
        auto const from = place_of(operand);
        if (from == own || !drawn.insert(from).second)
          continue;
        bool const is_older = is_cell(*op) && i == 0;
        text_ += fmt::format("  {} -> {} [{}];\n", from, own,
                             is_older ? "color=\"#bbbbbb\", constraint=false"
                                      : fmt::format("label=<  {}>", shape(body_.type_of(operand))));
      }
    }
  }

  // What the cells of a space choose among; cells that choose among the same are one note.
  void draw_legend() {
    std::map<std::vector<std::string>, std::vector<std::string>> cells; // by what they choose among
    for (auto const& op : body_.operations) {
      if (!is_cell(op))
        continue;
      auto const& inside = op.regions.front().operations;
      auto const choice = std::ranges::find(inside, structure::choice, &operation::form);
      if (choice == inside.end())
        continue;
      auto& labels = cells[candidate_names(*choice)];
      if (std::ranges::find(labels, op.label) == labels.end())
        labels.push_back(op.label);
    }
    int number = 0;
    for (auto const& [candidates, labels] : cells)
      text_ += fmt::format("  legend{} [shape=note, style=filled, fillcolor={}, label=<{}>];\n", number++, choice_color,
                           headed_list(fmt::format("edges of {}", fmt::join(labels, ", ")), candidates));
  }

  region const& body_;
  std::map<std::string, int> readers_;
  std::vector<box> boxes_;
  std::map<std::string, std::size_t> box_of_;
  std::string text_;
};

} // namespace

drawing draw(graph const& expanded) {
  return {expanded.name, overview{expanded.body}.draw(expanded.name)};
}

} // namespace espalier::compiler
