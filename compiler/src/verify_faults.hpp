#pragma once

#include <espalier/compiler/verify.hpp>

#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace espalier::compiler {

/// Collects faults, each once, at the operation that is being looked at.
class fault_list {
public:
  /// A broken rule of the language.
  void report(dsl::fault const& problem);
  /// The same, at a place of its own.
  void report(dsl::fault const& problem, std::string const& where);
  /// A broken rule of graphs as such: a sentence with the numbers, and the remedy.
  void report(std::string_view rule, std::string const& sentence, std::string const& remedy);

  [[nodiscard]] std::string where() const;
  [[nodiscard]] bool is_empty() const { return faults_.empty(); }
  std::vector<verification_fault> take() && { return std::move(faults_); }

private:
  friend class inside;

  void add(verification_fault fault);

  std::vector<std::string> path_;
  std::set<std::tuple<std::string, std::string, std::string>> known_;
  std::vector<verification_fault> faults_;
};

/// While it lives, faults are those of an operation, or of a part of one such as its `yield`.
class inside {
public:
  inside(fault_list& faults, operation const& op);
  inside(fault_list& faults, value const& v) : inside(faults, "%" + v.name) {}
  inside(fault_list& faults, std::string part);
  inside(inside const&) = delete;
  inside& operator=(inside const&) = delete;
  ~inside() { faults_.path_.pop_back(); }

private:
  fault_list& faults_;
};

/// The largest input size, channels and groups.
inline constexpr int max_size = 65'536;

/// Most nodes of a cell: its decisions fit into bit sets of 32.
inline constexpr int max_nodes = 30;

/// Most rounds of a repeat.
inline constexpr int max_rounds = 1000;

/// Whether the types of a graph are recorded, as `expand` leaves it.
bool is_typed(graph const& g);

/// A region without the names of its values and their types: equal for equal declarations.
std::string signature(region const& r);

/// Form: value names, definitions before uses, the number of operands, regions, results and yields, ranges of numbers.
void check_structure(graph const& g, fault_list& faults);

/// Types and the rules of the language.
void check_types(graph const& g, fault_list& faults);

/// Names of decisions: one name for two decisions, cells without a name, expanded decisions without a path.
void check_names(graph const& g, fault_list& faults);

} // namespace espalier::compiler
