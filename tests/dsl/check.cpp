#include <espalier/dsl.hpp>

namespace {

using namespace espalier::dsl;

template <std::size_t... N>
consteval rule broken(tensor_type input, expression<N> const&... parts) {
  auto const body = sequence(parts...);
  return check({"test", input, body.nodes}).problem.broken;
}

template <std::size_t... N>
consteval fault found(tensor_type input, expression<N> const&... parts) {
  auto const body = sequence(parts...);
  return check({"test", input, body.nodes}).problem;
}

constexpr auto in = image(3, 32, 32);
constexpr auto edge_ops = choice(none(), skip_connect(), sep_conv(3));
constexpr auto normal = cell("normal", nodes(2), keep(2), edge_ops);
constexpr auto reduction = cell("reduction", nodes(2), keep(2), edge_ops, stride(2));

static_assert(broken(in, conv(3, channels(16)), normal(8), reduction(16), normal(16), global_avg_pool(), linear(10)) ==
              rule::none);

static_assert(broken(image(0, 32, 32), conv(3)) == rule::size_not_positive);
static_assert(found(in, conv(4, channels(16))) == fault{rule::even_kernel, 4, 5});
static_assert(found(in, conv(3, channels(16)), conv(3, groups(3))) ==
              fault{rule::groups_do_not_divide_channels, 16, 3});
static_assert(broken(in, conv(3, channels(-1))) == rule::size_not_positive);
static_assert(broken(in, linear(10)) == rule::wrong_kind);
static_assert(broken(in, global_avg_pool(), conv(3)) == rule::wrong_kind);
static_assert(found(image(3, 1, 1), max_pool(3, stride(2))) == fault{rule::stride_on_single_pixel, 1, 2});
static_assert(found(in, choice(conv(3))) == fault{rule::empty_choice, 1, 2});
static_assert(found(in, choice(conv(3), conv(5), conv(3))) == fault{rule::duplicate_candidate, 2, 0});
static_assert(found(in, choice(conv(3, channels(16)), conv(5, channels(32)))) ==
              fault{rule::candidates_disagree, 32, 16});
static_assert(broken(in, choice(conv(3), conv(5, stride(2)))) == rule::candidates_disagree);
static_assert(broken(in, choice("op", conv(3), conv(5)), choice("op", conv(3), conv(5))) == rule::none);
static_assert(broken(in, choice("op", conv(3), conv(5)), choice("op", conv(3), conv(7))) == rule::name_reused);
static_assert(broken(in, cell("c", nodes(2), keep(3), edge_ops)(8)) == rule::keep_out_of_range);
static_assert(broken(in, cell("c", nodes(2), keep(2), conv(3, channels(9)))(8)) == rule::edge_changes_shape);
static_assert(broken(in, cell("c", nodes(0), keep(2), edge_ops)(8)) == rule::size_not_positive);
static_assert(broken(in, repeat(0, conv(3))) == rule::size_not_positive);
// 28 -> 14 -> 7 -> 4: the factorized reduction cannot halve a map of 7.
static_assert(broken(image(3, 28, 28), conv(3, channels(8)), reduction(8), reduction(8), reduction(8)) ==
              rule::odd_map_halved);

// The stride of a cell's edge goes to the first operation that can stride, in whatever block.
static_assert(broken(in, cell("c", nodes(1), keep(2), choice(block("deep", relu(), conv(3), conv(3)), max_pool(3)),
                              stride(2))(8)) == rule::none);

} // namespace
