// SPDX-License-Identifier: Apache-2.0
// What the pass fuse_quantised is made of: each rule rewrites the node and returns true, or returns false and does not
// change the graph.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

// The numbers of a convolution of 8-bit x and constant w, in the order of QLinearConv's inputs; kNoValue for what is
// left out. Without y_scale the result is float32.
struct QConvForm {
  ValueId x = kNoValue, x_scale = kNoValue, x_zero = kNoValue;
  ValueId w = kNoValue, w_scale = kNoValue, w_zero = kNoValue;
  ValueId y_scale = kNoValue, y_zero = kNoValue;
  ValueId bias = kNoValue;                          // of one dimension
  std::optional<std::int64_t> low = {}, high = {};  // limits of y's 8 bits
};

// A value in 8 bits, or in 32 where it is a bias, with one scale or one for each index of `axis`.
struct Dequantised {
  ValueId q = kNoValue, scale = kNoValue, zero = kNoValue;
  int axis = -1;  // -1: one scale for all
};

// The DequantizeLinear that makes `id`, where its scale is a float32 constant that is not blocked.
[[nodiscard]] std::optional<Dequantised> as_dequantised(const Graph& graph, ValueId id);

// Puts the channels-last convolution in the place of `old`, the last node that it stands for, with Transposes around
// it. `conv` has the window. False where the window cannot be stated: other than two spatial axes.
[[nodiscard]] Result<bool> replace_with_qconv(Graph& graph, NodeId old, const Node& conv, const QConvForm& form);

[[nodiscard]] Result<bool> fuse_qlinear_conv(Graph& graph, NodeId id);        // qconv.cc: QLinearConv
[[nodiscard]] Result<bool> fuse_dynamic(Graph& graph, NodeId id);             // dynamic.cc: ConvInteger, MatMulInteger
[[nodiscard]] Result<bool> split_dynamic_product(Graph& graph, NodeId id);    // dynamic.cc: DynamicQuantizeMatMul
[[nodiscard]] Result<bool> split_attention_product(Graph& graph, NodeId id);  // real.cc: QLinearMatMul
[[nodiscard]] Result<bool> split_qlinear_softmax(Graph& graph, NodeId id);    // real.cc
[[nodiscard]] Result<bool> fuse_before_quantize(Graph& graph, NodeId id);     // qdq.cc: QuantizeLinear
[[nodiscard]] Result<bool> fuse_without_quantize(Graph& graph, NodeId id);    // qdq.cc: Conv, MatMul

}  // namespace kite
