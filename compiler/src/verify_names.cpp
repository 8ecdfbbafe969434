#include "flatten.hpp"
#include "verify_faults.hpp"

#include "text_lexer.hpp"

#include <espalier/compiler/text.hpp>

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::compiler {

namespace {

// The region with its values called 0, 1, 2, ... in the order of definition.
region renumbered(region r) {
  std::map<std::string, std::string> numbers;
  auto const define = [&](value& v) {
    auto number = fmt::format("{}", numbers.size());
    numbers.emplace(std::exchange(v.name, number), number);
    v.type = {};
  };
  auto const refer = [&](std::string& name) {
    if (auto const found = numbers.find(name); found != numbers.end())
      name = found->second;
  };
  std::ranges::for_each(r.arguments, define);
  for (auto& op : r.operations) {
    std::ranges::for_each(op.operands, refer);
    for (auto& inner : op.regions)
      inner = renumbered(std::move(inner));
    std::ranges::for_each(op.results, define);
  }
  std::ranges::for_each(r.yields, refer);
  return r;
}

class name_check {
public:
  name_check(bool is_typed, bool is_declared, fault_list& faults)
      : is_typed_(is_typed), is_declared_(is_declared), faults_(faults) {}

  void visit(region const& r) {
    for (auto const& op : r.operations) {
      inside const here{faults_, op};
      check_label(op);
      if (decides(op))
        check_decision(op);
      if (op.form() == structure::choice && !is_typed_ && !is_declared_)
        check_candidates(op);
      for (auto const& inner : op.regions)
        visit(inner);
    }
  }

private:
  [[nodiscard]] static bool decides(operation const& op) {
    auto const form = op.form();
    return text::decides(form) && form != structure::any_of && form != structure::layer_chain;
  }

  void check_label(operation const& op) {
    if (!text::is_plain(op.label) || (!is_typed_ && op.label.find('/') != std::string::npos))
      faults_.report("malformed-name",
                     fmt::format("the name \"{}\" holds '/' or characters that cannot be printed", op.label),
                     "use letters, digits, '-' and '_'");
  }

  void check_decision(operation const& op) {
    if (op.label.empty()) {
      if (op.form() != structure::choice || is_typed_)
        faults_.report("missing-name",
                       fmt::format("this {} has no name, which its decisions need", op.declaration->name),
                       fmt::format("write {} \"name\" ...", op.declaration->name));
      return;
    }
    if (is_declared_)
      return; // the language's own rule
    auto const decided = what_is_decided(op);
    auto const& [first, decided_first] = decisions_.try_emplace(op.label, faults_.where(), decided).first->second;
    if (decided != decided_first)
      faults_.report(dsl::text_of(dsl::rule::name_reused).name,
                     fmt::format("the name \"{}\" stands for two different decisions, here and at {}", op.label, first),
                     std::string{dsl::text_of(dsl::rule::name_reused).remedy});
  }

  // Resolved numbers may coincide, so that only declarations are compared.
  void check_candidates(operation const& choice) {
    std::map<std::string, int> known;
    for (auto const& candidate : choice.regions) {
      auto const index = static_cast<int>(&candidate - choice.regions.data());
      auto const earlier = known.emplace(signature(candidate), index).first->second;
      if (earlier != index)
        faults_.report({dsl::rule::duplicate_candidate, index, earlier});
    }
  }

  // In an expanded graph, where one decision stands at several sizes, its options; else all of it.
  [[nodiscard]] std::string what_is_decided(operation op) const {
    bool const names_options =
        std::ranges::all_of(op.regions, [](region const& r) { return r.operations.size() == 1; });
    if (is_typed_ && op.form() == structure::choice && names_options)
      return fmt::format("choice {}", fmt::join(candidate_names(op), " "));
    if (op.form() == structure::chain)
      return fmt::format("chain {}", op.attribute("limit"));
    if (is_typed_ && op.form() == structure::graph_cell)
      return fmt::format("graph_cell {} {}", op.attribute("nodes"), op.attribute("max_edges"));
    if (is_typed_ && op.form() == structure::select)
      return fmt::format("select {} to {} of {}", op.attribute("least"), op.attribute("most"), op.operands.size());
    op.operands.clear();
    return signature({{}, {std::move(op)}, {}});
  }

  bool is_typed_;
  bool is_declared_;
  fault_list& faults_;
  std::map<std::string, std::pair<std::string, std::string>> decisions_; // name -> where first, what
};

} // namespace

bool is_typed(graph const& g) {
  auto const has_type = [](operation const& op) { return !op.results.empty() && op.type().channels > 0; };
  return std::ranges::any_of(g.body.operations, has_type);
}

std::string signature(region const& r) {
  return print(graph{"", renumbered(r)});
}

void check_names(graph const& g, fault_list& faults) {
  name_check{is_typed(g), is_declaration(g), faults}.visit(g.body);
}

} // namespace espalier::compiler
