// expect: net: choice0/sequence0: the candidates give a sequence and a vector; make every candidate end in the same
// expect: kind of tensor [candidates-disagree-in-kind]
//
// All candidates of a choice give one kind of tensor. Images, sequences and tokens count as one: the same features in
// the same order.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto net = search_space("net", sequence_of(64, 16), choice(lstm(32), gru(32)), last_step());
#else
inline constexpr auto net = search_space("net", sequence_of(64, 16), choice(lstm(32), sequence(lstm(32), last_step())));
#endif

static_assert(valid<net>());
