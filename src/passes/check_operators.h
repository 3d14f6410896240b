// SPDX-License-Identifier: Apache-2.0
// Which operators of a graph paperkite does not have.
#pragma once

#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

// kUnsupportedModel with all unknown operators in one message: a user who converts a model needs the whole list.
[[nodiscard]] Status check_operators(const Graph& graph);

}  // namespace kite
