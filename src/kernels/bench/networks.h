// SPDX-License-Identifier: Apache-2.0
// The convolutions and dense layers of the networks that are measured, in the order in which they run.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "kernels/conv/conv_params.h"

namespace kite {

// A dense layer over tokens is a 1x1 convolution over as many pixels.
using LayerShape = ConvParams;

[[nodiscard]] std::span<const std::string_view> network_names() noexcept;

// For pictures of 224 x 224, batch 1. Empty for a name that is not in network_names().
[[nodiscard]] std::vector<LayerShape> network_layers(std::string_view name);

}  // namespace kite
