#pragma once

#include <cstddef>
#include <cstdint>

/// Reads a text as a graph, verifies it, and gives a sound one to the passes. Aborts where printing and reading it
/// again gives another one, where a pass makes faults, and where anything but a `user_error` is thrown.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);
