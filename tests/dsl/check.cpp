#include <espalier/dsl.hpp>

namespace {

using namespace espalier::dsl;

template <std::size_t... N>
consteval finding_list faults(tensor_type input, expression<N> const&... parts) {
  auto const body = sequence(parts...);
  return check_all({"test", input, body.nodes}).findings;
}

/// The first fault of a space.
template <std::size_t... N>
consteval fault found(tensor_type input, expression<N> const&... parts) {
  auto const body = sequence(parts...);
  return check({"test", input, body.nodes}).problem;
}
template <std::size_t First, std::size_t... N>
consteval fault found(input_expression<First> const& input, expression<N> const&... parts) {
  return found(input.type, input.first, parts...);
}

constexpr fault nothing{};
constexpr auto in = image(3, 32, 32);
constexpr auto stem16 = conv(3, channels(16));
constexpr auto edge_ops = choice(none(), skip_connect(), sep_conv(3));
constexpr auto normal = cell("normal", nodes(2), keep(2), edge_ops);
constexpr auto reduction = cell("reduction", nodes(2), keep(2), edge_ops, stride(2));

static_assert(found(in, stem16, normal(8), reduction(16), normal(16), global_avg_pool(), linear(10)) == nothing);

// Sizes.
static_assert(found(image(0, 32, 32), conv(3)) == fault{rule::size_not_positive, 0, 1});
static_assert(found(image(3, 2'000'000, 32), conv(3)) == fault{rule::number_too_large, 2'000'000, 1'048'576});
static_assert(found(in, conv(3, channels(-1))) == fault{rule::size_not_positive, -1, 1});
static_assert(found(in, conv(3, stride(-1))) == fault{rule::size_not_positive, -1, 1});
static_assert(found(in, repeat(0, conv(3))) == fault{rule::size_not_positive, 0, 1});
static_assert(found(in, repeat(5000, conv(3))) == fault{rule::number_too_large, 5000, 4096});
static_assert(found(in, upsample(1000), upsample(1000)).broken == rule::number_too_large);
static_assert(found(in, normal()) == fault{rule::size_not_positive, 0, 1});
static_assert(found(in, cell("c", nodes(0), keep(2), edge_ops)(8)) == fault{rule::size_not_positive, 0, 1});
static_assert(found(in, cell("c", nodes(65), keep(2), edge_ops)(8)) == fault{rule::number_too_large, 65, 64});
static_assert(found(in, quantized_conv(3, weight_bits(64))) == fault{rule::number_too_large, 64, 32});
static_assert(found(in, stem16, cell("c", nodes(2), keep(2), skip_connect(), stride(4))(8)) ==
              fault{rule::number_too_large, 4, 2});

// Kernels, windows and maps: the numbers are those of an option, wherever it stands among them.
static_assert(found(in, conv(4, channels(16))) == fault{rule::even_kernel, 4, 5});
static_assert(found(in, conv(one_of(3, 7, 12, 15))) == fault{rule::even_kernel, 12, 13});
static_assert(found(in, repeat(3, conv(one_of(3, 7, 12, 15)))) == fault{rule::even_kernel, 12, 13});
static_assert(found(in, transposed_conv(one_of(3, 4))) == fault{rule::even_kernel, 4, 5});
static_assert(found(in, conv(range(3, 9, step(2)))) == nothing);
static_assert(found(in, conv(1, dilation(2))) == fault{rule::dilated_point, 2, 1});
static_assert(found(image(3, 1, 1), max_pool(3, stride(2))) == fault{rule::stride_on_single_pixel, 1, 2});
static_assert(found(image(3, 1, 8), conv(3, stride(2))) == fault{rule::stride_on_single_pixel, 1, 2});
static_assert(found(image(3, 4, 4), avg_pool(7, padded(0))) == fault{rule::kernel_exceeds_map, 4, 7});
static_assert(found(image(3, resolution(128, 224, step(8))), patch_embedding(16, 8)) ==
              fault{rule::map_not_divisible, 136, 16});
static_assert(found(image(3, resolution(128, 224, step(32))), patch_embedding(16, 8)) == nothing);
// 28 -> 14 -> 7: the factorized reduction cannot halve a map of 7.
static_assert(found(image(3, 28, 28), stem16, reduction(8), reduction(8), reduction(8)) ==
              fault{rule::odd_map_halved, 7, 2});

// Divisors, in every combination.
static_assert(found(in, stem16, conv(3, groups(3))) == fault{rule::groups_do_not_divide_channels, 16, 3});
static_assert(found(in, stem16, conv(3, channels(20), groups(8))) == fault{rule::groups_do_not_divide_output, 20, 8});
static_assert(found(in, conv(1, channels(one_of(16, 24, 31, 32))), group_norm(8)) ==
              fault{rule::groups_do_not_divide_channels, 31, 8});
static_assert(found(in, conv(1, channels(8, 64, step(8))), group_norm(one_of(2, 4, 8))) == nothing);
static_assert(found(in, conv(1, channels(8)), group_norm(range(2, 4))) ==
              fault{rule::groups_do_not_divide_channels, 8, 3});
static_assert(found(in, conv(3, channels(15)), channel_part(0, 2)) == fault{rule::parts_do_not_divide_channels, 15, 2});
static_assert(found(in, stem16, squeeze_excite(32)) == fault{rule::squeeze_leaves_nothing, 16, 32});
static_assert(found(in, patch_embedding(4, one_of(192, 216, 240)), attention(one_of(3, 4, 5))) ==
              fault{rule::heads_do_not_divide_width, 192, 5});

// What a constraint promises holds: here 192 / 3, 192 / 4 and 240 / 5 remain, among others.
constexpr auto width = one_of("width", 192, 216, 240);
constexpr auto head_number = one_of("heads", 3, 4, 5);
static_assert(found(in, patch_embedding(4, width), attention(head_number)).broken == rule::heads_do_not_divide_width);
static_assert(found(in, patch_embedding(4, width), attention(head_number), where(width % head_number == 0)) == nothing);
static_assert(found(in, patch_embedding(4, width), attention(head_number),
                    where(width >= 216 && width % head_number == 0)) == nothing);
static_assert(found(in, patch_embedding(4, width), attention(head_number), where(width > 200)).broken ==
              rule::heads_do_not_divide_width);
// With its own width a head needs no divisor.
static_assert(found(in, patch_embedding(4, width), attention(head_number, head_width(64))) == nothing);

// Symbolic equality: one name is one number, two decisions are two, whatever their options.
constexpr auto free_width = one_of(16, 24);
constexpr auto same_width = one_of("width", 16, 24);
static_assert(found(in, sum(conv(1, channels(same_width)), conv(3, channels(same_width)))) == nothing);
static_assert(found(in, sum(conv(1, channels(2 * same_width)), conv(3, channels(same_width + same_width)))).broken ==
              rule::branches_disagree);
static_assert(found(in, sum(conv(1, channels(2 * same_width)), conv(3, channels(same_width * 2)))) == nothing);
static_assert(found(in, sum(conv(1, channels(free_width)), conv(3, channels(free_width)))) ==
              fault{rule::branches_disagree, 24, 16});
static_assert(found(in, concat(conv(1, channels(free_width)), conv(3, channels(free_width)))) == nothing);
static_assert(found(in, conv(1, channels(free_width)), residual(conv(3), batch_norm())) == nothing);
static_assert(found(in, conv(1, channels(8)), residual(conv(3, channels(free_width)))) ==
              fault{rule::branches_disagree, 16, 8});
static_assert(found(in, sum(conv(3, stride(2)), skip_connect())) == fault{rule::branches_disagree_in_size, 32, 16});
static_assert(found(in, sum(conv(3), global_avg_pool())) == fault{rule::branches_disagree_in_kind,
                                                                  static_cast<int>(tensor_kind::vector),
                                                                  static_cast<int>(tensor_kind::image)});
static_assert(found(in, sum(conv(3))) == fault{rule::single_branch, 1, 2});

// Kinds: positions are read as pixels and tokens, never as a vector.
static_assert(found(in, linear(10)) ==
              fault{rule::wrong_kind, static_cast<int>(tensor_kind::image), feature_last_kinds});
static_assert(found(in, global_avg_pool(), conv(3)).broken == rule::wrong_kind);
static_assert(found(in, attention(1), lstm(8), conv(3), last_step(), linear(10)) == nothing);
static_assert(found(words(8, 100), lstm(8)).broken == rule::wrong_kind);
static_assert(found(sequence_of(8, 16), embedding(8)).broken == rule::embedding_needs_ids);
static_assert(found(words(8, 100), embedding(8), lstm(8), tied_linear(100)) == nothing);
static_assert(found(words(8, 100), embedding(8), lstm(16), tied_linear(100)) ==
              fault{rule::tied_linear_disagrees, 16, 8});
static_assert(found(words(8, 100), embedding(8), lstm(8), tied_linear(99)) ==
              fault{rule::tied_linear_disagrees, 99, 100});
static_assert(found(sequence_of(8, 16), tied_linear(100)).broken == rule::tied_without_embedding);

// Numbers that are decisions.
static_assert(found(in, conv(one_of(3))) == fault{rule::single_option, 1, 2});
static_assert(found(in, conv(one_of(3, 5, 3))) == fault{rule::duplicate_number, 3, 0});
static_assert(found(in, conv(3, channels(64, 16, step(8)))) == fault{rule::range_reversed, 64, 16});
static_assert(found(in, conv(3, channels(16, 64, step(0)))) == fault{rule::range_step_not_positive, 0, 1});
static_assert(found(in, conv(3, channels(16, 60, step(8)))) == fault{rule::range_misses_end, 56, 60});
static_assert(found(in, conv(3, channels(range(1, 100'000)))) == fault{rule::number_too_large, 100'000, 1024});
static_assert(found(in, conv(3, channels(one_of(64, 80, 96, 100) / 32))) == fault{rule::division_not_exact, 80, 32});
static_assert(found(in, conv(3, channels(round_to(8, one_of(64, 80) / 32)))) == nothing);
static_assert(found(in, conv(3, channels(64 / one_of(0, 2)))) == fault{rule::size_not_positive, 0, 1});
static_assert(found(in, conv(3, channels(round_to(0, one_of(16, 24))))) == fault{rule::size_not_positive, 0, 1});
static_assert(found(in, conv(3, channels(16), bias(one_of(0, 1)))).broken == rule::fixed_number);
static_assert(found(in, conv(3, channels(width / head_number)), where(width % head_number == 0)) == nothing);

// Choices and subsets.
static_assert(found(in, choice(conv(3))) == fault{rule::empty_choice, 1, 2});
static_assert(found(in, choice(conv(3), conv(5), conv(3))) == fault{rule::duplicate_candidate, 2, 0});
static_assert(found(in, choice(block("a", conv(3)), block("a", conv(5)))) == fault{rule::candidate_name_reused, 1, 0});
static_assert(found(in, choice(conv(3, channels(16)), conv(5, channels(32)))) ==
              fault{rule::candidates_disagree, 32, 16});
static_assert(found(in, choice(conv(3), conv(5, stride(2)))) == fault{rule::candidates_disagree_in_size, 16, 32});
static_assert(found(sequence_of(8, 16), choice(lstm(8), sequence(lstm(8), last_step()))).broken ==
              rule::candidates_disagree_in_kind);
static_assert(found(sequence_of(8, 16), choice(lstm(8), sequence(attention(2), conv(1, channels(8))))) == nothing);
static_assert(found(in, any_of(at_least(3), conv(3), conv(5))) == fault{rule::subset_too_large, 3, 2});
static_assert(found(in, any_of(at_least(2), conv(3), conv(5))) == fault{rule::subset_decides_nothing, 2, 2});
static_assert(found(in, any_of(conv(3))) == fault{rule::subset_decides_nothing, 1, 1});
static_assert(found(in, any_of(at_least(-1), conv(3), conv(5))) == fault{rule::size_not_positive, -1, 0});

// Depths.
static_assert(found(in, stem16, repeat(range(2, 4), conv(3, stride(2)))) == fault{rule::depth_changes_size, 4, 8});
static_assert(found(in, stem16, repeat(3, conv(3, stride(2)))) == nothing);
static_assert(found(in, repeat(range(1, 3), block("double", conv(3, channels(2 * input_channels))))) ==
              fault{rule::depth_changes_channels, 12, 6});
static_assert(found(in, repeat(range(1, 3), conv(3, channels(16)))) == nothing);
static_assert(found(in, repeat(range(0, 3), conv(3, channels(16)))) == fault{rule::depth_changes_channels, 16, 3});
static_assert(found(in, stem16, repeat(range(0, 3), conv(3))) == nothing);

// Cells. The stride of an edge goes to the first operation that can stride, in whatever block.
static_assert(found(in, cell("c", nodes(1), keep(2), choice(block("deep", relu(), conv(3), conv(3)), max_pool(3)),
                             stride(2))(8)) == nothing);
static_assert(found(in, cell("c", nodes(2), keep(3), edge_ops)(8)) == fault{rule::keep_out_of_range, 3, 2});
static_assert(found(in, cell("c", nodes(2), keep(2), conv(3, channels(9)))(8)) ==
              fault{rule::edge_changes_shape, 9, 8});
static_assert(found(in, cell("c", nodes(2), keep(2), none())(8)) == fault{rule::only_none_to_choose, 0, 1});
static_assert(found(in, cell("c", nodes(2), keep(2), choice("op", conv(1), conv(3)))(8)).broken == rule::named_edge);
static_assert(found(in, cell("c", nodes(2), keep(2))(8)) == fault{rule::operations_out_of_range, 0, 3});
static_assert(found(in, graph_cell("c", nodes(2), max_edges(3))(8)) == fault{rule::operations_out_of_range, 0, 1});
static_assert(found(in, skip_chain("c", nodes(2))) == fault{rule::operations_out_of_range, 0, 1});
static_assert(found(in, cell("c", nodes(2), inputs(3), edge_ops)(8)) == fault{rule::cell_inputs_out_of_range, 3, 2});
static_assert(found(in, cell("c", nodes(2), keep_all, inputs(1), edge_ops)(8)) ==
              fault{rule::cell_changes_channels, 8, 3});
static_assert(found(in, cell("c", nodes(2), keep(2), add_or_concat, edge_ops)(8)) ==
              fault{rule::combines_without_picks, 0, 2});
static_assert(found(in, stem16, cell("c", nodes(2), keep(2), sep_conv(3), stride(4))(8), normal(8)) ==
              fault{rule::cell_inputs_disagree, 32, 8});
static_assert(found(in, stem16, reduction(8), normal(9)) == fault{rule::parts_do_not_divide_channels, 9, 2});
static_assert(found(in, graph_cell("c", nodes(2), max_edges(7), edge_ops)(8)) == fault{rule::edges_out_of_range, 7, 6});

// Chains and wirings.
static_assert(found(in, stem16, skip_chain("c", nodes(3), conv(3, channels(8)))) ==
              fault{rule::node_changes_shape, 8, 16});
static_assert(found(in, stem16, wiring(watts_strogatz(32, 5, 750), 1, 2, conv(3))) ==
              fault{rule::odd_neighbours, 5, 6});
static_assert(found(in, stem16, wiring(watts_strogatz(32, 40, 750), 1, 2, conv(3))) ==
              fault{rule::number_too_large, 40, 30});
static_assert(found(in, stem16, wiring(barabasi_albert(8, 8), 1, 2, conv(3))) == fault{rule::number_too_large, 8, 7});
static_assert(found(in, stem16, wiring(erdos_renyi(8, 1001), 1, 2, conv(3))) ==
              fault{rule::number_too_large, 1001, 1000});
static_assert(found(in, stem16, wiring(3, conv(3), wire(0, 1), wire(2, 1))) == fault{rule::edge_goes_backwards, 2, 1});
static_assert(found(in, stem16, wiring(3, conv(3), wire(0, 3))) == fault{rule::edge_out_of_range, 3, 2});
static_assert(found(in, stem16, wiring(3, conv(3), wire(0, 1), wire(0, 1))) == fault{rule::duplicate_edge, 0, 1});
static_assert(found(in, layer_chain(3, chain_layer("conv", after("begin"), conv(3)))).broken == rule::unknown_layer);
static_assert(found(in, layer_chain(3, chain_layer("conv", after("start"), conv(3)),
                                    chain_layer("pool", after("pool"), max_pool(3)))) ==
              fault{rule::layer_unreachable, 1, 2});
static_assert(found(in, layer_chain(3, chain_layer("conv", after("start"), conv(3)),
                                    chain_layer("conv", after("start"), conv(5)))) ==
              fault{rule::candidate_name_reused, 1, 0});
// An alternative that the shapes refuse at every place is a mistake; at some places it is no option.
static_assert(found(in, layer_chain(3, chain_layer("conv", after("start", "conv"), choice(conv(3), conv(4))))) ==
              fault{rule::even_kernel, 4, 5});
static_assert(found(in, layer_chain(9, chain_layer("pool", after("start", "pool"),
                                                   max_pool(2, stride(2), padded(0))))) == nothing);
static_assert(found(in, layer_chain(3, chain_layer("conv", after("start"), require(input_size > 64), conv(3))))
                  .broken == rule::constraint_never_holds);
static_assert(found(in, require(input_size > 64), conv(3)).broken == rule::condition_may_fail);

// Names.
static_assert(found(in, choice("op", conv(3), conv(5)), choice("op", conv(3), conv(5))) == nothing);
static_assert(found(in, choice("op", conv(3), conv(5)), choice("op", conv(3), conv(7))).broken == rule::name_reused);
static_assert(found(in, conv(one_of("op", 3, 5)), choice("op", conv(3), conv(7))).broken == rule::name_reused);
static_assert(found(in, block("two words", conv(3))) == fault{rule::malformed_name, ' ', 3});
static_assert(found(in, choice("choice0", conv(3), conv(5))).broken == rule::reserved_name);
constexpr auto shared_kernel = one_of("kernel", 3, 5);
static_assert(found(in, choice(conv(shared_kernel), max_pool(3)), conv(shared_kernel)).broken ==
              rule::shared_across_branches);
static_assert(found(in, conv(shared_kernel), choice(conv(shared_kernel), max_pool(3))) == nothing);
static_assert(found(in, choice(sequence(conv(shared_kernel), conv(shared_kernel)), max_pool(3))) == nothing);

// A body that may be left out is a branch too, and a branch that is repeated is taken anew each time.
static_assert(found(in, repeat(range(0, 2), conv(shared_kernel)), conv(shared_kernel)).broken ==
              rule::shared_across_branches);
static_assert(found(in, repeat(range(1, 2), conv(shared_kernel)), conv(shared_kernel)) == nothing);
static_assert(found(in, repeat(2, choice(conv(shared_kernel), max_pool(3)))).broken == rule::shared_across_branches);
static_assert(found(in, repeat(2, choice("op", conv(shared_kernel), max_pool(3)))) == nothing);
constexpr auto named_op = choice("op", conv(shared_kernel), max_pool(3));
static_assert(found(in, named_op, named_op) == nothing);
// Edges and layers decide for themselves; they may use what is decided before.
constexpr auto kernel_edge = choice(conv(shared_kernel), max_pool(3));
static_assert(found(in, cell("c", nodes(2), keep(2), kernel_edge)(8)).broken == rule::named_edge);
static_assert(found(in, conv(shared_kernel), cell("c", nodes(2), keep(2), kernel_edge)(8)) == nothing);
static_assert(found(in, layer_chain(3, chain_layer("conv", after("start", "conv"), conv(shared_kernel)))).broken ==
              rule::named_edge);
static_assert(found(in, cell("c", nodes(2), keep(2), conv(3))(one_of("cell_width", 8, 16))) == nothing);

// Constraints.
constexpr auto few = one_of("few", 8, 16);
constexpr auto many = one_of("many", 16, 32);
static_assert(found(in, conv(3, channels(few)), conv(3, channels(many)), where(few < many)) == nothing);
static_assert(found(in, conv(3, channels(few)), conv(3, channels(many)), where(few > many)) ==
              fault{rule::constraint_never_holds, 0, 4});
static_assert(found(in, conv(3, channels(few)), conv(3, channels(many)), where(few <= many)) ==
              fault{rule::constraint_always_holds, 4, 4});
static_assert(found(in, conv(3, channels(few)), conv(3, channels(many)), where(few == many), where(many > 16)) ==
              fault{rule::constraint_never_holds, 0, 4});
static_assert(found(in, conv(3, channels(few)), where(few < many)) == fault{rule::unused_decision, 2, 0});
static_assert(found(in, conv(3, channels(free_width)), where(free_width < 24)) ==
              fault{rule::constraint_reads_unnamed, 2, 0});
static_assert(found(in, conv(3, channels(few)), where(few < input_channels)).broken == rule::constraint_reads_input);
static_assert(found(in, stem16, choice(sequence(conv(1, channels(few)), conv(1, channels(16))), conv(3)),
                    where(few < 16))
                  .broken == rule::constraint_crosses_branches);
static_assert(found(in, stem16,
                    choice(sequence(conv(1, channels(few)), conv(1, channels(16)), where(few < 16)), conv(3))) ==
              nothing);

// Budgets: 3 x 3 x 3 x 16 and 5 x 5 x 3 x 16 weights.
static_assert(found(in, conv(one_of(3, 5), channels(16)), budget(params(431))) ==
              fault{rule::budget_below_minimum, 431, 432});
static_assert(found(in, conv(one_of(3, 5), channels(16)), budget(params(432))) == nothing);
static_assert(found(in, conv(one_of(3, 5), channels(16)), budget(params(1199))) == nothing);
static_assert(found(in, conv(one_of(3, 5), channels(16)), budget(params(1200))) ==
              fault{rule::budget_above_maximum, 1200, 1200});
static_assert(found(in, conv(one_of(3, 5), channels(16)), budget(macs(442'367))) ==
              fault{rule::budget_below_minimum, 442'367, 442'368});

// All faults at once, each with its place; what follows a broken operation is checked with its probable shape.
constexpr auto several = faults(in, conv(4, channels(16)), conv(3, groups(3)), linear(10), conv(3));
static_assert(several.count == 4);
static_assert(several.items[0].problem == fault{rule::even_kernel, 4, 5} && several.items[0].where == 1);
static_assert(several.items[1].problem == fault{rule::groups_do_not_divide_channels, 16, 3});
static_assert(several.items[2].problem.broken == rule::wrong_kind && several.items[2].where == 3);
static_assert(several.items[3].problem.broken == rule::wrong_kind && several.items[3].where == 4);
static_assert(faults(in, block("a b", choice(conv(3))), conv(one_of(3, 3))).count == 3);

} // namespace
