#pragma once

#include <espalier/compiler/header_space.hpp>
#include <espalier/compiler/mixed_sums.hpp>

#include <memory>
#include <string>

namespace espalier::compiler {

/// Compiled kernels for exactly the shapes that a space contains.
class kernel_library {
public:
  enum class precision { single, twice };

  /// Writes the kernels of every mixed sum of an expanded graph as C++, compiles them for this machine, unless the
  /// cache knows them, and loads them. Nothing where there is no such sum. A `user_error` says what the compiler
  /// complains about, or that there is none.
  static std::shared_ptr<kernel_library const> compile(graph const& expanded, header_compiler const& tools,
                                                       precision of = precision::single);
  ~kernel_library();
  kernel_library(kernel_library const&) = delete;
  kernel_library& operator=(kernel_library const&) = delete;

  [[nodiscard]] precision numbers() const { return numbers_; }

  /// \name The tables of `espalier/kernels/tables.hpp`, of float or double numbers as compiled
  /// @{
  [[nodiscard]] void const* of(fused_stage const& stage) const;
  [[nodiscard]] void const* of(pooling_stage const& stage) const;
  [[nodiscard]] void const* of_channels(int channels) const;
  /// @}

private:
  kernel_library(void* handle, precision numbers) : handle_(handle), numbers_(numbers) {}
  [[nodiscard]] void const* table(std::string const& name) const;

  void* handle_;
  precision numbers_;
};

} // namespace espalier::compiler
