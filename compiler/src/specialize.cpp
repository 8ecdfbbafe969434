#include <espalier/compiler/specialize.hpp>

#include "candidate_name.hpp"
#include "chain_layers.hpp"
#include "collect_decisions.hpp"
#include "decided_number.hpp"
#include "graph_cell.hpp"
#include "region_builder.hpp"
#include "specialize_region.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/dsl/operations/network.hpp>

#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

// Binds an architecture region by region, with the types that it gives.
class specialization {
public:
  specialization(decision_space const& space, architecture const& a) {
    for (std::size_t i = 0; i < space.size(); ++i)
      decisions_.emplace(space[i].path, bound_decision{&space[i], a.values[i]});
  }

  region bind(region const& in, std::vector<dsl::shape> const& arguments, number_scope const& numbers) const {
    return region_binding{*this, in, arguments, numbers}.bind();
  }

private:
  struct bound_decision {
    decision const* what;
    std::uint32_t value;
  };

  [[nodiscard]] bound_decision const& decision_at(std::string const& path) const {
    auto const found = decisions_.find(path);
    if (found == decisions_.end())
      throw internal_error(fmt::format("the graph decides {}, which its decision space does not hold", path));
    return found->second;
  }

  [[nodiscard]] int value_of(decided_number const& n, number_scope const& scope) const {
    auto const value = quantity_of(n, scope, [&](decided_number const& number) {
      auto const& [what, option] = decision_at(number.label);
      return dsl::quantity{what->numbers[option]};
    });
    return static_cast<int>(value.low);
  }

  class region_binding {
  public:
    region_binding(specialization const& whole, region const& in, std::vector<dsl::shape> const& arguments,
                   number_scope const& numbers)
        : whole_(whole), in_(in), numbers_(numbers) {
      for (std::size_t i = 0; i < in.arguments.size(); ++i) {
        out_.add_argument(in.arguments[i].name, arguments[i]);
        values_[in.arguments[i].name].name = in.arguments[i].name;
      }
      find_needed_values();
    }

    region bind() {
      for (auto const& op : in_.operations)
        if (!is_statement(op.form()))
          if (auto const found = values_.find(op.name()); found != values_.end())
            found->second.name = bind(op);
      return std::move(out_).finish(name_of(in_.yields.front()));
    }

  private:
    // What the architecture reads, from what the region yields backwards. What nothing else reads is concatenated only
    // where all that could read it is known: its readers stand behind it.
    void find_needed_values() {
      for (auto const& yielded : in_.yields)
        values_[yielded];
      for (auto op = in_.operations.rbegin(); op != in_.operations.rend(); ++op) {
        if (is_statement(op->form()) || !values_.contains(op->name()))
          continue;
        bool const takes_unread = op->form() == structure::concat && op->attribute("unread") == 1;
        for (auto const& operand : operands_read(*op)) {
          auto& value = values_[operand];
          value.is_read = value.is_read || !takes_unread;
        }
      }
    }

    [[nodiscard]] std::string const& name_of(std::string const& value) const { return values_.at(value).name; }

    // The operands that an operation reads in this architecture.
    [[nodiscard]] std::vector<std::string> operands_read(operation const& op) const {
      if (op.form() == structure::pick)
        return {op.operands[static_cast<std::size_t>(whole_.value_of(op.decided.front().value, numbers_))]};
      if (op.form() != structure::select)
        return op.operands;
      auto const options = decided_operands(op);
      if (static_cast<std::size_t>(op.attribute("least")) >= options.size())
        return op.operands;
      auto const kept = whole_.decision_at(op.label).value;
      std::vector<std::string> operands;
      for (std::size_t i = 0; i < options.size(); ++i)
        if ((kept >> i & 1U) != 0)
          operands.push_back(options[i]);
      if (operands.empty() && op.attribute("otherwise") == 1)
        operands.push_back(op.operands.front());
      return operands;
    }

    // Appends what an operation becomes; an empty name where nothing is left of it.
    std::string bind(operation const& op) {
      switch (op.form()) {
      case structure::leaf:
        return bind_leaf(op, op.name(), name_of(op.operands.front()));
      case structure::block:
        return bind_block(op, op.name(), bound(op.operands));
      case structure::choice:
        return bind_choice(op);
      case structure::pick:
        return name_of(operands_read(op).front());
      case structure::recurrence:
        return bind_recurrence(op);
      case structure::graph_cell:
        return bind_graph_cell(op);
      case structure::chain:
        return bind_chain(op);
      default:
        return bind_join(op);
      }
    }

    [[nodiscard]] std::vector<std::string> bound(std::vector<std::string> const& names) const {
      std::vector<std::string> found;
      for (auto const& name : names)
        found.push_back(name_of(name));
      return found;
    }

    // The operation alone, of constants, on these operands.
    [[nodiscard]] operation with_constants(operation const& op, std::vector<std::string> operands) const {
      operation made{op.declaration, op.label, std::move(operands), op.attributes, {}, {}, {}};
      for (auto const& number : op.decided)
        made.attributes[number.attribute] = whole_.value_of(number.value, numbers_);
      return made;
    }

    std::string bind_leaf(operation const& op, std::string const& name, std::string const& operand) {
      return out_.append(with_constants(op, {operand}), name);
    }

    std::string bind_block(operation const& op, std::string const& name, std::vector<std::string> operands) {
      std::vector<dsl::shape> types;
      for (auto const& operand : operands)
        types.push_back(out_.shape_of(operand));
      auto const inside = op.label.empty() ? numbers_ : number_scope::of(types.front());
      operation made{op.declaration, op.label, std::move(operands), op.attributes, {}, op.results, op.decided};
      made.regions.push_back(whole_.bind(op.regions.front(), types, inside));
      return out_.append(std::move(made), name);
    }

    // The chosen candidate, reading what the choice reads, called `<choice>_<candidate>` as in the supernet.
    std::string bind_choice(operation const& op) {
      auto const& [what, option] = whole_.decision_at(op.label);
      auto const c = static_cast<std::size_t>(what->candidates[option]);
      auto const& candidate = op.regions[c].operations.front();
      auto const name = fmt::format("{}_{}", op.name(), candidate_name(op, c));
      if (candidate.form() == structure::block)
        return bind_block(candidate, name, bound(op.operands));
      if (candidate.form() == structure::leaf)
        return bind_leaf(candidate, name, name_of(op.operands.front()));
      auto nested = candidate; // a choice, or a graph, of its own
      nested.operands = op.operands;
      nested.results.front().name = name;
      return bind(nested);
    }

    // Only what a selection keeps; an operand of which nothing is left adds nothing.
    std::string bind_join(operation const& op) {
      bool const takes_unread = op.form() == structure::concat && op.attribute("unread") == 1;
      std::vector<std::string> operands;
      for (auto const& operand : operands_read(op))
        if (auto const& value = values_.at(operand); !value.name.empty() && !(takes_unread && value.is_read))
          operands.push_back(value.name);
      bool const is_plain = op.form() != structure::weighted_sum && op.form() != structure::highway;
      if (operands.size() < 2 && is_plain)
        return operands.empty() ? std::string{} : operands.front();
      bool const concatenates =
          op.form() == structure::concat || (op.form() == structure::select && op.attribute("join") == 1);
      if (concatenates)
        return out_.join(dsl::operations::concat{}, std::move(operands), op.name());
      if (op.form() == structure::select)
        return out_.join(dsl::operations::add{}, std::move(operands), op.name());
      auto made = op;
      made.operands = std::move(operands);
      return out_.append(std::move(made), op.name());
    }

    std::string bind_recurrence(operation const& op) {
      auto made = with_constants(op, bound(op.operands));
      auto const in = out_.shape_of(made.operands.front());
      dsl::shape const features{dsl::tensor_kind::vector, in.channels, 1, 1};
      dsl::shape const state{dsl::tensor_kind::vector, made.attribute("channels"), 1, 1};
      made.regions = {whole_.bind(op.regions.front(), {features, state}, numbers_)};
      return out_.append(std::move(made), op.name());
    }

    // A block of the layers that are chosen, each for what the one before it gives, and of what ends the chain.
    std::string bind_chain(operation const& op) {
      auto const operand = name_of(op.operands.front());
      region_builder body;
      body.add_argument("x", out_.shape_of(operand));
      std::string now = "x";
      chain_layers const layers{op};
      std::size_t option = 1;
      for (std::size_t p = 0; p < layers.size() && (p == 0 || layers.leads_on(p - 1, option)); ++p) {
        option = whole_.decision_at(fmt::format("{}/{}", op.label, p)).value;
        if (option == 0)
          break;
        now = append_layer(body, op.regions[static_cast<std::size_t>(layers.options(p)[option])], now);
      }
      if (body.shape_of(now).kind != dsl::tensor_kind::vector)
        now = append_layer(body, op.regions.front(), now);
      auto block = make(dsl::operations::block{}, "chain", {operand});
      auto const type = body.shape_of(now);
      block.regions.push_back(std::move(body).finish(now));
      return out_.append(std::move(block), type, op.name());
    }

    // The one operation that a layer's region is.
    std::string append_layer(region_builder& into, region const& layer, std::string const& operand) {
      auto const in = into.shape_of(operand);
      auto const bound = whole_.bind(layer, {in}, number_scope::of(in));
      if (bound.operations.empty()) // nothing has to be done at the end
        return operand;
      auto made = bound.operations.front();
      made.operands = {operand};
      auto const type = made.type();
      auto const name = made.name();
      return into.append(std::move(made), type, name);
    }

    std::string bind_graph_cell(operation const& op) {
      auto const cell = with_constants(op, bound(op.operands));
      auto const edges = graph_of(cell.attribute("nodes") + 2, whole_.decision_at(op.label + "/edges").value);
      auto const append_vertex = [&](region_builder& body, std::size_t vertex, std::string const& input) {
        auto bound = whole_.bind(op.regions[vertex], {body.shape_of(input)}, numbers_).operations.front();
        bound.operands = {input};
        return body.append(bound, dsl::shape_of(bound.type()), bound.name());
      };
      auto const in = out_.shape_of(cell.operands.front());
      int const told = cell.attribute("channels");
      int const channels = told > 0 ? told : static_cast<int>(in.channels.low);
      return append_graph_cell(out_, cell.label, cell.operands.front(), edges, channels, append_vertex, op.name());
    }

    specialization const& whole_;
    region const& in_;
    number_scope numbers_;
    region_builder out_;
    // A value of the supernet that the architecture needs.
    struct needed_value {
      std::string name;     // in the network
      bool is_read = false; // by more than what takes the unread
    };
    std::unordered_map<std::string, needed_value> values_;
  };

  std::map<std::string, bound_decision, std::less<>> decisions_;
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
  auto const input = dsl::shape_of(expanded.input());
  return {expanded.name, specialization{space, a}.bind(expanded.body, {input}, number_scope::of(input))};
}

region specialize_region(region const& in, tensor_type const& argument, decision_space const& space,
                         architecture const& a) {
  auto const type = dsl::shape_of(argument);
  return specialization{space, a}.bind(in, {type}, number_scope::of(type));
}

graph without_search_operations(graph const& network) {
  return {network.name, without_search_operations(network.body)};
}

} // namespace espalier::compiler
