#include <espalier/compiler/compiled_space.hpp>

#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/compiler/verify.hpp>

#include <utility>

namespace espalier::compiler {

namespace {

graph verified(graph space) {
  require_valid(space);
  return space;
}

} // namespace

compiled_space::compiled_space(graph space)
    : structured{verified(std::move(space))}, expanded{expand(structured)}, decisions{expanded},
      costs{expanded, decisions}, text{print(structured)}, fingerprint{compiler::fingerprint(text)} {}

} // namespace espalier::compiler
