#include "cell_paths.hpp"

#include <espalier/compiler/sample.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace espalier::runtime {

namespace {

using compiler::operation;
using compiler::region;
using dsl::structure;

bool is_choice(operation const* op) {
  return op != nullptr && op->form() == structure::choice;
}

bool joins_choices(region const& in) {
  return std::ranges::any_of(in.operations, [&](operation const& op) {
    auto const reads_choice = [&](std::string const& operand) { return is_choice(in.definition_of(operand)); };
    return compiler::is_join(op.form()) && std::ranges::count_if(op.operands, reads_choice) > 1;
  });
}

// Reads the steps of one cell.
class cell_reader {
public:
  explicit cell_reader(compiler::decision_space const& space) : space_(space) {}

  cell_plan read_block(region const& cell) && {
    for (auto const& argument : cell.arguments)
      values_[argument.name] = plan_.inputs++;
    for (auto const& op : cell.operations)
      if (!op.operands.empty())
        values_[op.name()] = add(step_of(op));
    add({{{values_.at(cell.yields.front())}}});
    return finish();
  }

  // Each vertex reads some of the earlier ones, and vertex 0 is the input.
  cell_plan read_graph_cell(operation const& cell) && {
    plan_.inputs = 1;
    std::vector<std::size_t> vertices{0};
    auto const last = cell.regions.size() + 1;
    for (std::size_t to = 1; to <= last; ++to) {
      cell_step joined{{}, space_.find(cell.label + "/edges")};
      for (std::size_t from = 0, edge = 0; from < to; edge += last - from, ++from)
        joined.reads.push_back({vertices[from], static_cast<int>(edge + to - from - 1)});
      vertices.push_back(add(std::move(joined)));
      if (to < last)
        if (auto const& op = cell.regions[to - 1].operations.front(); is_choice(&op)) {
          cell_step chosen{{{vertices.back()}}};
          choose(chosen, op);
          vertices.back() = add(std::move(chosen));
        }
    }
    return finish();
  }

private:
  cell_step step_of(operation const& op) {
    cell_step step;
    for (auto const& operand : op.operands)
      step.reads.push_back({values_.at(operand)});
    if (op.form() == structure::choice)
      choose(step, op);
    else if (op.form() == structure::select)
      subset(step, op);
    else if (op.form() == structure::pick)
      pick(step, op);
    return step;
  }

  void choose(cell_step& step, operation const& op) {
    step.choice = space_.find(op.label);
    auto const& d = space_[static_cast<std::size_t>(step.choice)];
    for (std::size_t o = 0; o < d.options.size(); ++o) {
      auto const& candidate = op.regions[static_cast<std::size_t>(d.candidates[o])];
      bool const is_none = !candidate.operations.empty() && candidate.operations.front().is("none");
      step.labels.push_back(
          is_none ? -1 : labels_.try_emplace(d.options[o], static_cast<int>(labels_.size())).first->second);
    }
  }

  // The first operand may be no option.
  void subset(cell_step& step, operation const& op) {
    step.gate = space_.find(op.label);
    auto const first = static_cast<std::size_t>(op.attribute("otherwise"));
    for (std::size_t r = first; r < step.reads.size() && step.gate >= 0; ++r)
      step.reads[r].option = static_cast<int>(r - first);
  }

  void pick(cell_step& step, operation const& op) {
    step.gate = space_.find(op.decided.front().value.label);
    if (step.gate < 0) // a formula over decisions: any may be read
      return;
    auto const& numbers = space_[static_cast<std::size_t>(step.gate)].numbers;
    for (std::size_t r = 0; r < step.reads.size(); ++r)
      step.reads[r].option = static_cast<int>(std::ranges::find(numbers, static_cast<int>(r)) - numbers.begin());
  }

  std::size_t add(cell_step step) {
    plan_.steps.push_back(std::move(step));
    return plan_.inputs + plan_.steps.size() - 1;
  }

  cell_plan finish() {
    plan_.operations = static_cast<int>(labels_.size());
    return std::move(plan_);
  }

  compiler::decision_space const& space_;
  cell_plan plan_;
  std::map<std::string, std::size_t, std::less<>> values_;
  std::map<std::string, int, std::less<>> labels_;
};

// The paths to the output. `longer` makes a path of one and what it goes on with, or -1. Path 0 is empty, and goes on
// with an input; those are counted behind the operations.
template <class Longer>
std::vector<int> paths_to_output(compiler::decision_space const& space, cell_plan const& plan,
                                 compiler::architecture const& a, std::vector<bool> const& active, Longer longer) {
  constexpr std::size_t most = 1000; // where many nodes keep every edge, there are exponentially many
  auto const is_read = [&](cell_step const& step, int option) {
    auto const gate = static_cast<std::size_t>(step.gate);
    return option < 0 ||
           (active[gate] && compiler::takes(space[gate], a.values[gate], static_cast<std::size_t>(option)));
  };
  std::vector<std::vector<int>> paths;
  for (std::size_t input = 0; input < plan.inputs; ++input)
    paths.push_back({longer(0, plan.operations + static_cast<int>(input))});
  for (auto const& step : plan.steps) {
    std::vector<int> to;
    for (auto const& [value, option] : step.reads)
      if (is_read(step, option))
        to.insert(to.end(), paths[value].begin(), paths[value].end());
    if (step.choice >= 0) {
      auto const choice = static_cast<std::size_t>(step.choice);
      auto const label = active[choice] ? step.labels[a.values[choice]] : -1;
      for (auto& path : to)
        path = label < 0 ? -1 : longer(path, label);
    }
    std::ranges::sort(to);
    to.erase(std::ranges::unique(to).begin(), to.end());
    if (!to.empty() && to.front() < 0)
      to.erase(to.begin());
    to.resize(std::min(to.size(), most));
    paths.push_back(std::move(to));
  }
  return paths.back();
}

} // namespace

bool cell_plan::has(std::size_t decision) const {
  auto const i = static_cast<int>(decision);
  return std::ranges::any_of(steps, [&](cell_step const& step) { return step.gate == i || step.choice == i; });
}

std::vector<cell_plan> cells_of(compiler::compiled_space const& space) {
  std::vector<cell_plan> cells;
  std::set<std::string> known; // cells of one name have the same decisions
  for (auto const& op : space.expanded.body.operations)
    if (op.form() == structure::graph_cell && known.insert(op.label).second)
      cells.push_back(cell_reader{space.decisions}.read_graph_cell(op));
    else if (op.form() == structure::block && joins_choices(op.regions.front()) && known.insert(op.label).second)
      cells.push_back(cell_reader{space.decisions}.read_block(op.regions.front()));
  return cells;
}

cell_paths::cell_paths(compiler::decision_space const& space, cell_plan plan, std::size_t most)
    : space_(&space), plan_(std::move(plan)), longer_(1) {
  constexpr int architectures = 1000;
  longer_.front().assign(plan_.inputs + static_cast<std::size_t>(plan_.operations), -1);
  compiler::random_generator random{0}; // the same paths in every study of a space
  std::vector<int> count;
  for (int i = 0; i < architectures; ++i) {
    auto const a = compiler::sample(space, random);
    auto const active = compiler::active_decisions(space, a);
    for (auto const path : paths_to_output(space, plan_, a, active, [&](int p, int label) { return grow(p, label); })) {
      count.resize(longer_.size());
      ++count[static_cast<std::size_t>(path)];
    }
  }
  keep_likeliest(count, most);
}

std::vector<std::size_t> cell_paths::operator()(compiler::architecture const& a,
                                                std::vector<bool> const& active) const {
  auto const longer = [&](int path, int label) {
    return longer_[static_cast<std::size_t>(path)][static_cast<std::size_t>(label)];
  };
  std::vector<std::size_t> features;
  for (auto const path : paths_to_output(*space_, plan_, a, active, longer))
    if (auto const feature = feature_[static_cast<std::size_t>(path)]; feature >= 0)
      features.push_back(static_cast<std::size_t>(feature));
  return features;
}

int cell_paths::grow(int path, int label) {
  auto& next = longer_[static_cast<std::size_t>(path)][static_cast<std::size_t>(label)];
  if (next < 0) {
    next = static_cast<int>(longer_.size());
    auto const made = next; // what it refers to moves
    longer_.emplace_back(longer_.front().size(), -1);
    return made;
  }
  return next;
}

void cell_paths::keep_likeliest(std::vector<int> const& count, std::size_t most) {
  std::vector<std::size_t> likeliest;
  for (std::size_t path = 0; path < count.size(); ++path)
    if (count[path] > 0)
      likeliest.push_back(path);
  std::ranges::stable_sort(likeliest, std::ranges::greater{}, [&](std::size_t path) { return count[path]; });
  likeliest.resize(std::min(likeliest.size(), most));
  size_ = likeliest.size();
  feature_.assign(longer_.size(), -1);
  for (std::size_t f = 0; f < size_; ++f)
    feature_[likeliest[f]] = static_cast<int>(f);
}

} // namespace espalier::runtime
