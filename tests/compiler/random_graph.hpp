#pragma once

#include <espalier/compiler/graph.hpp>
#include <espalier/compiler/sample.hpp>

#include <set>
#include <string_view>

/// Random graphs as the text form can write them: any operation, whether or not it makes sense where it stands.
class random_graphs {
public:
  explicit random_graphs(std::uint64_t seed) : random_(seed) {}

  espalier::compiler::graph next();

  /// The operations and numbers that stood in a graph so far.
  [[nodiscard]] std::set<std::string_view> const& seen() const { return seen_; }

private:
  espalier::compiler::region random_region(int depth, int arguments);
  espalier::compiler::operation random_operation(int depth);
  void add_decided_numbers(espalier::compiler::operation& op);
  espalier::compiler::decided_number random_number(int depth);
  espalier::compiler::tensor_type random_type();
  std::string random_label();
  std::string random_value();
  std::string new_value();
  int random_integer();
  bool one_in(std::uint32_t n) { return random_.below(n) == 0; }

  espalier::compiler::random_generator random_;
  std::set<std::string_view> seen_;
  int values_ = 0;
};
