#pragma once

#include "code_writer.hpp"
#include "outline.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace espalier::compiler {

/// How a leaf reads in LibTorch.
struct libtorch_leaf {
  using numbers = std::map<std::string, number, std::less<>>;

  std::string_view operation;
  std::vector<std::string_view> mentioned; ///< The numbers that its code names.
  std::string_view module;                 ///< The module's type; empty for a function.
  expression (*construct)(espalier::compiler::operation const&, numbers const&); ///< Of a module.
  expression (*apply)(numbers const&, std::string const& x);                     ///< Of a function.
};

/// The row of an operation in the table of leaves; `internal_error` if there is none.
libtorch_leaf const& libtorch_leaf_of(operation const& leaf);

/// The struct that stands for `factorized_reduce`, which LibTorch does not have.
extern std::string_view const libtorch_factorized_reduce;

/// The function by which a network of images puts its input into the layout that is fastest on CPUs.
extern std::string_view const libtorch_channels_last;

} // namespace espalier::compiler
