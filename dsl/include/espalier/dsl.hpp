#pragma once

/// \file
/// The Espalier language: declare a search space as one constant.

#include <espalier/dsl/search_space.hpp>
