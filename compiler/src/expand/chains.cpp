#include "expansion.hpp"

#include "../flatten.hpp"
#include "../text_lexer.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/dsl/analysis.hpp>
#include <espalier/dsl/operations/network.hpp>
#include <espalier/dsl/operations/pooling.hpp>

#include <algorithm>
#include <bit>
#include <cctype>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

using dsl::detail::chain_states;

// A layer that may be chosen: a candidate of a kind of layer, or its whole body.
struct alternative {
  operation body;
  std::size_t kind;
  std::string name{};
};

dsl::quantity either(dsl::quantity const& a, dsl::quantity const& b) {
  using dsl::detail::common_divisor;
  using dsl::detail::mixed;
  if (a.is_constant() && b.is_constant() && a.low == b.low)
    return a;
  dsl::quantity all{std::min(a.low, b.low), std::max(a.high, b.high),
                    common_divisor(common_divisor(a.step, b.step), a.low - b.low), 0};
  all.symbol = mixed(mixed(static_cast<std::uint64_t>(all.low), static_cast<std::uint64_t>(all.high)),
                     static_cast<std::uint64_t>(all.step));
  return all;
}

// A shape that holds one and the other; nothing before the first.
void widen(std::optional<dsl::shape>& whole, dsl::shape const& one, std::string const& chain) {
  if (!whole) {
    whole = one;
    return;
  }
  if (whole->kind != one.kind)
    throw user_error(fmt::format("{}: the same layer, or the end, stands behind tensors of two kinds: decide between "
                                 "layers of one kind",
                                 chain));
  whole->channels = either(whole->channels, one.channels);
  whole->height = either(whole->height, one.height);
  whole->width = either(whole->width, one.width);
}

std::string value_name(std::string text) {
  for (char& c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0)
      c = '_';
  return text;
}

operation as_block(std::string const& label, region body) {
  auto block = make(dsl::operations::block{}, label, {body.arguments.front().name});
  block.regions.push_back(std::move(body));
  block.results = {{"block0", {}}};
  return block;
}

// What a kind of layer may be, in the order in which the language counts it.
std::vector<alternative> alternatives_of(operation const& chain) {
  std::vector<alternative> found;
  for (std::size_t kind = 0; kind < chain.regions.size(); ++kind) {
    auto body = chain.regions[kind].operations.front().regions.front();
    std::erase_if(body.operations, [](operation const& op) { return op.form() == structure::reference; });
    bool const is_one = body.operations.size() == 1;
    if (is_one && body.operations.front().form() == structure::choice)
      for (auto const& candidate : body.operations.front().regions)
        found.push_back({candidate.operations.front(), kind});
    else
      found.push_back({is_one ? body.operations.front() : as_block("", body), kind});
  }
  return found;
}

// Names are the options of the chain: each stands for one alternative.
void name_alternatives(std::vector<alternative>& all, operation const& chain) {
  std::set<std::string> taken;
  for (auto& one : all) {
    auto const own = candidate_name(one.body);
    one.name = own;
    if (taken.contains(one.name))
      one.name = fmt::format("{}_{}", chain.regions[one.kind].operations.front().label, own);
    for (int n = 2; taken.contains(one.name); ++n)
      one.name = fmt::format("{}_{}", own, n);
    taken.insert(one.name);
    if (one.name == own)
      continue;
    region whole{{{one.body.operands.front(), {}}}, {one.body}, {one.body.name()}};
    one.body = one.body.form() == structure::block && !own.empty() ? one.body : as_block("", std::move(whole));
    one.body.label = one.name;
  }
}

bool decides(decided_attribute const& number) {
  bool found = false;
  for_each_decision(number.value, [&](decided_number const&) { found = true; });
  return found;
}

bool holds_decisions(operation const& op) {
  return std::ranges::any_of(op.decided, decides) || text::decides(op.form()) ||
         std::ranges::any_of(op.regions,
                             [](region const& held) { return std::ranges::any_of(held.operations, holds_decisions); });
}

} // namespace

// The regions of a chain, from the states that the language finds.
class chain_expansion {
public:
  chain_expansion(expansion& whole, operation const& chain, expansion_scope& scope)
      : whole_(whole), chain_(chain), scope_(scope), path_(scope.path_to(chain.name())),
        alternatives_(alternatives_of(chain)),
        flat_(flatten({"", {{{chain.operands.front(), {}}}, {chain}, {chain.name()}}})),
        states_(flat_.view(), 1, scope.shape_of(chain.operands.front())) {
    name_alternatives(alternatives_, chain);
    find_positions();
  }

  std::string append() {
    auto made =
        make(dsl::operations::chain{chain_.attribute("limit")}, path_, {scope_.value_of(chain_.operands.front())});
    auto [end, type] = end_region();
    made.regions.push_back(std::move(end));
    for (std::size_t a = 0; a < alternatives_.size(); ++a) {
      if (stands_once(a)) {
        add_shared(a, made.regions);
        continue;
      }
      for (std::size_t p = 0; p < read_.size(); ++p)
        if (read_[p][a])
          made.regions.push_back(layer_region(a, *read_[p][a], static_cast<int>(p)));
    }
    return scope_.into.append(std::move(made), type, value_name(path_));
  }

private:
  // What each alternative reads at each position, over the states that so many layers lead to.
  void find_positions() {
    std::set<int> reached{0};
    for (int p = 0; p < chain_.attribute("limit"); ++p) {
      auto& read = read_.emplace_back(alternatives_.size());
      std::set<int> next;
      for (int const s : reached)
        states_.for_each_step(s, [&](chain_states::step const& taken) {
          next.insert(taken.next);
          for (auto bits = taken.alternatives; bits != 0; bits &= bits - 1)
            widen(read[static_cast<std::size_t>(std::countr_zero(bits))], states_[s].type, path_);
        });
      reached = std::move(next);
    }
  }

  // Whether no chain holds two layers of this kind.
  [[nodiscard]] bool stands_once(std::size_t alternative) const {
    auto const kind = static_cast<int>(alternatives_[alternative].kind);
    std::set<int> reached;
    std::vector<int> open;
    for (int s = 0; s < states_.size(); ++s)
      if (states_[s].last == kind)
        open.push_back(s);
    while (!open.empty()) {
      int const s = open.back();
      open.pop_back();
      bool repeats = false;
      states_.for_each_step(s, [&](chain_states::step const& taken) {
        repeats = repeats || states_[taken.next].last == kind;
        if (reached.insert(taken.next).second)
          open.push_back(taken.next);
      });
      if (repeats)
        return false;
    }
    return !holds_decisions(alternatives_[alternative].body);
  }

  // One set of weights, wherever the layer stands.
  void add_shared(std::size_t alternative, std::vector<region>& regions) {
    std::optional<dsl::shape> all;
    for (auto const& read : read_)
      if (read[alternative])
        widen(all, *read[alternative], path_);
    if (all)
      regions.push_back(layer_region(alternative, *all, -1));
  }

  region layer_region(std::size_t alternative, dsl::shape const& in, int position) {
    auto const& [body, kind, name] = alternatives_[alternative];
    region_builder built;
    built.add_argument("x", in);
    if (position >= 0)
      built.append_statement(make(dsl::operations::layer_position{position}));
    auto const place = position < 0 ? name : fmt::format("layer{}_{}", position, name);
    auto const path = position < 0 ? fmt::format("{}/{}", path_, name) : fmt::format("{}/{}/{}", path_, position, name);
    auto const made = append_one(built, body, path, value_name(place));
    return std::move(built).finish(made);
  }

  // The layer as one operation: where it becomes several, they are a block.
  std::string append_one(region_builder& into, operation const& body, std::string const& path,
                         std::string const& value) {
    auto const in = into.shape_of("x");
    region_builder inner;
    inner.add_argument("x", in);
    expansion_scope inside{inner, {{body.operands.front(), "x"}}, path, number_scope::of(in), 1};
    whole_.append(body, inside, value);
    auto const made = inside.value_of(body.results.back().name);
    auto const type = inner.shape_of(made);
    auto held = std::move(inner).finish(made);
    if (held.operations.size() == 1 && made == value)
      return into.append(std::move(held.operations.front()), type, value);
    auto block = make(dsl::operations::block{}, candidate_name(body), {"x"});
    block.regions.push_back(std::move(held));
    return into.append(std::move(block), type, value);
  }

  // Gives a vector of all elements; holds the transitions. The first type is that of what is not a vector.
  std::pair<region, dsl::shape> end_region() {
    std::optional<dsl::shape> positional;
    std::optional<dsl::shape> vectors;
    for (int s = 0; s < states_.size(); ++s) {
      auto const& type = states_[s].type;
      widen(type.kind == dsl::tensor_kind::vector ? vectors : positional, type, path_);
    }
    region_builder end;
    end.add_argument("x", positional ? *positional : *vectors);
    for (int s = 0; s < states_.size(); ++s)
      add_transitions(s, end);
    auto const made = positional ? end.leaf(dsl::operations::flatten{}, "x", "flatten") : std::string{"x"};
    auto type = end.shape_of(made);
    if (positional && vectors)
      type.channels = either(type.channels, vectors->channels);
    type.channels.symbol = type.channels.is_constant() ? 0 : dsl::detail::mixed(0x51ed270b, type.channels.symbol);
    return {std::move(end).finish(made), type};
  }

  void add_transitions(int state, region_builder& into) const {
    states_.for_each_step(state, [&](chain_states::step const& taken) {
      for (auto bits = taken.alternatives; bits != 0; bits &= bits - 1)
        into.append_statement(make(dsl::operations::transition{state, taken.next},
                                   alternatives_[static_cast<std::size_t>(std::countr_zero(bits))].name));
    });
  }

  expansion& whole_;
  operation const& chain_;
  expansion_scope& scope_;
  std::string path_;
  std::vector<alternative> alternatives_;
  flat_space flat_;
  chain_states states_;
  std::vector<std::vector<std::optional<dsl::shape>>> read_; // by position and alternative
};

std::string expansion::append_layer_chain(operation const& op, expansion_scope& scope) {
  return chain_expansion{*this, op, scope}.append();
}

// One that is expanded already: its types are those that it says.
std::string expansion::append_chain(operation op, expansion_scope& scope) {
  if (op.type().channels == 0)
    throw user_error(
        fmt::format("%{}: the types of a chain cannot be inferred: expand the space that declares it", op.name()));
  op.operands = {scope.value_of(op.operands.front())};
  auto const type = dsl::shape_of(op.type());
  auto const name = op.name();
  return scope.into.append(std::move(op), type, name);
}

} // namespace espalier::compiler
