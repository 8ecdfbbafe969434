#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace espalier::compiler {

/// What a stored tensor holds, by safetensors' names.
enum class element_type : std::uint8_t { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

/// `F32` and the like.
std::string_view name_of(element_type type);
std::size_t size_of(element_type type);

/// A tensor as a file holds it: its bytes are little-endian, the last dimension running fastest.
struct stored_tensor {
  std::string name;
  element_type type = element_type::f32;
  std::vector<std::int64_t> dimensions;
  std::string bytes;

  bool operator==(stored_tensor const&) const = default;
};

/// Tensors as a safetensors file: 8 bytes of length, a JSON header of names, types, shapes and offsets, the data. Each
/// begins where its type is aligned. Two of one name are an `internal_error`, as are bytes that do not fit the shape.
std::string write_safetensors(std::vector<stored_tensor> tensors);

/// The tensors of a safetensors file in the order of their names. Nothing in it is run, and nothing is read that its
/// header does not describe exactly: a header beyond the file or `safetensors_header_limit`, a name that occurs twice,
/// an unknown type, bytes that do not fit a shape, overlap, leave gaps or lie beyond the end are `user_error`s.
std::vector<stored_tensor> read_safetensors(std::string_view content, std::string_view origin);

/// No header is longer (as the reference implementation has it).
inline constexpr std::uint64_t safetensors_header_limit = 100'000'000;

} // namespace espalier::compiler
