// SPDX-License-Identifier: Apache-2.0
// The function of every pass, each in a file of its own; pipeline.cc says what each is for. Each returns how many
// rewrites it made. After it the graph is typed, passes verify(), and has no dead nodes that the pass made.
#pragma once

#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

[[nodiscard]] Result<int> remove_dead(Graph& graph);
[[nodiscard]] Result<int> drop_identity(Graph& graph);
[[nodiscard]] Result<int> fold_constants(Graph& graph);
// The constants that fold_constants leaves in 8 bits: those that DequantizeLinear makes, and what depends on them.
[[nodiscard]] Result<int> fold_dequantised(Graph& graph);
[[nodiscard]] Result<int> fuse_quantised(Graph& graph);
[[nodiscard]] Result<int> decompose(Graph& graph);
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
