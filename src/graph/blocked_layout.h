// SPDX-License-Identifier: Apache-2.0
// Models that ONNX Runtime saved with all of its optimisations. Its operators of the domain com.microsoft.nchwc work on
// tensors whose channels lie in blocks of 8 or 16 beside each other ([N, C/16, H, W, 16]), filled up with zeros to
// whole blocks, and on weights in the same order.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

// Puts standard operators and com.microsoft.FusedConv with plain weights in the place of those of com.microsoft.nchwc.
// `opset` is the model's version of the standard operators. Elementwise operators and Concat stay what they are: they
// do not see in which order the channels lie. kUnsupportedModel names a node that would see it.
//
// A file does not state the size of its blocks, which is that of the processor it was saved on. It follows from the
// channels of some models, and else from the weights: read with the wrong size, each filter is a mixture of two, so
// that the filters are more alike than they are. Where neither decides, the size is that of this processor, as ONNX
// Runtime would take it, and `warnings` says so.
[[nodiscard]] Status undo_blocked_layout(Graph& graph, int opset, std::vector<std::string>& warnings);

}  // namespace kite
