#include <espalier/compiler/passes/fold_identities.hpp>

#include "rewrite.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace espalier::compiler {

namespace {

bool is_reading(operation const& op) {
  return op.is("as_image") || op.is("as_sequence") || op.is("as_tokens");
}

struct neutral_number {
  std::string_view operation;
  std::string_view attribute;
};
// Operations that are identities where this number is 1.
constexpr std::array neutral_numbers{
    neutral_number{"skip_connect", "stride"}, neutral_number{"chunk", "parts"},
    neutral_number{"channel_part", "parts"},  neutral_number{"channel_shuffle", "groups"},
    neutral_number{"upsample", "factor"},     neutral_number{"require", "condition"},
};

// Of a supernet, types are the widest; `is_exact` says that they are not.
bool is_identity(operation const& op, tensor_type const& in, bool is_exact) {
  if (!op.decided.empty())
    return false;
  if (op.form() == structure::add || op.form() == structure::concat || op.form() == structure::average)
    return op.operands.size() == 1;
  if (is_reading(op))
    return op.type().kind == in.kind;
  if (op.is("resize") || op.is("truncate"))
    return is_exact && op.type() == in;
  if (op.is("shortcut"))
    return is_exact && op.type() == in && op.attribute("stride") == 1;
  if (op.is("max_pool") || op.is("avg_pool"))
    return op.attribute("kernel") == 1 && op.attribute("stride") == 1;
  return std::ranges::any_of(neutral_numbers, [&](neutral_number const& number) {
    return op.is(number.operation) && op.attribute(number.attribute) == 1;
  });
}

// Leaves without a bias or normalization that map zeros to zeros.
constexpr std::array<std::string_view, 25> zero_preserving{"relu",          "relu6",        "hard_swish",
                                                           "swish",         "gelu",         "tanh",
                                                           "max_pool",      "avg_pool",     "global_avg_pool",
                                                           "flatten",       "resize",       "upsample",
                                                           "chunk",         "channel_part", "channel_shuffle",
                                                           "as_image",      "as_sequence",  "as_tokens",
                                                           "last_step",     "truncate",     "crop",
                                                           "channels_last", "shortcut",     "factorized_reduce",
                                                           "skip_connect"};

bool keeps_zeros(operation const& op) {
  if (op.form() != structure::leaf)
    return is_join(op.form()) && op.form() != structure::select && op.form() != structure::pick;
  if (op.is("conv") || op.is("linear"))
    return op.attribute("bias") == 0;
  return std::ranges::find(zero_preserving, op.declaration->name) != zero_preserving.end();
}

struct folded_region {
  region body;
  bool is_zero = false; ///< Whether it yields zeros.
};

// One region; inner regions first.
class folding {
public:
  explicit folding(bool is_exact) : is_exact_(is_exact) {}

  folded_region fold(region const& in, std::set<std::string> zeros) {
    zeros_ = std::move(zeros);
    out_ = {in.arguments, {}, in.yields};
    named_ = values_that_decisions_name(in);
    for (auto op : in.operations)
      append(std::move(op));
    names_.apply(out_.yields);
    bool const is_zero = zeros_.contains(out_.yields.front());
    return {std::move(out_), is_zero};
  }

private:
  void append(operation op) {
    names_.apply(op.operands);
    if (is_statement(op.form()) || named_.contains(op.name()))
      return out_.operations.push_back(std::move(op));
    if (op.form() == structure::block)
      return append_block(std::move(op));
    rewrite_held(op, [&](region const& held) { return folding{is_exact_}.fold(held, {}).body; });
    if (op.form() == structure::add)
      drop_zeros(op.operands);
    if (is_reading(op))
      if (auto const* const made_by = out_.definition_of(op.operands.front());
          made_by != nullptr && is_reading(*made_by))
        op.operands = made_by->operands;
    if (is_identity(op, out_.type_of(op.operands.front()), is_exact_))
      return names_.replace(op.name(), op.operands.front());
    bool const is_zero = op.is("none") || (keeps_zeros(op) && are_zeros(op.operands));
    if (is_zero)
      zeros_.insert(op.name());
    out_.operations.push_back(std::move(op));
  }

  void append_block(operation op) {
    std::set<std::string> zeros;
    auto const& arguments = op.regions.front().arguments;
    for (std::size_t i = 0; i < arguments.size(); ++i)
      if (zeros_.contains(op.operands[i]))
        zeros.insert(arguments[i].name);
    auto made = folding{is_exact_}.fold(op.regions.front(), std::move(zeros));
    auto const given = std::ranges::find(made.body.arguments, made.body.yields.front(), &value::name);
    if (given != made.body.arguments.end())
      return names_.replace(op.name(), op.operands[static_cast<std::size_t>(given - made.body.arguments.begin())]);
    if (made.is_zero)
      zeros_.insert(op.name());
    op.regions.front() = std::move(made.body);
    out_.operations.push_back(std::move(op));
  }

  [[nodiscard]] bool are_zeros(std::vector<std::string> const& names) const {
    return std::ranges::all_of(names, [&](std::string const& name) { return zeros_.contains(name); });
  }

  void drop_zeros(std::vector<std::string>& terms) const {
    if (!are_zeros(terms))
      std::erase_if(terms, [&](std::string const& name) { return zeros_.contains(name); });
  }

  bool is_exact_;
  region out_;
  std::set<std::string> named_;
  renaming names_;
  std::set<std::string> zeros_; // values that are zeros
};

} // namespace

graph fold_identities(graph const& g) {
  require_expanded(g, "fold_identities");
  return {g.name, folding{is_network(g)}.fold(g.body, {}).body};
}

} // namespace espalier::compiler
