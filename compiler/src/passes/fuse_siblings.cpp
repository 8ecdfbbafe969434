#include <espalier/compiler/passes/fuse_siblings.hpp>

#include "rewrite.hpp"

#include "../verify_faults.hpp"

#include <espalier/dsl/operations/network.hpp>

#include <algorithm>
#include <tuple>

namespace espalier::compiler {

namespace {

bool can_be_wider(operation const& op) {
  if (!op.decided.empty() || op.declaration->channels == dsl::max_attributes || op.attribute("channels") < 1)
    return false;
  return op.is("linear") || (op.is("conv") && op.attribute("kernel") == 1 && op.attribute("kernel_width") <= 1 &&
                             op.attribute("groups") == 1);
}

// Equal for operations that can be one: what is read, the operation and its numbers.
using sibling_key = std::tuple<std::string, std::string_view, std::vector<int>>;

sibling_key key_of(operation const& op, std::string const& reads) {
  return {reads, op.declaration->name, {op.attributes.begin(), op.attributes.end()}};
}

operation const& at(region const& in, site const& s) {
  auto const& op = in.operations[s.at];
  return s.inner.empty() ? op : *op.regions.front().definition_of(s.inner);
}

std::map<sibling_key, std::vector<site>> siblings_of(region const& in) {
  std::map<sibling_key, std::vector<site>> siblings;
  for (std::size_t i = 0; i < in.operations.size(); ++i) {
    auto const& op = in.operations[i];
    if (op.form() == structure::leaf && can_be_wider(op))
      siblings[key_of(op, op.operands.front())].push_back({i, ""});
    if (op.form() != structure::block)
      continue;
    for (auto const& inner : op.regions.front().operations)
      if (inner.form() == structure::leaf && can_be_wider(inner))
        if (auto const around = operands_around(op, inner); !around.empty())
          siblings[key_of(inner, around.front())].push_back({i, inner.name()});
  }
  std::erase_if(siblings, [&](auto const& entry) {
    auto const count = static_cast<int>(entry.second.size());
    return count < 2 || at(in, entry.second.front()).attribute("channels") > max_size / count;
  });
  return siblings;
}

class fusion {
public:
  // `path` leads to the weights of the region: empty, or value names that end with a dot.
  fusion(std::string path, weight_change& weights) : path_(std::move(path)), weights_(weights) {}

  region fuse(region const& in) {
    out_ = in;
    for (auto& op : out_.operations)
      rewrite_held(op, [&](region const& held) { return fusion{path_ + op.name() + ".", weights_}.fuse(held); });
    for (auto siblings = siblings_of(out_); !siblings.empty(); siblings = siblings_of(out_))
      fuse(std::get<0>(siblings.begin()->first), siblings.begin()->second);
    return std::move(out_);
  }

private:
  void fuse(std::string const& read, std::vector<site> const& siblings) {
    auto const& first = siblings.front();
    auto wide = at(out_, first);
    auto const parts = static_cast<int>(siblings.size());
    wide.operands = {read};
    wide.results.front().name = free_name(out_, wide.declaration->name);
    wide.results.front().type.channels *= parts;
    wide.set_attribute("channels", parts * wide.attribute("channels"));
    tell_weights(wide, siblings);
    std::vector<operation> made{wide};
    for (auto const& sibling : siblings)
      made.push_back(part_of(wide.name(), sibling, static_cast<int>(made.size()) - 1, parts));
    replace(siblings, std::move(made));
  }

  void tell_weights(operation const& wide, std::vector<site> const& siblings) {
    for (auto const* tensor : {"weight", "bias"}) {
      if (tensor == std::string_view{"bias"} && wide.attribute("bias") == 0)
        continue;
      concatenated_tensor made{path_ + wide.name() + "." + tensor, {}};
      for (auto const& s : siblings)
        made.parts.push_back(path_ + out_.operations[s.at].name() + "." + (s.inner.empty() ? "" : s.inner + ".") +
                             tensor);
      weights_.emplace_back(std::move(made));
    }
  }

  // The part that stands for a sibling: in the region under its name, for a block under a new one.
  [[nodiscard]] operation part_of(std::string const& wide, site const& sibling, int part, int parts) const {
    operation chunk{&dsl::declaration_of<dsl::operations::chunk>, "", {wide}, {}, {}, at(out_, sibling).results, {}};
    chunk.set_attribute("part", part);
    chunk.set_attribute("parts", parts);
    if (!sibling.inner.empty())
      chunk.results.front().name = free_name(out_, wide + "_" + out_.operations[sibling.at].name() + "_");
    return chunk;
  }

  // The wide operation and its parts stand where the first sibling stood.
  void replace(std::vector<site> const& siblings, std::vector<operation> made) {
    for (std::size_t i = 0; i < siblings.size(); ++i)
      if (!siblings[i].inner.empty())
        lift(out_.operations[siblings[i].at], siblings[i].inner, made[i + 1].name());
    auto const first = siblings.front().at;
    for (auto s = siblings.rbegin(); s != siblings.rend(); ++s)
      if (s->inner.empty())
        out_.operations.erase(out_.operations.begin() + static_cast<std::ptrdiff_t>(s->at));
    out_.operations.insert(out_.operations.begin() + static_cast<std::ptrdiff_t>(first),
                           std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()));
  }

  region out_;
  std::string path_;
  weight_change& weights_;
};

} // namespace

graph fuse_siblings(graph const& g, weight_change& weights) {
  require_expanded(g, "fuse_siblings");
  return {g.name, fusion{"", weights}.fuse(g.body)};
}

} // namespace espalier::compiler
