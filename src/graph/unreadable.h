// SPDX-License-Identifier: Apache-2.0
// Values of types that paperkite does not read (strings, float8 ...). They do not make the file invalid:
// outputs that do not need them can still be computed. Each such value is made by a node of the internal domain
// that has no operator.
#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

// A node in the place of the one that would make `outputs`; `error` says why they cannot be read.
[[nodiscard]] Node make_unreadable(const Error& error, std::vector<ValueId> outputs);

// Why the outputs of such a node cannot be read; nullopt for every other node.
[[nodiscard]] std::optional<Error> unreadable_error(const Node& node);

}  // namespace kite
