// An operation, and a number of its own, that the library knows nothing of: docs/adding_an_operation.md.
#include <espalier/dsl.hpp>

namespace user {

using namespace espalier::dsl;

// [operation]
/// Ghost convolution (Han et al., CVPR 2020): of the channels, one in `ghosts` comes from a convolution, and the others
/// from a depthwise one of those.
struct ghost_conv {
  static constexpr std::string_view name = "ghost_conv";
  static constexpr kind_set takes = only(tensor_kind::image);
  kernel_size kernel = 1;
  channel_count channels = inherited;
  stride_length stride = inherited;
  reduction_ratio ghosts = 2;
  kernel_size cheap_kernel = 3;

  constexpr void reflect(attribute_visitor& visit) {
    visit("kernel", kernel)("channels", channels)("stride", stride)("ghosts", ghosts)("cheap_kernel", cheap_kernel);
  }

  [[nodiscard]] constexpr inferred_shape infer(shape const& in) const {
    if (!channels.is_multiple_of(ghosts))
      return fault{rule::parts_do_not_divide_channels, channels.low, ghosts.high};
    if (auto const cheap = operations::conv{cheap_kernel}.infer(in); cheap.problem)
      return cheap;
    return operations::conv{kernel, channels, stride}.infer(in);
  }
  // Every decision stands once where it can, so that the bounds are those of an architecture.
  [[nodiscard]] constexpr espalier::dsl::cost cost(shape const& in, shape const& out) const {
    quantity const cheap = cheap_kernel * cheap_kernel;
    quantity const weights = channels * cheap + channels / ghosts * (in.channels * kernel * kernel - cheap);
    return {weights, weights * out.height * out.width};
  }
};

namespace names {
struct ghosts {
  static constexpr std::string_view text = "ghosts";
};
struct cheap_kernel {
  static constexpr std::string_view text = "cheap_kernel";
};
} // namespace names
inline constexpr named_number<names::ghosts> ghosts{};
inline constexpr named_number<names::cheap_kernel> cheap_kernel{};

/// Ghost convolution; `channels`, `stride`, `ghosts` and `cheap_kernel` as named numbers.
template <class Kernel, class... Numbers>
constexpr auto ghost(Kernel size, Numbers... numbers) {
  return operation<ghost_conv>(kernel(size), numbers...);
}
// [operation]

// [use]
inline constexpr auto space =
    search_space("ghosts", image(3, 32, 32), conv(3, channels(16)), batch_norm(), relu(),
                 choice(conv(1, channels(32)), ghost(one_of(1, 3), channels(32), ghosts(one_of(2, 4)))),
                 global_avg_pool(), linear(10));

static_assert(count<space>() == 1 + 2 * 2);
static_assert(min_params<space>() == 3 * 16 * 9 + 2 * 16 + (8 * 16 + 24 * 9) + (32 * 10 + 10));
static_assert(max_params<space>() == 3 * 16 * 9 + 2 * 16 + (16 * 16 * 9 + 16 * 9) + (32 * 10 + 10));
// [use]

inline constexpr auto everywhere = search_space(
    "everywhere", image(3, 32, 32), conv(3, channels(16)), repeat(range(1, 3), ghost(3, cheap_kernel(one_of(3, 5)))),
    cell("cell", nodes(2), keep(2), choice(none(), skip_connect(), ghost(1), ghost(3, ghosts(4))), stride(2))(32));
static_assert(count<everywhere>() == (2 + 4 + 8) * (3 * 3) * (3 * 3 * 3));

template <std::size_t N>
constexpr rule broken(tensor_type input, expression<N> const& part) {
  auto const body = sequence(part);
  return check({"test", input, body.nodes}).problem.broken;
}
static_assert(broken(image(16, 32, 32), ghost(3, channels(32))) == rule::none);
static_assert(broken(image(16, 32, 32), ghost(3, channels(32), ghosts(3))) == rule::parts_do_not_divide_channels);
static_assert(broken(image(16, 32, 32), ghost(3, channels(30), ghosts(one_of(2, 4)))) ==
              rule::parts_do_not_divide_channels);
static_assert(broken(image(16, 32, 32), ghost(2)) == rule::even_kernel);
static_assert(broken(image(16, 32, 32), ghost(3, cheap_kernel(4))) == rule::even_kernel);
static_assert(broken(image(16, 32, 32), ghost(3, ghosts(0))) == rule::size_not_positive);
static_assert(broken(sequence_of(10, 16), linear(16)) == rule::none);
static_assert(broken(image(16, 1, 1), sequence(global_avg_pool(), ghost(3))) == rule::wrong_kind);

// Its numbers carry how smaller ones share the widest weights, and what a weight on every option means.
constexpr auto rules_of(std::string_view number) {
  auto const& declaration = declaration_of<ghost_conv>;
  return declaration.attributes[declaration.index_of(number)].rules;
}
static_assert(rules_of("cheap_kernel").slice == slicing::centre && rules_of("cheap_kernel").relax == relaxation::masks);
static_assert(rules_of("channels").slice == slicing::prefix && rules_of("ghosts").cost == trend::falls);

} // namespace user
