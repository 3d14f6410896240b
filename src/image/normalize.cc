// SPDX-License-Identifier: Apache-2.0
// The tables, and the walk over pixels that applies them.
#include "image/normalize.h"

#include <cstddef>

namespace kite {

ChannelTables make_tables(const Normalization& normalization) noexcept {
  ChannelTables tables;
  for (std::size_t c = 0; c < 3; ++c) {
    const auto mean = static_cast<float>(normalization.mean[c]);
    const auto deviation = static_cast<float>(normalization.std[c]);
    for (std::size_t v = 0; v < 256; ++v) {
      const float unit = normalization.arithmetic == Arithmetic::kTorchvision
                             ? static_cast<float>(v) / 255.0F
                             : static_cast<float>(static_cast<double>(v) * normalization.rescale);
      tables[c][v] = (unit - mean) / deviation;
    }
  }
  return tables;
}

Tensor to_tensor(const Image& image, const ChannelTables& tables, ChannelOrder order, TensorLayout layout) {
  const std::int64_t pixels = image.width() * image.height();
  const bool planar = layout == TensorLayout::kNchw;
  Tensor tensor(DType::kFloat32,
                planar ? Shape{1, 3, image.height(), image.width()} : Shape{1, image.height(), image.width(), 3});
  const std::uint8_t* const from = image.row(0);
  for (std::int64_t c = 0; c < 3; ++c) {
    const std::int64_t source = order == ChannelOrder::kRgb ? c : 2 - c;
    const float* const table = tables[static_cast<std::size_t>(c)].data();
    float* const to = tensor.as<float>() + (planar ? c * pixels : c);
    const std::int64_t step = planar ? 1 : 3;
    for (std::int64_t i = 0; i < pixels; ++i) to[i * step] = table[from[3 * i + source]];
  }
  return tensor;
}

}  // namespace kite
