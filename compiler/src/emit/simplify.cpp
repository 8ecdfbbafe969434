#include "simplify.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace espalier::compiler {

namespace {

bool is_identity(operation const& op, tensor_type const& in) {
  if (op.is("skip_connect"))
    return op.attribute("stride") == 1;
  if (op.is("shortcut"))
    return op.attribute("stride") == 1 && op.type() == in;
  if (op.is("as_image"))
    return in.kind == dsl::tensor_kind::image;
  if (op.is("as_sequence") || op.is("as_tokens"))
    return in.kind != dsl::tensor_kind::image;
  if (op.form() == structure::block)
    return op.regions.front().operations.empty();
  bool const joins = op.form() == structure::add || op.form() == structure::concat || op.form() == structure::average;
  return joins && op.operands.size() == 1;
}

std::set<std::string> values_read(region const& in) {
  std::set<std::string> read(in.yields.begin(), in.yields.end());
  for (auto const& op : in.operations)
    read.insert(op.operands.begin(), op.operands.end());
  return read;
}

void remove_unread_values(region& in) {
  std::set<std::string> read(in.yields.begin(), in.yields.end());
  std::vector<operation> kept;
  for (auto op = in.operations.rbegin(); op != in.operations.rend(); ++op) {
    if (!read.contains(op->name()))
      continue;
    read.insert(op->operands.begin(), op->operands.end());
    kept.push_back(std::move(*op));
  }
  std::ranges::reverse(kept);
  in.operations = std::move(kept);
}

void remove_unused_arguments(operation& block) {
  auto& body = block.regions.front();
  auto const read = values_read(body);
  for (std::size_t i = body.arguments.size(); i-- > 0;) {
    if (read.contains(body.arguments[i].name))
      continue;
    body.arguments.erase(body.arguments.begin() + static_cast<std::ptrdiff_t>(i));
    block.operands.erase(block.operands.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

class simplification {
public:
  explicit simplification(bool (*has_weights)(operation const&, region const&)) : has_weights_(has_weights) {}

  region simplify(region const& in) {
    region out{in.arguments, {}, in.yields};
    std::map<std::string, std::string> names;
    std::set<std::string> zeros;
    auto const rename = [&](std::string& name) {
      if (auto const found = names.find(name); found != names.end())
        name = found->second;
    };
    for (auto op : in.operations) {
      std::ranges::for_each(op.operands, rename);
      if (op.form() == structure::block)
        op = simplify_block(std::move(op));
      if (op.form() == structure::recurrence)
        op.regions.front() = simplify(op.regions.front());
      if (op.form() == structure::add &&
          !std::ranges::all_of(op.operands, [&](auto const& o) { return zeros.contains(o); }))
        std::erase_if(op.operands, [&](auto const& o) { return zeros.contains(o); });
      if (is_identity(op, in.type_of(op.operands.front()))) {
        names[op.name()] = op.operands.front();
        continue;
      }
      if (op.is("none"))
        zeros.insert(op.name());
      out.operations.push_back(std::move(op));
    }
    std::ranges::for_each(out.yields, rename);
    remove_unread_values(out);
    return out;
  }

private:
  operation simplify_block(operation block) {
    block.regions.front() = simplify(block.regions.front());
    remove_unused_arguments(block);
    auto const& inside = block.regions.front().operations;
    if (inside.size() != 1 || inside.front().form() != structure::leaf ||
        has_weights_(inside.front(), block.regions.front()))
      return block;
    auto whole = inside.front();
    whole.operands = block.operands;
    whole.results = block.results;
    return whole;
  }

  bool (*has_weights_)(operation const&, region const&);
};

} // namespace

graph simplify(graph const& network, bool (*has_weights)(operation const&, region const& in)) {
  return {network.name, simplification{has_weights}.simplify(network.body)};
}

} // namespace espalier::compiler
