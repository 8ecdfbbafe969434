#pragma once

#include <espalier/dsl.hpp>

/// RandWire (Xie, Kirillov, Girshick, He, ICCV 2019, section 3 and table 1, small regime): three stages, each a graph
/// of 32 nodes that a random generator draws.
namespace spaces::randwire {

using namespace espalier::dsl;

inline constexpr auto seeds = range("seed", 1, 5);

// clang-format off
template <class Seed>
constexpr auto stage(graph_generator const& generator, Seed const& seed, int width) {
  return wiring(generator, seed, 2,
                block("node", relu(), depthwise_conv(3), conv(1, channels(width)), batch_norm()));
}

/// Five networks of one generator, each of three graphs.
constexpr auto network(label name, graph_generator const& generator) {
  return search_space(name, image(3, 224, 224),
      conv(3, channels(39), stride(2)), batch_norm(), relu(), conv(3, channels(78), stride(2)), batch_norm(),
      stage(generator, seeds, 78), stage(generator, seeds + 5, 156), stage(generator, seeds + 10, 312),
      relu(), conv(1, channels(1280)), batch_norm(), relu(), global_avg_pool(), linear(1000));
}
// clang-format on
inline constexpr auto er = network("randwire-er", erdos_renyi(32, 200));
inline constexpr auto ba = network("randwire-ba", barabasi_albert(32, 5));
inline constexpr auto ws = network("randwire-ws", watts_strogatz(32, 4, 750));

static_assert(count<er>() == 5);
static_assert(count<ba>() == 5);
static_assert(count<ws>() == 5);

// Of Barabasi and Albert, every graph costs the same.
static_assert(min_params<ba>() == 5'677'900 && max_params<ba>() == 5'677'900);
static_assert(min_macs<ba>() == 583'760'444 && max_macs<ba>() == 583'760'444);

} // namespace spaces::randwire
