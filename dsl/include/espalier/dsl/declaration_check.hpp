#pragma once

#include <espalier/dsl/analysis.hpp>
#include <espalier/dsl/constraints.hpp>

namespace espalier::dsl {

namespace detail {

/// The rules of names, numbers and choices, for which no shape is needed.
class declaration_check {
public:
  constexpr declaration_check(space_view space, finding_list& findings)
      : space_(space), named_(space), findings_(findings) {}

  constexpr void run() {
    check_input();
    check_name(0, space_.name);
    bool has_names = false;
    bool has_constraints = false;
    for (std::size_t i = 0; i < space_.nodes.count; ++i) {
      node const& n = space_.nodes.first[i];
      if (n.name.length != 0) {
        check_name(i, n.name);
        has_names = true;
      }
      if (n.decided == 0 && n.declaration->form == structure::leaf)
        continue;
      check_operation(i);
      has_constraints = has_constraints || n.declaration->form == structure::constraint;
    }
    if (has_names) {
      check_reused_names();
      check_uses();
    }
    if (has_constraints)
      check_constraints();
  }

private:
  constexpr void report(rule broken, long long got, long long want, std::size_t where, std::string_view subject = {}) {
    findings_.add({broken, got, want, subject}, where);
  }
  [[nodiscard]] constexpr long long line(std::size_t i) const { return space_[i].name.line; }

  constexpr void check_range(std::string_view what, long long value, long long least, long long most, std::size_t i) {
    if (value < least)
      report(rule::size_not_positive, value, least, i, what);
    else if (value > most)
      report(rule::number_too_large, value, most, i, what);
  }

  constexpr void check_input() {
    auto const& in = space_.input;
    bool const is_image = in.kind == tensor_kind::image;
    auto const most = channel_count::rules.most;
    check_range(is_image                      ? "channels of the input"
                : in.kind == tensor_kind::ids ? "words of the vocabulary"
                                              : "features of the input",
                in.channels, 1, most, 0);
    check_range(is_image ? "height of the input" : "length of the input", in.height, 1, most, 0);
    check_range("width of the input", in.width, 1, most, 0);
  }

  static constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
  static constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

  constexpr void check_name(std::size_t i, label const& name) {
    auto const text = name.stem();
    for (std::size_t k = 0; k < text.size(); ++k) {
      bool const is_good = is_letter(text[k]) || (k > 0 && (is_digit(text[k]) || text[k] == '-' || text[k] == '.'));
      if (!is_good) {
        report(rule::malformed_name, static_cast<unsigned char>(text[k]), static_cast<int>(k), i);
        return;
      }
    }
    if (!space_.is_named_decision(i) || name.size != 0)
      return;
    auto const own = space_[i].declaration->name;
    bool const begins_alike = text.size() > own.size() && text.substr(0, own.size()) == own;
    bool is_number = begins_alike;
    for (std::size_t k = own.size(); is_number && k < text.size(); ++k)
      is_number = is_digit(text[k]);
    if (is_number)
      report(rule::reserved_name, 0, 0, i);
  }

  constexpr void check_operation(std::size_t i) {
    auto const& n = space_[i];
    switch (n.declaration->form) {
    case structure::number:
      return check_number(i);
    case structure::choice:
      return check_choice(i);
    case structure::any_of:
      check_subset(i);
      break;
    case structure::branches:
      if (space_.children(i) < 2)
        report(rule::single_branch, space_.children(i), 2, i);
      check_range("branches", space_.children(i), 0, max_candidates, i);
      break;
    case structure::cell:
      check_held(i, "the edges", 3);
      if (n.attributes[7] == 1 && n.attributes[5] == 0)
        report(rule::combines_without_picks, 0, 2, i);
      break;
    case structure::graph_cell:
      check_held(i, "the nodes", 1);
      break;
    case structure::skip_chain:
      check_held(i, "the layers", 1);
      break;
    case structure::layer_chain:
      check_chain(i);
      break;
    default:
      break;
    }
    if (n.decided != 0)
      space_.for_each_number(i, [&](std::size_t a, std::size_t number) {
        bool decides = false;
        constraint_groups::for_each_decision(space_, number, [&](std::size_t) { decides = true; });
        if (decides && !n.declaration->attributes[a].rules.can_be_decision)
          report(rule::fixed_number, 0, 0, i, n.declaration->attributes[a].name);
      });
  }

  // How many operations a cell or chain repeats at its edges, nodes or layers.
  constexpr void check_held(std::size_t i, std::string_view what, int most) {
    if (int const held = space_.children(i); held < 1 || held > most)
      report(rule::operations_out_of_range, held, most, i, what);
  }

  constexpr void check_number(std::size_t i) {
    auto const& n = space_[i];
    number_evaluator const evaluate{space_};
    if (n.declaration == &declaration_of<operations::one_of>) {
      if (n.size - 1 < 2)
        report(rule::single_option, n.size - 1, 2, i);
      check_range("options", n.size - 1, 0, max_options, i);
      for (long long a = 0; a < evaluate.options(i) && a < max_options; ++a)
        for (long long b = 0; b < a; ++b)
          if (evaluate.option(i, a) == evaluate.option(i, b))
            report(rule::duplicate_number, evaluate.option(i, a), b, i);
    } else if (n.declaration == &declaration_of<operations::range>) {
      auto const [first, last, by] = std::array{n.attributes[0], n.attributes[1], n.attributes[2]};
      if (by < 1)
        report(rule::range_step_not_positive, by, 1, i);
      else if (last < first)
        report(rule::range_reversed, first, last, i);
      else if (last == first)
        report(rule::single_option, 1, 2, i);
      else if ((last - first) % by != 0)
        report(rule::range_misses_end, last - (last - first) % by, last, i);
      check_range("options", evaluate.options(i), 0, max_options, i);
    } else if (n.declaration == &declaration_of<operations::quotient> ||
               n.declaration == &declaration_of<operations::remainder>) {
      check_division(i);
    } else if (n.declaration == &declaration_of<operations::rounded>) {
      check_range("divisor", n.attributes[0], 1, channel_count::rules.most, i);
    }
  }

  // Whether round_to() or round_down() takes care of a rest.
  [[nodiscard]] constexpr bool is_rounded(std::size_t i) const {
    for (std::size_t k = 0; k < i; ++k)
      if (space_.is(k, declaration_of<operations::rounded>) && i < space_.end(k))
        return true;
    return false;
  }

  // A quotient of the input's size is only known where it is used.
  constexpr void check_division(std::size_t i) {
    for (std::size_t k = i + 1; k < space_.end(i); ++k)
      if (space_.is(k, declaration_of<operations::input_channels>) ||
          space_.is(k, declaration_of<operations::input_size>))
        return;
    number_evaluator const evaluate{space_};
    auto const a = evaluate(i + 1, trend::neutral);
    auto const b = evaluate(space_.next(i + 1), trend::neutral);
    if (b.low < 1)
      report(rule::size_not_positive, b.low, 1, i, "divisor");
    else if (space_.is(i, declaration_of<operations::quotient>) && !is_rounded(i) && !a.is_multiple_of(b) &&
             !constraint_promises(space_, evaluate, a % b))
      report_rest(i);
  }
  // The first combination of the decisions in a quotient that leaves a rest.
  constexpr void report_rest(std::size_t i) {
    assignment given;
    constraint_groups::for_each_decision(space_, i, [&](std::size_t d) {
      auto const id = number_evaluator{space_}.id_everywhere(d);
      for (long long o = 0; o < number_evaluator{space_}.options(d) && given.find(id) == nullptr; ++o) {
        number_evaluator evaluate{space_, corner::all, given};
        evaluate.given.push(id, evaluate.option(d, o));
        if (!evaluate(i + 1, trend::neutral).is_multiple_of(evaluate(space_.next(i + 1), trend::neutral)))
          given = evaluate.given;
      }
    });
    number_evaluator const evaluate{space_, corner::all, given};
    report(rule::division_not_exact, evaluate(i + 1, trend::neutral).low,
           evaluate(space_.next(i + 1), trend::neutral).low, i);
  }

  constexpr void check_choice(std::size_t i) {
    int const count = space_.children(i);
    if (count < 2)
      report(rule::empty_choice, count, 2, i);
    check_range("candidates", count, 0, max_candidates, i);
    check_duplicates(i);
  }

  constexpr void check_subset(std::size_t i) {
    int const count = space_.children(i);
    int const least = space_[i].attributes[0];
    if (least > count)
      report(rule::subset_too_large, least, count, i);
    else if (least == count)
      report(rule::subset_decides_nothing, least, count, i);
    check_range("at_least", least, 0, count, i);
    check_range("candidates", count, 0, max_candidates, i);
    check_duplicates(i);
  }

  constexpr void check_duplicates(std::size_t i) {
    int index = 0;
    space_.for_each_child(i, [&](std::size_t candidate) {
      int earlier = 0;
      for (std::size_t c = space_.first_child(i); c < candidate; c = space_.next(c), ++earlier)
        if (space_[c].size == space_[candidate].size && space_.same_declaration(c, candidate)) {
          report(rule::duplicate_candidate, index, earlier, candidate);
          break;
        } else if (!space_[c].name.empty() && space_[c].name == space_[candidate].name) {
          report(rule::candidate_name_reused, index, earlier, candidate, "candidates");
          break;
        }
      ++index;
    });
  }

  constexpr void check_chain(std::size_t i) {
    int const layers = space_.children(i);
    check_range("limit", space_[i].attributes[0], 1, chain_states::max_length, i);
    check_range("layers", layers, 1, chain_states::max_layers, i);
    int index = 0;
    int alternatives = 0;
    space_.for_each_child(i, [&](std::size_t layer) {
      std::size_t body = layer;
      space_.for_each_child(layer, [&](std::size_t child) {
        body = child;
        if (space_.form(child) != structure::reference)
          return;
        bool found = space_[child].name.stem() == "start";
        space_.for_each_child(i, [&](std::size_t other) { found = found || space_[other].name == space_[child].name; });
        if (!found)
          report(rule::unknown_layer, index, layers, child);
      });
      alternatives += space_.form(body) == structure::choice ? space_.children(body) : 1;
      int earlier = 0;
      for (std::size_t other = space_.first_child(i); other < layer; other = space_.next(other), ++earlier)
        if (space_[other].name == space_[layer].name)
          report(rule::candidate_name_reused, index, earlier, layer, "layers");
      if (space_[layer].name.stem() == "start")
        report(rule::reserved_name, 0, 0, layer);
      ++index;
    });
    check_range("options of all layers together", alternatives, 0, chain_states::max_alternatives, i);
    check_reachable(i, layers);
  }

  // Each layer stands in some chain.
  constexpr void check_reachable(std::size_t i, int layers) {
    std::uint64_t reached = 0;
    for (int round = 0; round < layers; ++round) {
      int index = 0;
      space_.for_each_child(i, [&](std::size_t layer) {
        if (follows_any(i, layer, reached))
          reached |= 1ULL << static_cast<unsigned>(index);
        ++index;
      });
    }
    int index = 0;
    space_.for_each_child(i, [&](std::size_t layer) {
      if ((reached >> static_cast<unsigned>(index) & 1U) == 0)
        report(rule::layer_unreachable, index, layers, layer);
      ++index;
    });
  }
  // Whether a layer follows the start, or one of those marked.
  [[nodiscard]] constexpr bool follows_any(std::size_t chain, std::size_t layer, std::uint64_t marked) const {
    bool found = false;
    space_.for_each_child(layer, [&](std::size_t child) {
      if (space_.form(child) != structure::reference)
        return;
      found = found || space_[child].name.stem() == "start";
      unsigned index = 0;
      space_.for_each_child(chain, [&](std::size_t other) {
        found = found || (space_[other].name == space_[child].name && (marked >> index & 1U) != 0);
        ++index;
      });
    });
    return found;
  }

  constexpr void check_reused_names() {
    for (int u = 0; u < named_.count(); ++u)
      if (auto const [at, first] = std::array{named_[u].at, named_[u].first};
          at != first && !space_.same_declaration(first, at)) {
        report(rule::name_reused, line(at), line(first), at);
        return;
      }
  }

  // A shared decision is made before it is used again, or the candidates that use it exclude each other; nothing is
  // shared by what decides anew at every edge or layer.
  constexpr void check_uses() {
    std::size_t copy_end = 0; // of another use of what holds the decision
    for (int u = 0; u < named_.count(); ++u) {
      auto const& use = named_[u];
      if (use.is_read || use.at < copy_end)
        continue;
      auto const first = branch_of(space_, use.made);
      if (use.at != use.made)
        copy_end = space_.end(use.at);
      else if (decides_anew(use.at))
        report(rule::named_edge, 0, 0, use.at, space_[use.at].name.stem());
      bool const is_sure = use.at == use.made || use.is_sure || named_.excludes_earlier(use);
      if (!is_sure || (use.at == use.made && is_repeated(first)))
        report(rule::shared_across_branches, line(use.at), line(use.made), use.at, space_[use.at].name.stem());
    }
  }
  // Whether a decision is made on the edges of a cell or within a layer of a chain.
  [[nodiscard]] constexpr bool decides_anew(std::size_t i) const {
    for (std::size_t k = 0; k < i; ++k)
      if (space_.first_child(k) <= i && i < space_.end(k))
        switch (space_.form(k)) {
        case structure::cell:
        case structure::graph_cell:
        case structure::recurrent_cell:
        case structure::layer_chain:
          return true;
        default:
          break;
        }
    return false;
  }
  // Whether a branch is taken or not several times, each on its own.
  [[nodiscard]] constexpr bool is_repeated(branch const& b) const {
    if (b.at == 0 || !space_[b.owner].name.empty())
      return false;
    bool is_repeated = false;
    for (std::size_t k = 0; k < b.owner; ++k)
      if (b.owner < space_.end(k)) {
        auto const form = space_.form(k);
        if (form == structure::repeat || form == structure::skip_chain || form == structure::wiring)
          is_repeated = true;
        else if (form == structure::choice && !space_[k].name.empty())
          is_repeated = false;
      }
    return is_repeated;
  }
  [[nodiscard]] constexpr bool within_constraint(std::size_t i) const {
    for (std::size_t k = 0; k < i; ++k)
      if (space_.form(k) == structure::constraint && i < space_.end(k))
        return true;
    return false;
  }

  constexpr void check_constraints() {
    constraint_groups const groups{space_};
    check_range("decisions in constraints", groups.decisions(), 0, constraint_groups::capacity, 0);
    for (std::size_t i = 0; i < space_.nodes.size(); ++i) {
      if (space_.form(i) != structure::constraint)
        continue;
      if (!check_decisions_of(i))
        continue;
      auto const group = groups.group_of_constraint(i);
      auto const t = groups.count(group);
      if (t.all > constraint_groups::max_combinations)
        report(rule::constraint_too_large, t.all, constraint_groups::max_combinations, i);
      else if (t.satisfying == 0)
        report(rule::constraint_never_holds, 0, t.all, i);
      else if (t.satisfying == t.all)
        report(rule::constraint_always_holds, t.all, t.all, i);
    }
  }

  // A constraint reads named numbers that operations use, all where it stands itself.
  constexpr bool check_decisions_of(std::size_t i) {
    bool good = true;
    int decisions = 0;
    constraint_groups::for_each_decision(space_, i + 1, [&](std::size_t d) {
      ++decisions;
      if (space_[d].name.empty()) {
        report(rule::constraint_reads_unnamed, number_evaluator{space_}.options(d), 0, i);
        good = false;
        return;
      }
      std::size_t used = 0;
      for (std::size_t k = 0; k < space_.nodes.size(); ++k)
        if (used == 0 && k != d && space_.is_decided_number(k) && space_[k].name == space_[d].name &&
            !within_constraint(k))
          used = k;
      if (used == 0)
        report(rule::unused_decision, number_evaluator{space_}.options(d), 0, d);
      else if (branch_of(space_, used).at != branch_of(space_, i).at)
        report(rule::constraint_crosses_branches, line(d), line(used), i, space_[d].name.stem());
      good = good && used != 0;
    });
    for (std::size_t k = i + 1; k < space_.end(i); ++k)
      if (space_.is(k, declaration_of<operations::input_channels>) ||
          space_.is(k, declaration_of<operations::input_size>)) {
        report(rule::constraint_reads_input, 0, 0, i);
        return false;
      }
    if (decisions == 0) {
      bool const holds = number_evaluator{space_}(i + 1, trend::neutral).is(1);
      report(holds ? rule::constraint_always_holds : rule::constraint_never_holds, holds ? 1 : 0, 1, i);
    }
    return good && decisions > 0;
  }

  static constexpr int max_candidates = 64;
  static constexpr int max_options = 1024;

  space_view space_;
  named_decisions named_;
  finding_list& findings_;
};

} // namespace detail

} // namespace espalier::dsl
