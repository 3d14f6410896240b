// SPDX-License-Identifier: Apache-2.0
// The machine's own multiply-add peak: what every share of peak is measured against.
#pragma once

#include "kernels/target.h"

namespace kite {

// GFLOP/s (a multiply-add is two) of one thread in registers only: the best of several short runs, because whatever
// disturbs one can only make it slower. Takes about 20 ms.
[[nodiscard]] double measure_peak_gflops(const Target& target);

}  // namespace kite
