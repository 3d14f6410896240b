// SPDX-License-Identifier: Apache-2.0
// Every pass by its function, one file each; what they are for stands in pipeline.cc. Each leaves a graph that is
// typed, verified and without dead nodes of its making, and returns how many rewrites it made.
#pragma once

#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

[[nodiscard]] Result<int> remove_dead(Graph& graph);
[[nodiscard]] Result<int> drop_identity(Graph& graph);
[[nodiscard]] Result<int> fold_constants(Graph& graph);
[[nodiscard]] Result<int> fold_batch_norm(Graph& graph);
[[nodiscard]] Result<int> fold_pad(Graph& graph);
[[nodiscard]] Result<int> normalise_forms(Graph& graph);
[[nodiscard]] Result<int> recognise_gelu(Graph& graph);
[[nodiscard]] Result<int> recognise_layer_norm(Graph& graph);
[[nodiscard]] Result<int> recognise_hard_swish(Graph& graph);
[[nodiscard]] Result<int> recognise_silu(Graph& graph);
[[nodiscard]] Result<int> recognise_global_pool(Graph& graph);
[[nodiscard]] Result<int> merge_attention_scale(Graph& graph);
[[nodiscard]] Result<int> to_linear(Graph& graph);
[[nodiscard]] Result<int> channels_last(Graph& graph);
[[nodiscard]] Result<int> move_transposes(Graph& graph);
[[nodiscard]] Result<int> simplify_reshapes(Graph& graph);
[[nodiscard]] Result<int> fuse_epilogue(Graph& graph);

}  // namespace kite
