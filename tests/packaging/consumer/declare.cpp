#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/dsl.hpp>

#include <cstdio>

using namespace espalier::dsl;

inline constexpr auto layer = choice(conv(3, channels(8)), sep_conv(3), skip_connect());
inline constexpr auto tiny = search_space("tiny", image(3, 8, 8), conv(3, channels(8)), batch_norm(), layer, layer,
                                          global_avg_pool(), linear(10));
static_assert(count<tiny>() == 9);

int main() {
  std::puts(espalier::compiler::print(espalier::compiler::lower(tiny.view())).c_str());
}
