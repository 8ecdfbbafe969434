#pragma once

/// \file
/// The Espalier language: declare a search space as one constant.

// First, so that the compiler says of a mistake in few lines where it is included from.
#include <espalier/dsl/numbers.hpp>

#include <espalier/dsl/facts.hpp>

#include <espalier/dsl/blocks.hpp>
