// SPDX-License-Identifier: Apache-2.0
// oneDNN as the judge of speed: what one layer takes there, in the layout of its choice.
#pragma once

#include <optional>

#include "kernels/bench/networks.h"

namespace kite {

// The least seconds of `repeats` runs on one thread, weights in cache and in oneDNN's own form, bias and a ReLU (where
// the layer has an activation at all) in the same call. nullopt where this program was built without oneDNN, or it
// refuses.
[[nodiscard]] std::optional<double> onednn_seconds(const LayerShape& layer, int repeats);

}  // namespace kite
