// SPDX-License-Identifier: Apache-2.0
// Whether another order of the channels, or a scale and an offset for each of them, explains why two pictures or input
// tensors differ.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "paperkite/tensor.h"

namespace kite::cli {

// theirs[c] = scale[c] * ours[from[c]] + offset[c], for each channel c.
struct ChannelFit {
  std::vector<int> from;
  std::vector<double> scale;
  std::vector<double> offset;

  [[nodiscard]] bool is_swapped() const noexcept;  // from is not 0, 1, 2
  [[nodiscard]] bool is_scaled() const noexcept;   // any scale is not 1, or any offset not 0
};

// `axis`: of the channels, of which there are 1 to 4. Channels in their own order are tried first, then reversed ones
// (RGB as BGR). nullopt where neither explains all elements to 2e-5 of the largest, and where ours has too few
// different numbers to tell.
[[nodiscard]] std::optional<ChannelFit> fit_channels(const TensorView& ours, const TensorView& theirs, int axis);

// A sentence for people: "theirs has the channels in the order B, G, R".
[[nodiscard]] std::string channel_text(const ChannelFit& fit);

}  // namespace kite::cli
