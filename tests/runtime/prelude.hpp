#pragma once

// LibTorch first: its logging header would replace Catch2's CHECK, and tests would pass without checking anything.
#include <torch/torch.h>
#undef CHECK

#include "catch.hpp"
