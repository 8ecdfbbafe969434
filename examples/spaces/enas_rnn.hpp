#pragma once

#include <espalier/dsl.hpp>

/// The recurrent cell of ENAS (Pham, Guan, Zoph, Le, Dean, ICML 2018, section 2.1): twelve nodes, each of which decides
/// its activation and, but for the first, the earlier node it reads.
namespace spaces::enas_rnn {

using namespace espalier::dsl;

inline constexpr auto activations = choice(tanh(), relu(), skip_connect(), sigmoid());

// clang-format off
/// A language model of the Penn Treebank, embedding and decoder tied; the root is the first of the twelve nodes.
inline constexpr auto ptb = search_space("enas-rnn-ptb", words(35, 10'000),
    embedding(850), recurrent_cell("cell", 850, nodes(11), activations, activations), tied_linear(10'000));
// clang-format on

static_assert(count<ptb>() == 669'692'775'628'800); // 4^12 * 11!; the paper's 4^12 * 12! lets the root choose as well
static_assert(min_params<ptb>() == 27'295'000 && max_params<ptb>() == 27'295'000);

} // namespace spaces::enas_rnn
