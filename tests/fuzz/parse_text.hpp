#pragma once

#include <cstddef>
#include <cstdint>

/// Reads a text as a graph, verifies it, and aborts where printing and reading it again gives another one, or where
/// anything but a `user_error` is thrown.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);
