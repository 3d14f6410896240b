// SPDX-License-Identifier: Apache-2.0
// Standard operators as opsets 1 to 6 write them, and those that were soon replaced.
#pragma once

#include "graph/body.h"
#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

// The first opset that the rest of the engine knows.
inline constexpr int kUpgradedOpset = 7;

// Rewrites a standard node of an older opset as opset 7 writes it; Upsample as opset 9 does, and Scatter as
// ScatterElements. What it needs besides is added to the end of `body`, where `node` itself belongs next; `owner` keeps
// its tensors and has the budget. Errors carry no place: kUnsupportedModel where the node trains or a value is missing
// at import, kInvalidModel where an attribute makes no sense.
[[nodiscard]] Status upgrade(Graph& owner, Body& body, Node& node);

}  // namespace kite
