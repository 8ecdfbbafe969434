#include "parse_text.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/passes.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/compiler/verify.hpp>

#include <cstdlib>
#include <optional>
#include <string_view>

#include <fmt/format.h>

using namespace espalier::compiler;

namespace {

std::optional<graph> read(std::string_view text) {
  try {
    return parse(text, "input");
  } catch (espalier::user_error const& error) {
    if (!std::string_view{error.what()}.starts_with("input:")) {
      fmt::print(stderr, "a fault without a place: {}\n", error.what());
      std::abort();
    }
    return {};
  }
}

[[noreturn]] void fail(std::string_view what, std::string_view text) {
  fmt::print(stderr, "{}:\n{}\n", what, text);
  std::abort();
}

// What passes make of a sound graph is sound, and to do the same again changes nothing.
void check_passes(graph g) {
  for (auto const* name : {"infer_types", "fold_identities", "remove_dead_code", "inline_blocks", "canonicalize",
                           "eliminate_common_subexpressions", "fold_batch_norms", "fuse_siblings", "set_layout"}) {
    auto const steps = pipeline(name);
    pass_context context;
    try {
      g = run_passes(steps, g, context);
    } catch (espalier::user_error const&) {
      continue; // a pass for networks, or a rule that only types show to be broken
    }
    if (!verify(g).empty())
      fail(fmt::format("{} makes a graph with faults", name), print(g));
    if (run_passes(steps, g, context) != g)
      fail(fmt::format("{} changes what it has made", name), print(g));
  }
}

} // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const g = read({reinterpret_cast<char const*>(data), size});
  if (!g)
    return 0;
  auto const text = print(*g);
  auto const again = read(text);
  if (!again || *again != *g)
    fail("what is printed does not read as the same graph", text);
  if (print(*again) != text)
    fail("what is printed is no fixed point", text);
  if (verify(*g).empty() && g->is_expanded())
    check_passes(*g);
  return 0;
}
