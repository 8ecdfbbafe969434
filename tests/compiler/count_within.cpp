#include <espalier/compiler/count_within.hpp>
#include <espalier/compiler/error.hpp>

#include <spaces/darts.hpp>
#include <spaces/darts_rnn.hpp>
#include <spaces/enas.hpp>
#include <spaces/hybrid.hpp>
#include <spaces/nas_bench_101.hpp>
#include <spaces/nas_bench_201.hpp>
#include <spaces/nas_rl.hpp>
#include <spaces/nas_unet.hpp>
#include <spaces/nasnet.hpp>
#include <spaces/pnas.hpp>
#include <spaces/proxylessnas.hpp>
#include <spaces/randwire.hpp>
#include <spaces/spos.hpp>

#include "catch.hpp"

#include <algorithm>
#include <bit>
#include <set>
#include <vector>

using namespace espalier::dsl;
using Catch::Matchers::ContainsSubstring;
using espalier::user_error;
using espalier::compiler::count_within;

namespace {

using costs = std::vector<long long>;

/// Compares with the cost of every architecture, at and right below each.
template <class Budget>
void check_against(space_view space, costs const& all) {
  REQUIRE(count_architectures(space) == cardinality{all.size()});
  for (long long const cost : std::set<long long>(all.begin(), all.end()))
    for (long long const most : {cost - 1, cost})
      REQUIRE(count_within(space, Budget{most}) ==
              cardinality{static_cast<unsigned long long>(
                  std::count_if(all.begin(), all.end(), [&](long long c) { return c <= most; }))});
}

constexpr long long conv_weights(long long in, long long out, long long kernel) {
  return in * out * kernel * kernel;
}

} // namespace

TEST_CASE("architectures of SPOS' blocks within multiply-adds are counted to the last one") {
  auto const space = spaces::spos::blocks.view();
  CHECK(count_within(space, macs{290'000'000}) == cardinality{860'908'886});
  CHECK(count_within(space, macs{300'000'000}) == cardinality{12'813'969'298});
  CHECK(count_within(space, macs{319'000'000}) == cardinality{268'864'737'992});
  CHECK(count_within(space, macs{330'000'000}) == cardinality{647'824'128'008});
  CHECK(count_within(space, macs{360'000'000}) == cardinality{1'097'247'129'529});
}

TEST_CASE("every shipped space whose costs add up is counted whole where the budget does not bind") {
  constexpr long long unbounded = 1LL << 60;
  for (space_view const space :
       {spaces::spos::blocks.view(), spaces::spos::channels_only.view(), spaces::darts::cifar10.view(),
        spaces::darts::imagenet.view(), spaces::enas::macro.view(), spaces::nas_bench_201::cifar10.view(),
        spaces::pnas::search.view(), spaces::darts_rnn::ptb.view(), spaces::randwire::ws.view(),
        spaces::nas_unet::promise12.view(), spaces::proxylessnas::imagenet.view(), spaces::hybrid::classifier.view()}) {
    CAPTURE(space.name.stem());
    CHECK(count_within(space, macs{unbounded}) == count_architectures(space));
    CHECK(count_within(space, params{unbounded}) == count_architectures(space));
    CHECK(count_within(space) == count_architectures(space));
    CHECK(count_within(space, params{0}) == cardinality{});
  }
}

TEST_CASE("the least and the greatest cost of a space are its first and its last") {
  constexpr auto const& blocks = spaces::spos::blocks;
  CHECK(count_within(blocks.view(), macs{min_macs<blocks>() - 1}) == cardinality{});
  CHECK(count_within(blocks.view(), macs{min_macs<blocks>()}) == cardinality{1});
  CHECK(count_within(blocks.view(), macs{max_macs<blocks>()}) == count<blocks>());
  CHECK(count_within(blocks.view(), macs{max_macs<blocks>() - 1}) < count<blocks>());
  constexpr auto const& up_and_down = spaces::nas_unet::promise12;
  CHECK(count_within(up_and_down.view(), params{min_params<up_and_down>() - 1}) == cardinality{});
  CHECK(count_within(up_and_down.view(), params{min_params<up_and_down>()}) > cardinality{});
  constexpr auto const& cells = spaces::darts::cifar10;
  CHECK(count_within(cells.view(), params{min_params<cells>() - 1}) == cardinality{});
  CHECK(count_within(cells.view(), params{min_params<cells>()}) > cardinality{});
  CHECK(count_within(cells.view(), params{max_params<cells>()}) == count<cells>());
  CHECK(count_within(cells.view(), params{max_params<cells>() - 1}) < count<cells>());
}

TEST_CASE("choices and numbers of every operation count on their own") {
  static constexpr auto space =
      search_space("numbers", image(3, 8, 8), conv(one_of(1, 3), channels(range(4, 8, step(4)))),
                   choice(conv(3), conv(1, channels(inherited)), skip_connect()), global_avg_pool(), linear(10));
  costs weights;
  costs all;
  for (int const kernel : {1, 3})
    for (int const width : {4, 8})
      for (int const second : {3, 1, 0}) {
        auto const images = conv_weights(3, width, kernel) + conv_weights(width, width, second);
        weights.push_back(images + width * 10 + 10);
        all.push_back(64 * images + width * 10);
      }
  check_against<params>(space.view(), weights);
  check_against<macs>(space.view(), all);
}

TEST_CASE("a named number is one decision at all places, and constraints hold") {
  constexpr auto width = one_of("width", 4, 6, 8);
  constexpr auto heads = one_of("heads", 1, 2, 3);
  static constexpr auto space =
      search_space("names", image(3, 8, 8), where(width % heads == 0), conv(3, channels(width)),
                   conv(one_of(1, 3), channels(2 * width)), attention(heads, head_width(2)), conv(1, channels(width)),
                   global_avg_pool(), linear(10));
  costs all;
  for (int const w : {4, 6, 8})
    for (int const h : {1, 2, 3})
      for (int const kernel : {1, 3})
        if (w % h == 0)
          all.push_back(64 * (conv_weights(3, w, 3) + conv_weights(w, 2 * w, kernel) + 4 * (2 * w) * (2 * h) +
                              conv_weights(2 * w, w, 1)) +
                        w * 10);
  check_against<macs>(space.view(), all);
}

TEST_CASE("depth, resolution and the input of a block are followed") {
  static constexpr auto space =
      search_space("depths", image(3, resolution(8, 16, step(4))), conv(3, channels(one_of("width", 2, 4)), stride(2)),
                   repeat(range(1, 3), block("wide", conv(1, channels(one_of(2, 3) * input_channels)),
                                             conv(1, channels(one_of("width", 2, 4))))),
                   global_avg_pool(), linear(10));
  costs all;
  for (int const side : {8, 12, 16})
    for (int const width : {2, 4}) {
      auto const pixels = (side / 2) * (side / 2);
      for (int depth = 1; depth <= 3; ++depth)
        for (int wider = 0; wider < 1 << depth; ++wider) {
          long long one = conv_weights(3, width, 3);
          for (int k = 0; k < depth; ++k)
            one += 2LL * width * width * ((wider >> k & 1) + 2);
          all.push_back(pixels * one + width * 10);
        }
    }
  check_against<macs>(space.view(), all);
}

TEST_CASE("a named choice is decided once for all repetitions, with all that it holds") {
  static constexpr auto space =
      search_space("shared", image(4, 8, 8),
                   repeat(3, choice("operation", conv(one_of(1, 3)), conv(5), skip_connect())), conv(one_of(1, 3)));
  costs all;
  for (int const kernel : {1, 3, 5, 0})
    for (int const last : {1, 3})
      all.push_back(64 * (3 * conv_weights(4, 4, kernel) + conv_weights(4, 4, last)));
  check_against<macs>(space.view(), all);
}

TEST_CASE("the costs of a subset's members add up") {
  static constexpr auto space =
      search_space("subset", image(4, 8, 8), any_of(at_least(2), conv(1), conv(3), skip_connect(), conv(one_of(5, 7))));
  costs all;
  for (int chosen = 0; chosen < 16; ++chosen)
    for (int const last : {5, 7}) {
      bool const counts = std::popcount(static_cast<unsigned>(chosen)) >= 2 && ((chosen & 8) != 0 || last == 5);
      if (counts)
        all.push_back(64 * ((chosen & 1) * conv_weights(4, 4, 1) + (chosen >> 1 & 1) * conv_weights(4, 4, 3) +
                            (chosen >> 3 & 1) * conv_weights(4, 4, last)));
    }
  check_against<macs>(space.view(), all);
}

TEST_CASE("the edges of a cell cost what they cost at all its places") {
  static constexpr auto edge = choice(none(), conv(1), conv(3));
  static constexpr auto normal = cell("normal", nodes(2), keep(2), edge);
  static constexpr auto halving = cell("halving", nodes(2), keep(2), edge, stride(2));
  static constexpr auto space =
      search_space("cells", image(3, 8, 8), conv(3, channels(4)), repeat(2, normal(2)), halving(4), normal(4));
  long long const fixed = 64 * (conv_weights(3, 4, 3) + 2 * (4 * 2 + 4 * 2) + (4 * 4 + 4 * 4)) + 16 * (4 * 4 + 8 * 4);
  auto const kernel = [](int bits, int edge_number) { return (bits >> edge_number & 1) != 0 ? 3 : 1; };
  costs all;
  for (int kernels = 0; kernels < 16; ++kernels)
    for (int halving_kernels = 0; halving_kernels < 16; ++halving_kernels) {
      long long one = fixed;
      for (int e = 0; e < 4; ++e) {
        one += 2 * 64 * conv_weights(2, 2, kernel(kernels, e)) + 16 * conv_weights(4, 4, kernel(kernels, e));
        one += 16 * conv_weights(4, 4, kernel(halving_kernels, e));
      }
      all.insert(all.end(), 9, one); // a cell's second node keeps two of three sources, of which all cost the same
    }
  check_against<macs>(space.view(), all);
}

TEST_CASE("what a cell gives depends on which nodes no other node reads, what it costs on the inputs that are read") {
  static constexpr auto loose = cell("loose", nodes(2), picks(1), loose_ends, choice(skip_connect(), conv(1)));
  static constexpr auto space =
      search_space("ends", image(3, 8, 8), conv(3, channels(4)), loose(2), loose(2), global_avg_pool(), linear(10));
  costs all;
  for (int const read_by_first : {0, 1})
    for (int const read_by_second : {0, 1, 2}) // two inputs and the first node
      for (int const convs : {0, 1, 1, 2}) {
        int const ends = read_by_second == 2 ? 1 : 2;
        bool const reads_before = read_by_first == 0 || read_by_second == 0;
        bool const reads_now = read_by_first == 1 || read_by_second == 1;
        int const preprocessing = (reads_before ? 8 + 8 : 0) + (reads_now ? 8 + 4 * ends : 0);
        all.push_back(64 * (conv_weights(3, 4, 3) + preprocessing + 2 * convs * conv_weights(2, 2, 1)) + 20 * ends);
      }
  check_against<macs>(space.view(), all);
}

TEST_CASE("layers of a chain count where the chain allows them") {
  static constexpr auto space =
      search_space("chain", image(2, 8, 8),
                   layer_chain(2, chain_layer("conv", after("start", "conv"), choice(conv(1), conv(3))),
                               chain_layer("pool", after("conv"), max_pool(3, stride(2)))),
                   linear(10));
  costs all{1280}; // no layer
  for (int const a : {1, 3}) {
    all.push_back(64 * conv_weights(2, 2, a) + 1280);
    all.push_back(64 * conv_weights(2, 2, a) + 320);
    for (int const b : {1, 3})
      all.push_back(64 * (conv_weights(2, 2, a) + conv_weights(2, 2, b)) + 1280);
  }
  check_against<macs>(space.view(), all);
}

TEST_CASE("budgets that the space states hold besides the given one") {
  static constexpr auto space =
      search_space("budgets", image(2, 8, 8), conv(one_of(1, 3, 5)), conv(one_of(1, 3, 5), stride(2)),
                   budget(params(140)), budget(macs(5'000)));
  // Weights are 4, 36, 100 each; the second convolution runs at a quarter of the pixels.
  CHECK(count_within(space.view()) == cardinality{6});
  CHECK(count_within(space.view(), macs{1'000}) == cardinality{2});
  CHECK(count_within(space.view(), params{40}) == cardinality{3});
}

TEST_CASE("a stride that one place of a cell has is its own") {
  static constexpr auto one_cell = cell("cell", nodes(1), keep(2), choice(conv(1), conv(3)));
  static constexpr auto space =
      search_space("strides", image(4, 8, 8), one_cell(4), one_cell(4, stride(2)), global_avg_pool(), linear(10));
  costs all;
  for (int const a : {1, 3})
    for (int const b : {1, 3})
      all.push_back(4 * 64 * 16 + (64 + 16) * (conv_weights(4, 4, a) + conv_weights(4, 4, b)) + 40);
  check_against<macs>(space.view(), all);
}

TEST_CASE("where costs do not add up, the space is refused") {
  CHECK_THROWS_AS(count_within(spaces::nas_bench_101::cifar10.view(), macs{1}), user_error);
  CHECK_THROWS_WITH(count_within(spaces::nas_bench_101::cifar10.view(), macs{1}), ContainsSubstring("'cell'"));
  CHECK_THROWS_WITH(count_within(spaces::nas_rl::cifar10.view(), macs{1}), ContainsSubstring("concatenates"));

  static constexpr auto same = cell("same", nodes(1), keep(2), choice(conv(1), conv(3)));
  static constexpr auto moving = search_space("moving", image(3, 8, 8), conv(3, channels(one_of(4, 8))), same(4),
                                              conv(1, channels(one_of(4, 8))), same(4));
  CHECK_THROWS_WITH(count_within(moving.view(), macs{1}), ContainsSubstring("decisions without a name"));

  static constexpr auto broken = search_space("broken", image(3, 8, 8), conv(2));
  CHECK_THROWS_WITH(count_within(broken.view(), macs{1}), ContainsSubstring("even"));
}

TEST_CASE("named numbers that shape what a cell reads at several places are counted one after the other") {
  static constexpr auto same = cell("same", nodes(1), keep(2), choice(conv(1), conv(3)));
  constexpr auto width = one_of("width", 4, 8);
  static constexpr auto space = search_space("named-widths", image(3, 8, 8), conv(3, channels(width)), same(4),
                                             conv(1, channels(width)), same(4));
  costs all;
  for (int const w : {4, 8})
    for (int const a : {1, 3})
      for (int const b : {1, 3})
        all.push_back(
            64 * (conv_weights(3, w, 3) + 2 * 2 * w * 4 + 4 * w + 2 * (conv_weights(4, 4, a) + conv_weights(4, 4, b))));
  check_against<macs>(space.view(), all);
}

TEST_CASE("a count that would not end is refused") {
  CHECK_THROWS_WITH(count_within(spaces::nasnet::cifar10.view(), params{12'000'000}),
                    ContainsSubstring("nasnet-cifar10: architectures within a budget cannot be counted: they have too "
                                      "many different costs"));
}
