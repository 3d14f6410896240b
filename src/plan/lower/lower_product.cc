// SPDX-License-Identifier: Apache-2.0
// Lowers products of matrices: a product with constant weights is a convolution of one tap, a product of two computed
// operands goes to the matmul family.
#include <limits>

#include "kernels/conv/conv.h"
#include "kernels/matmul/matmul.h"
#include "paperkite/try.h"
#include "plan/lower/lowering.h"

namespace kite {

namespace {

constexpr std::int64_t kMaxDim = std::numeric_limits<std::int32_t>::max();

Result<bool> lower_linear(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const Shape& x = lowering.shape(node.inputs[0]);
  const Shape& y = lowering.shape(node.outputs[0]);
  if (lowering.type(node.inputs[0]).dtype != DType::kFloat32 || !lowering.graph().is_constant(node.inputs[1]) ||
      x.elements() == 0 || y.elements() == 0) {
    return false;
  }
  const std::int64_t features = x[x.rank() - 1];
  const std::int64_t rows = x.elements() / features;
  const std::int64_t out_features = y[y.rank() - 1];
  if (rows > kMaxDim || features > kMaxDim || out_features > kMaxDim) return false;
  KITE_TRY_ASSIGN(const ActivationForm activation, activation_of(node.attributes));
  // A 1x1 convolution over a row of pixels.
  const ConvParams params{.in_w = static_cast<std::int32_t>(rows),
                          .in_c = static_cast<std::int32_t>(features),
                          .out_w = static_cast<std::int32_t>(rows),
                          .out_c = static_cast<std::int32_t>(out_features),
                          .activation = activation};
  const WeightOrder order =
      node.attributes.get_int("transposed", 0) != 0 ? WeightOrder::kOutputFirst : WeightOrder::kInputFirst;
  if (lower_with_codes(lowering, id, kConv, params, order)) return true;
  const OperandId packed = lowering.packed_weights(node.inputs[1], order, kConv, params);
  lowering.step(id, kConv, params, lowering.product_inputs(node, packed), {lowering.operand(node.outputs[0])});
  return true;
}

// The leading dimensions of an operand as one batch: they equal y's, or are all 1 (one matrix for every batch). False
// for a broadcast that one stride cannot describe.
bool batch_stride(const Shape& operand, const Shape& y, std::int64_t matrix_elements, std::int64_t& stride) {
  const std::int64_t batch = y.elements(0, y.rank() - 2);
  const std::int64_t own = operand.elements(0, operand.rank() - 2);
  if (own == 1) {
    stride = 0;
    return true;
  }
  stride = matrix_elements;
  return own == batch;
}

Result<bool> lower_matmul(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const Shape& a = lowering.shape(node.inputs[0]);
  const Shape& b = lowering.shape(node.inputs[1]);
  const Shape& y = lowering.shape(node.outputs[0]);
  if (lowering.type(node.inputs[0]).dtype != DType::kFloat32 || a.rank() < 2 || b.rank() < 2 || y.elements() == 0 ||
      a.elements() == 0) {
    return false;
  }
  const std::int64_t batch = y.elements(0, y.rank() - 2);
  const std::int64_t m = y[y.rank() - 2];
  const std::int64_t n = y[y.rank() - 1];
  const std::int64_t k = a[a.rank() - 1];
  MatmulParams params{};
  if (batch > kMaxDim || m > kMaxDim || n > kMaxDim || k > kMaxDim ||
      !batch_stride(a, y, m * k, params.a_batch_stride) || !batch_stride(b, y, k * n, params.b_batch_stride)) {
    return false;
  }
  params.batch = static_cast<std::int32_t>(batch);
  params.m = static_cast<std::int32_t>(m);
  params.n = static_cast<std::int32_t>(n);
  params.k = static_cast<std::int32_t>(k);
  lowering.step(id, kMatmul, params, {lowering.operand(node.inputs[0]), lowering.operand(node.inputs[1])},
                {lowering.operand(node.outputs[0])});
  return true;
}

constexpr LowerRule kProductRules[] = {{kInternalDomain, "Linear", lower_linear}, {"", "MatMul", lower_matmul}};

}  // namespace

std::span<const LowerRule> product_rules() noexcept { return kProductRules; }

}  // namespace kite
