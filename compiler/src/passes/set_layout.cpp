#include <espalier/compiler/passes/set_layout.hpp>

#include "rewrite.hpp"

#include <espalier/dsl/operations/network.hpp>

#include <algorithm>

namespace espalier::compiler {

namespace {

bool is_laid_out(region const& in, std::string const& image) {
  return std::ranges::any_of(
      in.operations, [&](operation const& op) { return op.is("channels_last") && op.operands.front() == image; });
}

// Puts an image into the layout in front of operation `at`, for every operation from there on.
void lay_out(region& in, value const& image, std::size_t at) {
  if (is_laid_out(in, image.name))
    return;
  auto const name = free_name(in, "channels_last");
  renaming names;
  names.replace(image.name, name);
  for (std::size_t i = at; i < in.operations.size(); ++i)
    names.apply(in.operations[i].operands);
  names.apply(in.yields);
  in.operations.insert(
      in.operations.begin() + static_cast<std::ptrdiff_t>(at),
      {&dsl::declaration_of<dsl::operations::channels_last>, "", {image.name}, {}, {}, {{name, image.type}}, {}});
}

region with_layout(region const& in) {
  region out = in;
  for (std::size_t i = 0; i < out.operations.size(); ++i) {
    rewrite_held(out.operations[i], with_layout);
    if (out.operations[i].is("as_image"))
      lay_out(out, value{out.operations[i].results.front()}, i + 1);
  }
  return out;
}

} // namespace

graph set_layout(graph const& g) {
  require_network(g, "set_layout");
  graph out{g.name, with_layout(g.body)};
  if (g.input().kind == dsl::tensor_kind::image)
    lay_out(out.body, g.body.arguments.front(), 0);
  return out;
}

} // namespace espalier::compiler
