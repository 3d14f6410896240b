// SPDX-License-Identifier: Apache-2.0
// Whether the times of one process have two modes.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace kite::race {

struct TwoModes {
  double low = 0, high = 0;                           // centres, in the series' unit
  double low_share = 0;                               // of the samples
  double separation = 0;                              // Ashman's D
  std::size_t boundary_crossings = 0;                 // how often the series changes between the two
  std::size_t first_crossing = 0, last_crossing = 0;  // index of the sample after it
};

// A mixture of two normals of ln x by expectation-maximisation (Dempster, Laird & Rubin 1977), started from the split
// with the least squared error. Two modes only if Ashman's D is above 2, "clean separation" (Ashman, Bird & Zepf 1994),
// each has at least a tenth of the samples, and the fitted density between the centres falls below 0.6 of the lower
// peak (equal modes at D = 3.2), so that a long tail is not taken for a mode. A uniform distribution is often taken for
// two modes. No value otherwise, or with fewer than 20 samples. Values are positive; their order matters
// only for the crossings.
[[nodiscard]] std::optional<TwoModes> two_modes(std::span<const double> series);

}  // namespace kite::race
