#pragma once

#include <spaces/amoebanet.hpp>
#include <spaces/attentive_nas.hpp>
#include <spaces/auto_former.hpp>
#include <spaces/big_nas.hpp>
#include <spaces/darts.hpp>
#include <spaces/darts_fashion.hpp>
#include <spaces/darts_rnn.hpp>
#include <spaces/enas.hpp>
#include <spaces/enas_rnn.hpp>
#include <spaces/fashion.hpp>
#include <spaces/fbnet.hpp>
#include <spaces/hybrid.hpp>
#include <spaces/metaqnn.hpp>
#include <spaces/mnasnet.hpp>
#include <spaces/mobile_fashion.hpp>
#include <spaces/nas_bench_101.hpp>
#include <spaces/nas_bench_201.hpp>
#include <spaces/nas_rl.hpp>
#include <spaces/nas_unet.hpp>
#include <spaces/nasnet.hpp>
#include <spaces/ofa_mobilenet_v3.hpp>
#include <spaces/pc_darts.hpp>
#include <spaces/pnas.hpp>
#include <spaces/proxylessnas.hpp>
#include <spaces/randwire.hpp>
#include <spaces/spos.hpp>
#include <spaces/spos_quantized.hpp>

#include <vector>

namespace spaces {

/// A shipped space, and what it is in a line.
struct listed_space {
  espalier::dsl::space_view space;
  std::string_view what;
};

/// Every shipped space: those that run on two cores first, then convolutional, recurrent, transformer and mixed ones.
inline std::vector<listed_space> const& all() {
  static std::vector<listed_space> const spaces{
      {fashion::cells.view(), "three DARTS-like cells of three nodes for 28x28 images, sized for 2 cores"},
      {fashion::blocks.view(), "SPOS-like: eight layers, each one of four blocks or left out (Guo et al., ECCV 2020)"},
      {darts_fashion::search.view(), "five cells of DARTS for 28x28 images, sized for 2 cores"},
      {mobile_fashion::supernet.view(), "AttentiveNAS-like: inverted bottlenecks of decided size for 28x28 images"},
      {darts::search.view(), "the 8 cells of 16 channels that DARTS searches on CIFAR-10 (Liu et al., ICLR 2019)"},
      {darts::cifar10.view(), "the 20 cells of 36 channels that DARTS trains on CIFAR-10"},
      {darts::imagenet.view(), "the 14 cells of 48 channels that DARTS trains on ImageNet"},
      {pc_darts::imagenet_search.view(),
       "the same cells, as PC-DARTS searches them on ImageNet (Xu et al., ICLR 2020)"},
      {nasnet::cifar10.view(), "cells of five blocks, 13 operations, two combiners (Zoph et al., CVPR 2018)"},
      {amoebanet::search.view(), "NASNet's cells with 8 operations (Real et al., AAAI 2019)"},
      {pnas::search.view(), "one cell of five blocks for both strides (Liu et al., ECCV 2018)"},
      {enas::micro.view(), "cells of five nodes and 5 operations (Pham et al., ICML 2018)"},
      {enas::macro.view(), "12 layers with any skips between them (Pham et al., ICML 2018)"},
      {nas_rl::cifar10.view(), "15 layers with anchors to all earlier ones (Zoph & Le, ICLR 2017)"},
      {metaqnn::cifar10.view(), "chains of up to 18 layers (Baker et al., ICLR 2017)"},
      {metaqnn::mnist.view(), "chains of up to 12 layers for 28x28 images (Baker et al., ICLR 2017)"},
      {nas_bench_101::cifar10.view(), "cells of up to 7 vertices and 9 edges (Ying et al., ICML 2019)"},
      {nas_bench_201::cifar10.view(), "cells of 6 edges with 5 operations (Dong & Yang, ICLR 2020)"},
      {nas_bench_201::cifar100.view(), "the same for 100 classes"},
      {nas_bench_201::imagenet16.view(), "the same for 16x16 images of 120 classes"},
      {nas_unet::promise12.view(), "a U-Net of downward and upward cells (Weng et al., IEEE Access 2019)"},
      {randwire::er.view(), "random wiring by Erdos and Renyi (Xie et al., ICCV 2019)"},
      {randwire::ba.view(), "random wiring by Barabasi and Albert (Xie et al., ICCV 2019)"},
      {randwire::ws.view(), "random wiring by Watts and Strogatz (Xie et al., ICCV 2019)"},
      {spos::blocks.view(), "20 layers, each one of four ShuffleNet blocks (Guo et al., ECCV 2020)"},
      {spos::channels_only.view(), "20 layers, each of one of ten widths (Guo et al., ECCV 2020)"},
      {spos::blocks_and_channels.view(), "both decided in every layer (Guo et al., ECCV 2020)"},
      {spos_quantized::resnet18.view(), "ResNet-18 with decided bits in every block (Guo et al., ECCV 2020)"},
      {big_nas::supernet.view(), "BigNAS' single-stage supernet (Yu et al., ECCV 2020)"},
      {attentive_nas::supernet.view(), "AttentiveNAS' supernet (Wang et al., CVPR 2021)"},
      {ofa_mobilenet_v3::supernet.view(), "Once-for-All around MobileNetV3 (Cai et al., ICLR 2020)"},
      {proxylessnas::imagenet.view(), "21 layers of MBConv blocks or none (Cai et al., ICLR 2019)"},
      {fbnet::imagenet.view(), "22 layers, each one of nine blocks (Wu et al., CVPR 2019)"},
      {mnasnet::factorized.view(), "five blocks, each with its own kind of layers (Tan et al., CVPR 2019)"},
      {darts_rnn::search.view(), "a recurrent cell of 8 nodes, 300 wide (Liu et al., ICLR 2019)"},
      {darts_rnn::ptb.view(), "the same, 850 wide"},
      {enas_rnn::ptb.view(), "a recurrent cell of 12 nodes (Pham et al., ICML 2018)"},
      {auto_former::tiny.view(),
       "vision transformers of decided width, depth, heads and MLPs (Chen et al., ICCV 2021)"},
      {hybrid::classifier.view(), "four stages, each convolutional, recurrent or a transformer"},
  };
  return spaces;
}

} // namespace spaces
