#include <espalier/compiler/mixed_sums.hpp>

#include <espalier/dsl/tensor_type.hpp>

#include <algorithm>
#include <map>

namespace espalier::compiler {

namespace {

// The operations of a candidate that is a chain; else nothing.
std::vector<operation const*> chain_of(region const& candidate) {
  if (candidate.operations.size() != 1)
    return {};
  auto const& outer = candidate.operations.front();
  if (outer.form() != structure::block)
    return {&outer};
  auto const& body = outer.regions.front();
  std::vector<operation const*> chain;
  auto last = body.arguments.front().name;
  for (auto const& op : body.operations) {
    if (op.form() != structure::leaf || op.operands.size() != 1 || op.operands.front() != last || !op.decided.empty())
      return {};
    chain.push_back(&op);
    last = op.name();
  }
  return last == body.yields.front() ? chain : std::vector<operation const*>{};
}

bool is_square_conv(operation const& op) {
  return op.is("conv") && op.attribute("bias") == 0 &&
         (op.attribute("kernel_width") == dsl::inherited || op.attribute("kernel_width") == op.attribute("kernel"));
}

// relu, depthwise, pointwise, norm: `at` stands at the first and is moved behind the last.
std::optional<separable_stage> read_separable(std::vector<operation const*> const& chain, std::size_t& at,
                                              tensor_type const& in) {
  if (at + 4 > chain.size())
    return {};
  auto const& relu = *chain[at];
  auto const& depthwise = *chain[at + 1];
  auto const& pointwise = *chain[at + 2];
  auto const& norm = *chain[at + 3];
  if (!relu.is("relu") || !is_square_conv(depthwise) || !is_square_conv(pointwise) || !norm.is("batch_norm"))
    return {};
  bool const is_depthwise = depthwise.attribute("groups") == in.channels &&
                            depthwise.attribute("channels") == in.channels && depthwise.attribute("kernel") % 2 == 1 &&
                            depthwise.attribute("stride") <= 2;
  bool const is_pointwise =
      pointwise.attribute("kernel") == 1 && pointwise.attribute("groups") == 1 && pointwise.attribute("stride") == 1;
  if (!is_depthwise || !is_pointwise)
    return {};
  at += 4;
  return separable_stage{depthwise.attribute("kernel"),
                         depthwise.attribute("dilation"),
                         depthwise.attribute("stride"),
                         in,
                         norm.type(),
                         depthwise.name(),
                         pointwise.name(),
                         norm.name()};
}

mixed_candidate read_separables(std::vector<operation const*> const& chain, tensor_type in) {
  mixed_candidate made;
  for (std::size_t at = 0; at < chain.size();) {
    auto const stage = read_separable(chain, at, in);
    if (!stage)
      return {};
    made.stages.push_back(*stage);
    in = stage->out;
  }
  made.what = mixed_candidate::kind::separable;
  return made;
}

mixed_candidate read_pool(std::vector<operation const*> const& chain, tensor_type const& in) {
  auto const& pool = *chain.front();
  bool const is_norm = chain.size() == 2 && chain.back()->is("batch_norm");
  if (pool.attribute("padded") == 0 || pool.attribute("kernel") % 2 == 0 || (chain.size() > 1 && !is_norm))
    return {};
  mixed_candidate made;
  made.what = mixed_candidate::kind::pooling;
  made.pool = {pool.is("max_pool"), pool.attribute("kernel"),           pool.attribute("stride"), in,
               pool.type(),         is_norm ? chain.back()->name() : ""};
  return made;
}

mixed_candidate read_candidate(region const& candidate) {
  auto const chain = chain_of(candidate);
  if (chain.empty())
    return {};
  auto const& first = *chain.front();
  auto const& in = candidate.arguments.front().type;
  if (chain.size() == 1 && first.is("none"))
    return {mixed_candidate::kind::zero, {}, {}};
  if (chain.size() == 1 && first.is("skip_connect") && first.type() == in)
    return {mixed_candidate::kind::identity, {}, {}};
  if (first.is("max_pool") || first.is("avg_pool"))
    return read_pool(chain, in);
  return read_separables(chain, in);
}

std::optional<mixed_edge> read_edge(operation const& choice) {
  if (choice.form() != structure::choice || choice.type().kind != dsl::tensor_kind::image)
    return {};
  mixed_edge made{choice.name(), choice.operands.front(), choice.regions.front().arguments.front().type, {}};
  for (auto const& candidate : choice.regions)
    made.candidates.push_back(read_candidate(candidate));
  return made;
}

bool is_worth_it(mixed_sum const& sum) {
  return std::ranges::any_of(sum.edges, [](auto const& edge) {
    return std::ranges::any_of(edge.candidates, [](auto const& c) {
      return c.what == mixed_candidate::kind::separable || c.what == mixed_candidate::kind::pooling;
    });
  });
}

bool adds(operation const& op) {
  return op.form() == structure::add || (op.form() == structure::select && op.attribute("join") == 0);
}

} // namespace

std::vector<mixed_sum> find_mixed_sums(region const& body) {
  std::map<std::string, int> readers;
  for (auto const& op : body.operations)
    for (auto const& operand : op.operands)
      ++readers[operand];
  for (auto const& yielded : body.yields)
    ++readers[yielded];

  std::vector<mixed_sum> found;
  std::map<std::string, bool> is_joined;
  auto const keep = [&](mixed_sum sum) {
    if (is_worth_it(sum))
      found.push_back(std::move(sum));
  };
  for (auto const& op : body.operations) {
    if (!adds(op))
      continue;
    mixed_sum sum{op.name(), op.type(), {}};
    for (auto const& operand : op.operands)
      if (auto const* const choice = body.definition_of(operand); choice != nullptr && readers[operand] == 1)
        if (auto edge = read_edge(*choice))
          sum.edges.push_back(std::move(*edge));
    if (sum.edges.size() != op.operands.size())
      continue;
    for (auto const& operand : op.operands)
      is_joined[operand] = true;
    keep(std::move(sum));
  }
  for (auto const& op : body.operations)
    if (!is_joined.contains(op.name()))
      if (auto edge = read_edge(op))
        keep({op.name(), op.type(), {std::move(*edge)}});
  return found;
}

} // namespace espalier::compiler
