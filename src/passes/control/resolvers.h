// SPDX-License-Identifier: Apache-2.0
// The resolvers, one for each operator: see sweep.h.
#pragma once

#include "passes/control/sweep.h"

namespace kite {

[[nodiscard]] Status resolve_if(Sweep& sweep, NodeId id);
[[nodiscard]] Status resolve_loop(Sweep& sweep, NodeId id);
[[nodiscard]] Status resolve_scan(Sweep& sweep, NodeId id);
[[nodiscard]] Status resolve_sequence_map(Sweep& sweep, NodeId id);

[[nodiscard]] Status resolve_sequence_construct(Sweep& sweep, NodeId id);
[[nodiscard]] Status resolve_sequence_empty(Sweep& sweep, NodeId id);
[[nodiscard]] Status resolve_sequence_insert(Sweep& sweep, NodeId id);
[[nodiscard]] Status resolve_sequence_erase(Sweep& sweep, NodeId id);
[[nodiscard]] Status resolve_sequence_at(Sweep& sweep, NodeId id);
[[nodiscard]] Status resolve_sequence_length(Sweep& sweep, NodeId id);
[[nodiscard]] Status resolve_split_to_sequence(Sweep& sweep, NodeId id);
[[nodiscard]] Status resolve_concat_from_sequence(Sweep& sweep, NodeId id);

[[nodiscard]] Status resolve_optional(Sweep& sweep, NodeId id);
[[nodiscard]] Status resolve_optional_get_element(Sweep& sweep, NodeId id);
[[nodiscard]] Status resolve_optional_has_element(Sweep& sweep, NodeId id);

}  // namespace kite
