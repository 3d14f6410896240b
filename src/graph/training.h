// SPDX-License-Identifier: Apache-2.0
// Whether a node computes as it does while a network is trained, so that one picture of a batch changes the others.
#pragma once

#include <cstddef>

#include "graph/graph.h"

namespace kite {

// Of a BatchNormalization: whether it uses the mean and variance of its input instead of those that it is given. That
// is training_mode since opset 14, and more than one output before. `outputs` counts those that are not left out.
[[nodiscard]] bool uses_batch_statistics(const Attributes& attributes, int opset, std::ptrdiff_t outputs) noexcept;
[[nodiscard]] bool uses_batch_statistics(const Node& node) noexcept;

}  // namespace kite
