// SPDX-License-Identifier: Apache-2.0
// The networks as torchvision builds them, without what lies between their convolutions.
#include "kernels/bench/networks.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace kite {

namespace {

// Layers one after the other, the picture's side and channels carried along.
class Builder {
 public:
  explicit Builder(Activation activation) : activation_(activation) {}

  Builder& stem(int out, int kernel, int stride, int pad) {
    conv(out, kernel, stride, pad);
    layers_.back().input_planar = 1;
    return *this;
  }
  Builder& conv(int out, int kernel = 1, int stride = 1, int pad = 0, int groups = 1) {
    branch(out, kernel, stride, pad, groups);
    side_ = out_side(kernel, stride, pad);
    channels_ = out;
    return *this;
  }
  // Beside the main path: what follows starts where this started.
  Builder& branch(int out, int kernel = 1, int stride = 1, int pad = 0, int groups = 1) {
    const int to = out_side(kernel, stride, pad);
    layers_.push_back(ConvParams{.batch = 1,
                                 .in_h = side_,
                                 .in_w = side_,
                                 .in_c = channels_,
                                 .out_h = to,
                                 .out_w = to,
                                 .out_c = out,
                                 .kernel_h = kernel,
                                 .kernel_w = kernel,
                                 .stride_h = stride,
                                 .stride_w = stride,
                                 .dilation_h = 1,
                                 .dilation_w = 1,
                                 .pad_top = pad,
                                 .pad_left = pad,
                                 .groups = groups,
                                 .activation = {activation_, 0.0f, 6.0f}});
    return *this;
  }
  Builder& depthwise(int kernel, int stride) { return conv(channels_, kernel, stride, kernel / 2, channels_); }
  Builder& pool(int side) {
    side_ = side;
    return *this;
  }
  Builder& activation(Activation activation) {
    activation_ = activation;
    return *this;
  }
  [[nodiscard]] int channels() const { return channels_; }
  std::vector<LayerShape> take() { return std::move(layers_); }

 private:
  [[nodiscard]] int out_side(int kernel, int stride, int pad) const { return (side_ + 2 * pad - kernel) / stride + 1; }
  std::vector<LayerShape> layers_;
  int side_ = 224, channels_ = 3;
  Activation activation_;
};

struct Stage {
  int depth, width;
};

std::vector<LayerShape> regnet(const std::array<Stage, 4>& stages, int group_width) {
  Builder net(Activation::kRelu);
  net.stem(32, 3, 2, 1);
  for (const Stage& stage : stages) {
    for (int block = 0; block < stage.depth; ++block) {
      const int stride = block == 0 ? 2 : 1;
      if (block == 0) net.branch(stage.width, 1, 2);
      net.conv(stage.width).conv(stage.width, 3, stride, 1, stage.width / group_width).conv(stage.width);
    }
  }
  return net.take();
}

std::vector<LayerShape> resnet50() {
  Builder net(Activation::kRelu);
  net.stem(64, 7, 2, 3).pool(56);
  constexpr std::array<Stage, 4> kStages = {{{3, 64}, {4, 128}, {6, 256}, {3, 512}}};
  for (const Stage& stage : kStages) {
    for (int block = 0; block < stage.depth; ++block) {
      const int stride = block == 0 && stage.width > 64 ? 2 : 1;
      if (block == 0) net.branch(4 * stage.width, 1, stride);
      net.conv(stage.width).conv(stage.width, 3, stride, 1).conv(4 * stage.width);
    }
  }
  return net.take();
}

// One inverted bottleneck: 1x1 to `wide`, depthwise, 1x1 to `out`.
struct Bottleneck {
  int kernel, wide, out, stride;
  Activation activation;
};

std::vector<LayerShape> bottlenecks(Activation stem, int stem_out, std::span<const Bottleneck> blocks, int last) {
  Builder net(stem);
  net.stem(stem_out, 3, 2, 1);
  for (const Bottleneck& block : blocks) {
    net.activation(block.activation);
    if (block.wide != net.channels()) net.conv(block.wide);
    net.depthwise(block.kernel, block.stride).activation(Activation::kNone).conv(block.out);
  }
  return net.activation(stem).conv(last).take();
}

// `expand` times the channels inside, `depth` blocks of which the first has the stride.
struct Group {
  int expand, out, depth, stride, kernel;
};

std::vector<Bottleneck> expanded(std::span<const Group> groups, int channels, Activation activation) {
  std::vector<Bottleneck> blocks;
  for (const Group& group : groups) {
    for (int i = 0; i < group.depth; ++i) {
      blocks.push_back({group.kernel, channels * group.expand, group.out, i == 0 ? group.stride : 1, activation});
      channels = group.out;
    }
  }
  return blocks;
}

std::vector<LayerShape> mobilenet_v2() {
  constexpr Group kGroups[] = {{1, 16, 1, 1, 3}, {6, 24, 2, 2, 3},  {6, 32, 3, 2, 3}, {6, 64, 4, 2, 3},
                               {6, 96, 3, 1, 3}, {6, 160, 3, 2, 3}, {6, 320, 1, 1, 3}};
  return bottlenecks(Activation::kClip, 32, expanded(kGroups, 32, Activation::kClip), 1280);
}

std::vector<LayerShape> efficientnet_b0() {
  constexpr Group kGroups[] = {{1, 16, 1, 1, 3},  {6, 24, 2, 2, 3},  {6, 40, 2, 2, 5}, {6, 80, 3, 2, 3},
                               {6, 112, 3, 1, 5}, {6, 192, 4, 2, 5}, {6, 320, 1, 1, 3}};
  return bottlenecks(Activation::kSilu, 32, expanded(kGroups, 32, Activation::kSilu), 1280);
}

std::vector<LayerShape> mobilenet_v3_large() {
  constexpr Activation kRelu = Activation::kRelu, kHard = Activation::kHardSwish;
  constexpr Bottleneck kBlocks[] = {{3, 16, 16, 1, kRelu},   {3, 64, 24, 2, kRelu},   {3, 72, 24, 1, kRelu},
                                    {5, 72, 40, 2, kRelu},   {5, 120, 40, 1, kRelu},  {5, 120, 40, 1, kRelu},
                                    {3, 240, 80, 2, kHard},  {3, 200, 80, 1, kHard},  {3, 184, 80, 1, kHard},
                                    {3, 184, 80, 1, kHard},  {3, 480, 112, 1, kHard}, {3, 672, 112, 1, kHard},
                                    {5, 672, 160, 2, kHard}, {5, 960, 160, 1, kHard}, {5, 960, 160, 1, kHard}};
  return bottlenecks(kHard, 16, kBlocks, 960);
}

std::vector<LayerShape> convnext_tiny() {
  Builder net(Activation::kNone);
  net.stem(96, 4, 4, 0);
  constexpr std::array<Stage, 4> kStages = {{{3, 96}, {3, 192}, {9, 384}, {3, 768}}};
  for (const Stage& stage : kStages) {
    if (stage.width > 96) net.conv(stage.width, 2, 2);
    for (int block = 0; block < stage.depth; ++block) {
      net.depthwise(7, 1).activation(Activation::kGelu).conv(4 * stage.width);
      net.activation(Activation::kNone).conv(stage.width);
    }
  }
  return net.take();
}

// The dense layers over 197 tokens, which are put down as a picture one pixel wide.
std::vector<LayerShape> vit_b_16() {
  Builder net(Activation::kNone);
  net.stem(768, 16, 16, 0);
  std::vector<LayerShape> layers = net.take();
  for (int block = 0; block < 12; ++block) {
    const auto dense = [&](int in, int out, Activation activation) {
      layers.push_back(ConvParams{.in_h = 197, .in_c = in, .out_h = 197, .out_c = out, .activation = {activation}});
    };
    dense(768, 2304, Activation::kNone);
    dense(768, 768, Activation::kNone);
    dense(768, 3072, Activation::kGelu);
    dense(3072, 768, Activation::kNone);
  }
  return layers;
}

constexpr std::string_view kNames[] = {"regnet_x_400mf",     "regnet_y_16gf",   "resnet50",      "mobilenet_v2",
                                       "mobilenet_v3_large", "efficientnet_b0", "convnext_tiny", "vit_b_16"};

}  // namespace

std::span<const std::string_view> network_names() noexcept { return kNames; }

std::vector<LayerShape> network_layers(std::string_view name) {
  if (name == "regnet_x_400mf") return regnet({{{1, 32}, {2, 64}, {7, 160}, {12, 400}}}, 16);
  if (name == "regnet_y_16gf") return regnet({{{2, 224}, {4, 448}, {11, 1232}, {1, 3024}}}, 112);
  if (name == "resnet50") return resnet50();
  if (name == "mobilenet_v2") return mobilenet_v2();
  if (name == "mobilenet_v3_large") return mobilenet_v3_large();
  if (name == "efficientnet_b0") return efficientnet_b0();
  if (name == "convnext_tiny") return convnext_tiny();
  if (name == "vit_b_16") return vit_b_16();
  return {};
}

}  // namespace kite
