// expect: model: tied_linear0: tied_linear() to 10,000 words shares the weights of an embedding, and there is none
// expect: before it; make words(length, vocabulary) the input and begin with embedding(width), or use linear()
// expect: [tied-without-embedding]
//
// A tied layer has no weights of its own: it uses those of the embedding before it, turned around.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto model = search_space("model", words(35, 10000), embedding(300), lstm(300), tied_linear(10000));
#else
inline constexpr auto model = search_space("model", sequence_of(35, 300), lstm(300), tied_linear(10000));
#endif

static_assert(valid<model>());
