// expect: vit: where0/equal0/remainder0/heads: the constraint reads a decision among 2 numbers that 0 operations use;
// expect: use it in an operation, or spell its name as there [unused-decision]
//
// A constraint restricts decisions that operations make. A misspelt name would silently be another one.
#include <espalier/dsl.hpp>
using namespace espalier::dsl;

inline constexpr auto width = one_of("width", 192, 216, 240);
#ifdef CONTROL
inline constexpr auto vit = search_space("vit", image(3, 224, 224), patch_embedding(16, width),
                                         attention(one_of("heads", 3, 5)), where(width % one_of("heads", 3, 5) == 0));
#else
inline constexpr auto vit = search_space("vit", image(3, 224, 224), patch_embedding(16, width), attention(3),
                                         where(width % one_of("heads", 3, 4) == 0));
#endif

static_assert(valid<vit>());
