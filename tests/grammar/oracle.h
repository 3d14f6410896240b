// SPDX-License-Identifier: Apache-2.0
// What a model's outputs are in double precision, and how far rounding in float32 may move them.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "graph/graph.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::grammar {

// The model of `bytes` with every floating-point type promoted to float64, typed. No pass has touched it.
[[nodiscard]] Result<Graph> oracle_graph(std::span<const std::byte> bytes);
// The same in the model's own types.
[[nodiscard]] Result<Graph> plain_graph(std::span<const std::byte> bytes);

// Floating-point tensors as `to`; others are copied.
[[nodiscard]] std::vector<Tensor> with_floats_as(DType to, std::span<const TensorView> tensors);

// Computes the graph node by node with the portable operators. With `noise`, every result is moved by as much as the
// rounding of one careful float32 implementation of its operator may move it (Monte Carlo arithmetic: Parker 1997), at
// random. What such runs differ by is how far the graph carries the rounding of its nodes. `absolute`: the noise of
// functions as Sigmoid is that of an implementation whose error is relative to 1, not to the result: ONNX Runtime's.
// Then constants have noise, too, since they may have been folded.
[[nodiscard]] Result<std::vector<Tensor>> compute(Graph& graph, std::span<const TensorView> inputs,
                                                  std::mt19937_64* noise = nullptr, bool absolute = false);

// The largest magnitude of any number that compute() meets in a float64 graph: constants, inputs and what every node
// gives. Infinite where one of them is infinite or no number.
[[nodiscard]] Result<double> largest_number(Graph& graph, std::span<const TensorView> inputs);

}  // namespace kite::grammar
