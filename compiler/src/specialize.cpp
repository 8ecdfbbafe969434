#include <espalier/compiler/specialize.hpp>
#include <espalier/dsl/operations/network.hpp>

#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using dsl::declaration_of;

class specialization {
public:
  specialization(decision_space const& space, architecture const& a) : space_(space), values_(a.values) {}

  region bind(region const& in) {
    region out{in.arguments, {}, in.yields};
    auto const read = values_read(in);
    std::map<std::string, std::string> names; // of the supernet -> of the network
    auto const rename = [&](std::string& name) {
      if (auto const found = names.find(name); found != names.end())
        name = found->second;
    };
    for (auto const& op : in.operations) {
      if (!read.contains(op.name()))
        continue;
      auto made = op.form() == structure::choice ? chosen_candidate(op) : op;
      if (op.form() == structure::select) {
        made.operands = kept_operands(op);
        made.declaration = &declaration_of<dsl::operations::add>;
        made.attributes = {};
        made.label.clear();
      }
      for (auto& operand : made.operands)
        rename(operand);
      if (op.form() == structure::select && made.operands.size() == 1) {
        names[op.name()] = made.operands.front();
        continue;
      }
      if (made.form() == structure::block)
        made.regions = {bind(made.regions.front())};
      if (made.name() != op.name())
        names[op.name()] = made.name();
      out.operations.push_back(std::move(made));
    }
    for (auto& yielded : out.yields)
      rename(yielded);
    return out;
  }

private:
  [[nodiscard]] std::uint32_t value_of(std::string const& path) const {
    auto const i = space_.find(path);
    if (i < 0)
      throw internal_error(fmt::format("the graph decides {}, which its decision space does not hold", path));
    return values_[static_cast<std::size_t>(i)];
  }

  // The values of a region that the network computes, from what it yields backwards.
  [[nodiscard]] std::set<std::string> values_read(region const& in) const {
    std::set<std::string> read(in.yields.begin(), in.yields.end());
    for (auto op = in.operations.rbegin(); op != in.operations.rend(); ++op) {
      if (!read.contains(op->name()))
        continue;
      auto const operands = op->form() == structure::select ? kept_operands(*op) : op->operands;
      read.insert(operands.begin(), operands.end());
    }
    return read;
  }

  [[nodiscard]] std::vector<std::string> kept_operands(operation const& select) const {
    if (static_cast<std::size_t>(select.attribute("least")) >= select.operands.size())
      return select.operands;
    auto const kept = value_of(select.label);
    std::vector<std::string> operands;
    for (std::size_t i = 0; i < select.operands.size(); ++i)
      if ((kept >> i & 1U) != 0)
        operands.push_back(select.operands[i]);
    return operands;
  }

  // The chosen candidate, reading what the choice reads, called `<choice>_<candidate>` as in the supernet.
  [[nodiscard]] operation chosen_candidate(operation const& choice) const {
    auto const& d = space_[static_cast<std::size_t>(space_.find(choice.label))];
    auto const c = static_cast<std::size_t>(d.candidates[value_of(choice.label)]);
    auto candidate = choice.regions[c].operations.front();
    candidate.operands = choice.operands;
    candidate.results.front().name = fmt::format("{}_{}", choice.name(), candidate_names(choice)[c]);
    return candidate;
  }

  decision_space const& space_;
  std::vector<std::uint32_t> const& values_;
};

region without_search_operations(region const& in) {
  region out{in.arguments, {}, in.yields};
  std::map<std::string, std::string> names;
  auto const rename = [&](std::string& name) {
    if (auto const found = names.find(name); found != names.end())
      name = found->second;
  };
  for (auto op : in.operations) {
    for (auto& operand : op.operands)
      rename(operand);
    if (op.is("batch_norm") && op.attribute("search_only") != 0) {
      names[op.name()] = op.operands.front();
      continue;
    }
    for (auto& inner : op.regions)
      inner = without_search_operations(inner);
    out.operations.push_back(std::move(op));
  }
  for (auto& yielded : out.yields)
    rename(yielded);
  return out;
}

} // namespace

graph specialize(graph const& expanded, decision_space const& space, architecture const& a) {
  if (auto const found = faults(space, a); !found.empty())
    throw user_error(fmt::format("architecture of {}: {}", expanded.name, found.front()));
  return {expanded.name, specialization{space, a}.bind(expanded.body)};
}

graph without_search_operations(graph const& network) {
  return {network.name, without_search_operations(network.body)};
}

} // namespace espalier::compiler
