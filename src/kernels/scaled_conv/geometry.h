// SPDX-License-Identifier: Apache-2.0
// How a 1x1 convolution of scaled channels is computed. Decided outside the kernels, which read it.
#pragma once

#include <cstdint>

namespace kite {

// Of a call, for all shares.
struct ScaledConvWalk {
  std::int64_t panels;
  std::int64_t unit, units;  // pixels that are shared out together, and how many such there are
  std::int64_t band;         // pixels for one filling of the scratch
};

}  // namespace kite
