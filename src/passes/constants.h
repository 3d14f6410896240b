// SPDX-License-Identifier: Apache-2.0
// Reads and makes constants: floating point through double, and the same elements under another shape.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "paperkite/tensor.h"

namespace kite {

// Whether the budget still has `bytes` for the copy of a constant. Only models in which a thousand nodes share one
// large weight, and each node would need its own version of it, use the budget up.
[[nodiscard]] bool may_copy(const Graph& graph, std::int64_t bytes);

// The elements of a float32 or float64 tensor, which may lie unaligned.
[[nodiscard]] std::vector<double> read_doubles(const TensorView& view);

// A constant of `dtype` (float32 or float64), each element rounded once.
[[nodiscard]] ValueId add_float_constant(Graph& graph, std::string name, DType dtype, const Shape& shape,
                                         std::span<const double> values);

// The matrix-like constant `id` with each row (everything under one index of axis 0) or each column (one index of the
// last of two axes) times its factor. Every product is rounded once. Where the constant was dequantised, its scales are
// multiplied instead, as far as they lie along the factors, and it is dequantised again.
enum class Factors : std::uint8_t { kOfRows, kOfColumns };
[[nodiscard]] ValueId add_scaled_constant(Graph& graph, std::string name, ValueId id, std::span<const double> factors,
                                          Factors which);

// What a DequantizeLinear of constants in at most 8 bits, with float32 scales, makes its result of; null for others.
[[nodiscard]] std::shared_ptr<const Dequantisation> dequantisation_of(const Graph& graph, const Node& node);

// A one-dimensional int64 constant: axes, shapes, pads.
[[nodiscard]] ValueId add_int_constant(Graph& graph, std::string name, std::span<const std::int64_t> values);

// The constant `id` with another shape of as many elements. Nothing is copied; `id` itself when it
// has that shape already.
[[nodiscard]] ValueId constant_as(Graph& graph, ValueId id, const Shape& shape);

// out[i0, i1, ...] = in[indices permuted], out.dim[i] = in.dim[perm[i]]; for elements of any size.
[[nodiscard]] Tensor permuted(const TensorView& in, std::span<const int> perm);

}  // namespace kite
