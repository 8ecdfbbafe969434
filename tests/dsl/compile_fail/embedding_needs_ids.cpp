// expect: tagger: embedding0: embedding() reads the ids of words, not a sequence; make words(length, vocabulary) the
// expect: input and embedding(width) the first operation [embedding-needs-ids]
//
// An embedding looks up the vector of a word by its number. What already has features needs none: a linear layer gives
// it another width.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto tagger = search_space("tagger", words(35, 10000), embedding(128), lstm(256), linear(17));
#else
inline constexpr auto tagger = search_space("tagger", sequence_of(35, 300), embedding(128), lstm(256), linear(17));
#endif

static_assert(valid<tagger>());
