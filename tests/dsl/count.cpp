#include <espalier/dsl.hpp>

#include <spaces/darts.hpp>
#include <spaces/fashion.hpp>

namespace {

using namespace espalier::dsl;

template <std::size_t... N>
consteval cardinality count_of(expression<N> const&... parts) {
  auto const body = sequence(parts...);
  return count_architectures({"test", image(3, 32, 32), body.nodes});
}

// An unnamed decision is one per repetition, a named one is one.
static_assert(count_of(repeat(4, choice(conv(3), conv(5), conv(7)))) == 81);
static_assert(count_of(repeat(4, choice("op", conv(3), conv(5), conv(7)))) == 3);
static_assert(count_of(repeat(2, choice("op", conv(3), conv(5))), choice(conv(3), conv(7)),
                       choice("op", conv(3), conv(5))) == 4);
// A decision inside a branch that is not taken does not exist.
static_assert(count_of(choice(conv(3), block("two", choice(conv(3), conv(5)), choice(conv(3), conv(5), conv(7))))) ==
              7);
// Outside a cell, none() is an option like the others.
static_assert(count_of(choice(none(), conv(3))) == 2);

// One DARTS cell: prod over nodes of C(k, 2) 7^2 = 1,037,664,180.
constexpr auto cell_edge =
    choice(none(), max_pool(3), avg_pool(3), skip_connect(), sep_conv(3), sep_conv(5), dil_conv(3), dil_conv(5));
static_assert(count_of(repeat(3, cell("normal", nodes(4), keep(2), cell_edge)(16))) == 1'037'664'180);
static_assert(count<spaces::darts::cifar10>() == cardinality{1'037'664'180} * 1'037'664'180);

} // namespace
