#pragma once

#include <espalier/dsl.hpp>

/// The recurrent cell of DARTS (Liu, Simonyan, Yang, ICLR 2019, section 3.1 and appendix A.2): from input and state,
/// eight nodes, each of which reads one earlier node through an activation.
namespace spaces::darts_rnn {

using namespace espalier::dsl;

inline constexpr auto activations = choice(none(), tanh(), relu(), sigmoid(), skip_connect());

// clang-format off
/// A language model of the Penn Treebank, embedding and decoder tied.
constexpr auto language_model(label name, int width) {
  return search_space(name, words(35, 10'000),
      embedding(width), recurrent_cell("cell", width, nodes(8), tanh(), activations), tied_linear(10'000));
}
// clang-format on
inline constexpr auto search = language_model("darts-rnn-search", 300);
inline constexpr auto ptb = language_model("darts-rnn-ptb", 850);

static_assert(count<search>() == 2'642'411'520); // 8! * 4^8
static_assert(count<ptb>() == 2'642'411'520);

// The released code, whatever the cell.
static_assert(min_params<search>() == 4'810'000 && max_params<search>() == 4'810'000);
static_assert(min_params<ptb>() == 22'960'000 && max_params<ptb>() == 22'960'000);

} // namespace spaces::darts_rnn
