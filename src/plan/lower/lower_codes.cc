// SPDX-License-Identifier: Apache-2.0
// Lowers convolutions and dense layers in float32 whose weights were dequantised to the wconv family, so that they stay
// in 8 bits.
#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "kernels/wconv/wconv.h"
#include "plan/lower/lowering.h"

namespace kite {

namespace {

bool is_signed(const TensorView& q) {
  return q.type.dtype == DType::kInt8 || q.type.dtype == DType::kInt4 || q.type.dtype == DType::kInt2;
}

// Whether some zero is not what the packed codes are counted from.
bool has_zeros(const TensorView& zeros, bool of_signed) {
  if (zeros.data == nullptr) return !of_signed;
  const std::byte none{static_cast<unsigned char>(of_signed ? 0 : 128)};
  return std::any_of(zeros.data, zeros.data + zeros.type.size_bytes(), [none](std::byte zero) { return zero != none; });
}

// Input channels that share a scale, 0 for all; nullopt where the scales do not lie along output channels.
std::optional<std::int32_t> block_of(const Dequantisation& from, const ConvParams& params, int out_axis) {
  if (from.axis < 0 || (from.axis == out_axis && from.block == 0)) return 0;
  const bool is_matrix = params.kernel_h == 1 && params.kernel_w == 1 && params.groups == 1;
  if (from.axis != 1 - out_axis || from.block == 0 || !is_matrix) return std::nullopt;
  return from.block >= params.in_c ? 0 : static_cast<std::int32_t>(from.block);
}

}  // namespace

bool lower_with_codes(Lowering& lowering, NodeId id, const ConvFamily& family, const ConvParams& conv,
                      WeightOrder order) {
  const Node& node = lowering.graph().node(id);
  const auto from = lowering.graph().value(node.inputs[1]).dequantised;
  if (from == nullptr) return false;
  const bool input_first = order == WeightOrder::kInputFirst;
  const auto block = block_of(*from, conv, input_first ? 1 : 0);
  if (!block) return false;
  const CodedWeights weights{.codes = from->q.data,
                             .scales = reinterpret_cast<const float*>(from->scales.data),
                             .zeros = from->zeros.data,
                             .is_signed = is_signed(from->q),
                             .one_scale = from->axis < 0,
                             .input_first = input_first};
  const WConvParams params{.conv = conv,
                           .base = kWConv.base_of(family),
                           .block = *block,
                           .has_zeros = has_zeros(from->zeros, weights.is_signed) ? 1 : 0,
                           .reserved = 0};
  const Kernel& kernel = kWConv.best_kernel(lowering.target());
  WConvParams shape = params;
  shape.conv.activation = {};
  std::string key(reinterpret_cast<const char*>(&shape), sizeof shape);
  key.append(reinterpret_cast<const char*>(&kernel.id), sizeof kernel.id);
  key += input_first ? "columns" : "rows";
  const auto with = [&key](const void* data) {
    return key + std::string(reinterpret_cast<const char*>(&data), sizeof data);
  };
  const OperandId packed = lowering.made_constant(
      with(weights.codes), kWConv.packed_bytes(params), [params, weights, from, &kernel](std::byte* out) {
        kWConv.pack(params, kernel, weights, reinterpret_cast<std::int8_t*>(out));
      });
  const OperandId table = lowering.made_constant(
      with(weights.scales) + with(weights.zeros), kWConv.table_bytes(params),
      [params, weights, from](std::byte* out) { kWConv.fill_table(params, weights, reinterpret_cast<float*>(out)); });
  std::vector<OperandId> inputs = lowering.product_inputs(node, packed);
  inputs.push_back(table);
  lowering.step(id, kWConv, params, std::move(inputs), {lowering.operand(node.outputs[0])});
  return true;
}

}  // namespace kite
