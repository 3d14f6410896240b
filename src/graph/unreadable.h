// SPDX-License-Identifier: Apache-2.0
// Values that hold what paperkite does not read (strings, float8 ...). They are no fault of the file: whatever does not
// need them can still be computed. A node of the internal domain, which no operator implements, stands for each.
#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

// The node that makes `outputs`, or would, were it not for `error`.
[[nodiscard]] Node make_unreadable(const Error& error, std::vector<ValueId> outputs);

// Why the outputs of such a node cannot be read; nothing for every other node.
[[nodiscard]] std::optional<Error> unreadable_error(const Node& node);

}  // namespace kite
