#include <espalier/compiler/passes/partial_channels.hpp>

#include "../region_builder.hpp"
#include "rewrite.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/passes/infer_types.hpp>
#include <espalier/dsl/operations/channels.hpp>
#include <espalier/dsl/operations/edges.hpp>
#include <espalier/dsl/operations/network.hpp>
#include <espalier/dsl/operations/pooling.hpp>

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

namespace operations = dsl::operations;

// A candidate on so many times fewer channels: widths and the groups of depthwise convolutions.
class narrowing {
public:
  explicit narrowing(int parts) : parts_(parts) {}

  void narrow(region& r) const {
    for (auto& op : r.operations) {
      if (!op.decided.empty())
        throw user_error(
            fmt::format("%{}: partial channels are for candidates of constant numbers, and {} of its numbers "
                        "are decided; use a strategy without them",
                        op.name(), op.decided.size()));
      if (auto const groups = op.declaration->groups; groups != dsl::max_attributes && op.attributes[groups] > 1 &&
                                                      op.attributes[groups] == r.type_of(op.operands.front()).channels)
        divide(op, groups);
      if (auto const channels = op.declaration->channels; channels != dsl::max_attributes)
        divide(op, channels);
      for (auto& held : op.regions)
        narrow(held);
    }
  }

private:
  void divide(operation& op, std::size_t attribute) const {
    auto& value = op.attributes[attribute];
    if (value > 0 && value % parts_ != 0)
      throw user_error(fmt::format("%{}: {} channels cannot be split into {} parts; choose a width that is a multiple, "
                                   "or fewer parts",
                                   op.name(), value, parts_));
    if (value > 0)
      value /= parts_;
  }

  int parts_;
};

class rewriting {
public:
  explicit rewriting(int parts) : parts_(parts) {}

  region rewrite(region const& in) {
    partial_region whole{*this, in};
    return std::move(whole).rewritten();
  }
  [[nodiscard]] int nodes() const { return nodes_; }

private:
  class partial_region {
  public:
    partial_region(rewriting& whole, region const& in) : whole_(whole), in_(in), out_{in.arguments, {}, in.yields} {
      for (auto const& argument : in.arguments)
        taken_.insert(argument.name);
      for (auto const& op : in.operations)
        for (auto const& result : op.results)
          taken_.insert(result.name);
    }

    region rewritten() && {
      auto const reads = reads_of(in_);
      std::set<std::string> narrowed;
      for (auto const& op : in_.operations)
        if (is_node(op, reads))
          narrowed.insert(op.operands.begin(), op.operands.end());
      for (auto op : in_.operations) {
        rewrite_held(op, [&](region const& held) { return whole_.rewrite(held); });
        if (is_node(op, reads))
          append_node(std::move(op));
        else if (!op.results.empty() && narrowed.contains(op.name()))
          append_choice(std::move(op));
        else
          out_.operations.push_back(std::move(op));
      }
      return std::move(out_);
    }

  private:
    // A sum of choices that are read nowhere else and keep the channels, at the same size or a smaller one.
    [[nodiscard]] bool is_node(operation const& op, std::map<std::string, int> const& reads) const {
      bool const is_select =
          op.form() == structure::select && op.attribute("join") == 0 && op.attribute("otherwise") == 0;
      return (is_select || op.form() == structure::add) && std::ranges::all_of(op.operands, [&](auto const& operand) {
               auto const* const edge = in_.definition_of(operand);
               return edge != nullptr && reads.at(operand) == 1 && is_edge(*edge);
             });
    }
    [[nodiscard]] bool is_edge(operation const& op) const {
      if (op.form() != structure::choice || op.operands.size() != 1)
        return false;
      auto const from = in_.type_of(op.operands.front());
      auto const& to = op.type();
      auto const fits = [](int before, int after) { return after == before || after == (before + 1) / 2; };
      return from.kind == dsl::tensor_kind::image && to.kind == from.kind && to.channels == from.channels &&
             fits(from.height, to.height) && fits(from.width, to.width);
    }

    void append_choice(operation op) {
      narrowing const narrow{whole_.parts_};
      for (auto& candidate : op.regions)
        narrow.narrow(candidate);
      op.operands = {part_of(op.operands.front(), 0)};
      out_.operations.push_back(std::move(op));
    }

    void append_node(operation op) {
      ++whole_.nodes_;
      auto const name = op.name();
      auto passing = op;
      for (auto& operand : passing.operands)
        operand = passing_of(*in_.definition_of(operand));
      op.results.front().name = fresh(name + "_mixed");
      passing.results.front().name = fresh(name + "_passing");
      std::vector<std::string> parts{op.name()};
      auto const passes = passing.name();
      out_.operations.push_back(std::move(op));
      out_.operations.push_back(std::move(passing));
      for (int part = 1; part < whole_.parts_; ++part)
        parts.push_back(part_of(passes, part));
      auto const both = append(make(operations::concat{}, {}, std::move(parts)), fresh(name + "_both"));
      append(make(operations::channel_shuffle{.groups = whole_.parts_}, {}, {both}), name);
    }

    // What an edge adds to the channels that no candidate reads.
    std::string passing_of(operation const& edge) {
      auto const& source = edge.operands.front();
      auto const from = in_.type_of(source);
      bool const strides = from.height != edge.type().height || from.width != edge.type().width;
      auto& known = passing_[{source, strides}];
      if (!known.empty())
        return known;
      if (!strides)
        return known = append(make(operations::skip_connect{.stride = 1}, {}, {source}), fresh(source + "_passing"));
      bool const is_even = from.height % 2 == 0 && from.width % 2 == 0;
      auto const pool = is_even ? make(operations::max_pool{.kernel = 2, .stride = 2, .padded = 0}, {}, {source})
                                : make(operations::max_pool{.kernel = 3, .stride = 2}, {}, {source});
      return known = append(pool, fresh(source + "_pooled"));
    }

    std::string part_of(std::string const& source, int part) {
      auto& known = parts_[{source, part}];
      if (known.empty())
        known = append(make(operations::chunk{.part = part, .parts = whole_.parts_}, {}, {source}),
                       fresh(fmt::format("{}_part{}", source, part)));
      return known;
    }

    std::string append(operation op, std::string const& name) {
      op.results.push_back({name, {}});
      out_.operations.push_back(std::move(op));
      return name;
    }

    std::string fresh(std::string const& base) {
      auto name = base;
      for (int i = 0; !taken_.insert(name).second; ++i)
        name = fmt::format("{}{}", base, i);
      return name;
    }

    rewriting& whole_;
    region const& in_;
    region out_;
    std::set<std::string> taken_;
    std::map<std::pair<std::string, bool>, std::string> passing_;
    std::map<std::pair<std::string, int>, std::string> parts_;
  };

  int parts_;
  int nodes_ = 0;
};

} // namespace

graph partial_channels(graph const& g, int parts) {
  require_expanded(g, "partial_channels");
  if (parts < 1)
    throw user_error(fmt::format("{} parts of the channels; at least 1 is needed", parts));
  if (parts == 1)
    return g;
  rewriting made{parts};
  graph const out{g.name, made.rewrite(g.body)};
  if (made.nodes() == 0)
    throw user_error(fmt::format("\"{}\": partial channels are for sums of choices that keep the channels of an image, "
                                 "such as the nodes of a cell, and there is none; use a strategy without them",
                                 g.name));
  return infer_types(out);
}

} // namespace espalier::compiler
