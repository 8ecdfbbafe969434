// expect: model: tied_linear0: tied_linear() has 200 features where the embedding, whose weights it shares, has 300;
// expect: give both the same, or use linear() [tied-linear-disagrees]
//
// The weights of the embedding have one row a word and one column a feature. A tied layer reads that many features and
// gives that many words.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

#ifdef CONTROL
inline constexpr auto width = one_of("width", 200, 300);
inline constexpr auto model =
    search_space("model", words(35, 10000), embedding(width), lstm(width), tied_linear(10000));
#else
inline constexpr auto model =
    search_space("model", words(35, 10000), embedding(300), lstm(one_of("width", 200, 300)), tied_linear(10000));
#endif

static_assert(valid<model>());
