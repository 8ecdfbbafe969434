// expect: vit: attention0: 192 features cannot be split over 5 heads; choose a width that is a multiple of the heads,
// expect: or say where(width % heads == 0) [heads-do-not-divide-width]
//
// Without a head_width() of its own, attention splits its input among the heads. Where both are decisions, every
// combination must divide; a constraint over the two names removes those that do not from the space.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

inline constexpr auto width = one_of("width", 192, 216, 240);
#ifdef CONTROL
inline constexpr auto vit =
    search_space("vit", image(3, 224, 224), patch_embedding(16, width), attention(one_of("heads", 3, 4, 5)),
                 global_avg_pool(), linear(1000), where(width % one_of("heads", 3, 4, 5) == 0));
#else
inline constexpr auto vit = search_space("vit", image(3, 224, 224), patch_embedding(16, width),
                                         attention(one_of("heads", 3, 4, 5)), global_avg_pool(), linear(1000));
#endif

static_assert(valid<vit>());
