// SPDX-License-Identifier: Apache-2.0
// Whether a graph that was exported for one picture computes each picture of a larger batch by itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

// What has to change in a graph of batch 1 before it can be bound to another batch: constants, by name, that state the
// batch in a Reshape's target. Their first element becomes -1 or the batch.
struct BatchEdits {
  std::vector<std::string> reshape_targets;
  std::vector<int> axis_of;  // by value: the axis that counts pictures, -1 where the value has none
};

// Proves that the pictures of a batch do not influence each other. It follows the batch axis, axis 0 of every graph
// input, through a typed graph (infer_types() has run). Every operator on the way must be known to treat the
// entries of that axis independently, and it must be axis 0 of every graph output. kUnsupportedModel names the node
// where the proof fails.
[[nodiscard]] Result<BatchEdits> prove_batch(const Graph& graph);

// Opens axis 0 of the inputs of an untyped graph and makes the edits, for bind_inputs() with `batch`.
void open_batch(Graph& graph, const BatchEdits& edits, std::int64_t batch);

// After binding and inference with `batch`: checks that every value has the type that follows from the proof. `proved`
// is the typed graph of batch 1 that prove_batch() was given. kUnsupportedModel where a type differs.
[[nodiscard]] Status check_batch(const Graph& graph, const Graph& proved, const BatchEdits& edits, std::int64_t batch);

}  // namespace kite
