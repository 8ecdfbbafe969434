#include <espalier/compiler/mixed_sums.hpp>

#include <espalier/dsl/tensor_type.hpp>

#include <algorithm>
#include <map>
#include <span>

namespace espalier::compiler {

namespace {

// The operations of a leaf, or of a block that is a chain; else nothing.
std::vector<operation const*> chain_of(operation const& outer) {
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

bool is_depthwise(operation const& conv, tensor_type const& in) {
  return conv.attribute("groups") == in.channels && conv.attribute("channels") == in.channels &&
         conv.attribute("kernel") % 2 == 1 && conv.attribute("stride") <= 2;
}

// From all channels to all, each pixel on its own or with its neighbours.
bool is_dense(operation const& conv) {
  return conv.attribute("groups") == 1 && conv.attribute("stride") == 1 && conv.attribute("dilation") == 1 &&
         conv.attribute("kernel") % 2 == 1;
}

// The convolution that begins a stage behind its rectification, without its norm.
std::optional<fused_stage> read_convolution(std::span<operation const* const> rest, tensor_type const& in) {
  using kind = fused_stage::kind;
  auto const& first = *rest.front();
  if (first.is("factorized_reduce") && in.height % 2 == 0 && in.width % 2 == 0 && first.type().channels % 2 == 0)
    return fused_stage{kind::factorized, 1, 1, 2, in, first.type(), {first.name()}, {}};
  if (!is_square_conv(first))
    return {};
  if (is_depthwise(first, in) && rest.size() > 1 && is_square_conv(*rest[1]) && is_dense(*rest[1]) &&
      rest[1]->attribute("kernel") == 1)
    return fused_stage{kind::separable,
                       first.attribute("kernel"),
                       first.attribute("dilation"),
                       first.attribute("stride"),
                       in,
                       rest[1]->type(),
                       {first.name(), rest[1]->name()},
                       {}};
  if (is_dense(first))
    return fused_stage{kind::dense, first.attribute("kernel"), 1, 1, in, first.type(), {first.name()}, {}};
  return {};
}

// relu, one or two convolutions, norm: `at` stands at the first and is moved behind the last.
std::optional<fused_stage> read_stage(std::vector<operation const*> const& chain, std::size_t& at,
                                      tensor_type const& in) {
  if (at + 3 > chain.size() || !chain[at]->is("relu"))
    return {};
  auto made = read_convolution(std::span{chain}.subspan(at + 1), in);
  auto const norm = at + 1 + (made ? made->convolutions.size() : 0);
  if (!made || norm >= chain.size() || !chain[norm]->is("batch_norm"))
    return {};
  made->norm = chain[norm]->name();
  at = norm + 1;
  return made;
}

mixed_candidate read_stages(std::vector<operation const*> const& chain, tensor_type in) {
  mixed_candidate made;
  for (std::size_t at = 0; at < chain.size();) {
    auto const stage = read_stage(chain, at, in);
    if (!stage)
      return {};
    made.stages.push_back(*stage);
    in = stage->out;
  }
  made.what = mixed_candidate::kind::stages;
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
  auto const chain =
      candidate.operations.size() == 1 ? chain_of(candidate.operations.front()) : std::vector<operation const*>{};
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
  return read_stages(chain, in);
}

std::optional<mixed_edge> read_edge(operation const& choice) {
  if (choice.form() != structure::choice || choice.type().kind != dsl::tensor_kind::image)
    return {};
  mixed_edge made{choice.name(), choice.operands.front(), choice.regions.front().arguments.front().type, {}};
  for (auto const& candidate : choice.regions)
    made.candidates.push_back(read_candidate(candidate));
  return made;
}

bool is_fused(mixed_candidate const& c) {
  return c.what == mixed_candidate::kind::stages || c.what == mixed_candidate::kind::pooling;
}

bool is_worth_it(mixed_sum const& sum) {
  return std::ranges::any_of(sum.edges,
                             [](auto const& edge) { return std::ranges::any_of(edge.candidates, is_fused); });
}

// A block of fused operations.
std::optional<mixed_edge> read_block(operation const& op) {
  if (op.form() != structure::block || op.operands.size() != 1 || op.type().kind != dsl::tensor_kind::image)
    return {};
  auto const in = op.regions.front().arguments.front().type;
  auto const chain = chain_of(op);
  auto stages = chain.empty() ? mixed_candidate{} : read_stages(chain, in);
  if (stages.what != mixed_candidate::kind::stages)
    return {};
  return mixed_edge{op.name(), op.operands.front(), in, {std::move(stages)}};
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
      if (auto edge = op.form() == structure::block ? read_block(op) : read_edge(op))
        keep({op.name(), op.type(), {std::move(*edge)}});
  return found;
}

} // namespace espalier::compiler
