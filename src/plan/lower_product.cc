// SPDX-License-Identifier: Apache-2.0
// Products of matrices: with constant weights to the linear family, with two computed operands to matmul.
#include <limits>

#include "kernels/linear/linear.h"
#include "kernels/matmul/matmul.h"
#include "paperkite/try.h"
#include "plan/lowering.h"

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
  KITE_TRY_ASSIGN(const ActivationForm act, activation_of(node.attributes));
  const LinearParams params{static_cast<std::int32_t>(rows),
                            static_cast<std::int32_t>(features),
                            static_cast<std::int32_t>(out_features),
                            act.kind,
                            act.a,
                            act.b};
  const KernelInfo& kernel = select_linear(params, lowering.isa());
  const TensorView weights = *lowering.graph().value(node.inputs[1]).constant;
  const bool transposed = node.attributes.get_int("transposed", 0) != 0;
  const OperandId packed =
      lowering.constant(linear_packed_bytes(params, kernel), [params, &kernel, weights, transposed](std::byte* out) {
        pack_linear(params, kernel, weights.as<float>(), transposed, reinterpret_cast<float*>(out));
      });
  std::vector<OperandId> inputs{lowering.operand(node.inputs[0]), packed};
  for (std::size_t i = 2; i < 4; ++i) {
    inputs.push_back(lowering.operand(i < node.inputs.size() ? node.inputs[i] : kNoValue));
  }
  LoweredStep& step = lowering.step(id, kernel, params, std::move(inputs), {lowering.operand(node.outputs[0])});
  step.scratch_bytes = linear_scratch_bytes(params, kernel);
  step.max_parts = linear_max_parts(params);
  step.macs = static_cast<std::uint64_t>(rows * features * out_features);
  return true;
}

// The leading dimensions of an operand as one batch: either all of y's, or all 1 (one matrix for every batch).
// False for a broadcast that no single stride describes.
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
  const KernelInfo& kernel = select_matmul(params, lowering.isa());
  LoweredStep& step =
      lowering.step(id, kernel, params, {lowering.operand(node.inputs[0]), lowering.operand(node.inputs[1])},
                    {lowering.operand(node.outputs[0])});
  step.scratch_bytes = matmul_scratch_bytes(params, kernel);
  step.max_parts = matmul_max_parts(params);
  step.macs = static_cast<std::uint64_t>(batch * m * n * k);
  return true;
}

constexpr LowerRule kRules[] = {{kInternalDomain, "Linear", lower_linear}, {"", "MatMul", lower_matmul}};

}  // namespace

std::span<const LowerRule> product_rules() noexcept { return kRules; }

}  // namespace kite
