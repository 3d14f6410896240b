// SPDX-License-Identifier: Apache-2.0
// Lowers elementwise operators on 8-bit numbers to the bytes family, and their pooling to the qpool family.
#include <algorithm>
#include <cstring>
#include <optional>

#include "kernels/bytes/bytes.h"
#include "kernels/qpool/qpool.h"
#include "ops/quantization.h"
#include "passes/match.h"
#include "plan/lower/lowering.h"

namespace kite {

namespace {

bool is_8_bit(const Lowering& lowering, ValueId id) {
  return lowering.type(id).dtype == DType::kUInt8 || lowering.type(id).dtype == DType::kInt8;
}

std::int32_t is_signed(const Lowering& lowering, ValueId id) { return lowering.type(id).dtype == DType::kInt8 ? 1 : 0; }

// One scale and one zero point that are constants.
struct Numbers {
  float scale = 1;
  std::int32_t zero = 0;
};
std::optional<Numbers> read_numbers(const Lowering& lowering, ValueId scale, ValueId zero) {
  const Graph& graph = lowering.graph();
  if (!graph.is_constant(scale) || lowering.type(scale).dtype != DType::kFloat32 ||
      lowering.shape(scale).elements() != 1) {
    return std::nullopt;
  }
  if (!constant_or_absent(graph, zero) || (zero != kNoValue && lowering.shape(zero).elements() != 1))
    return std::nullopt;
  Numbers numbers;
  std::memcpy(&numbers.scale, graph.value(scale).constant->data, 4);
  numbers.zero = ZeroPoints(zero == kNoValue ? TensorView{} : *graph.value(zero).constant)[0];
  return numbers;
}

// All elements as one row: each is computed alone.
BytesParams one_row(ByteOp op, const Shape& shape) {
  BytesParams params{};
  params.op = op;
  params.rows = params.b_rows = params.b_columns = 1;
  params.columns = shape.elements();
  return params;
}

Result<bool> lower_quantize(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const ValueId from = node.inputs[0], to = node.outputs[0];
  const auto numbers = read_numbers(lowering, node.inputs[1], input_of(node, 2));
  if (!numbers || lowering.type(from).dtype != DType::kFloat32 || !is_8_bit(lowering, to) ||
      lowering.shape(from).elements() == 0 || node.attributes.get_int("block_size", 0) != 0) {
    return false;
  }
  BytesParams params = one_row(ByteOp::kQuantize, lowering.shape(from));
  params.y_signed = is_signed(lowering, to);
  params.scale = numbers->scale;
  params.zero = numbers->zero;
  lowering.step(id, kBytewise, params, {lowering.operand(from)}, {lowering.operand(to)});
  return true;
}

Result<bool> lower_dequantize(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const ValueId from = node.inputs[0], to = node.outputs[0];
  const auto numbers = read_numbers(lowering, node.inputs[1], input_of(node, 2));
  if (!numbers || !is_8_bit(lowering, from) || lowering.shape(from).elements() == 0 ||
      node.attributes.get_int("block_size", 0) != 0) {
    return false;
  }
  BytesParams params = one_row(ByteOp::kDequantize, lowering.shape(from));
  params.x_signed = is_signed(lowering, from);
  params.scale = numbers->scale;
  params.x_zero = numbers->zero;
  lowering.step(id, kBytewise, params, {lowering.operand(from)}, {lowering.operand(to)});
  return true;
}

Result<bool> lower_dynamic(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const ValueId from = node.inputs[0];
  if (node.outputs.size() != 3 || std::ranges::count(node.outputs, kNoValue) != 0 ||
      lowering.type(from).dtype != DType::kFloat32 || lowering.shape(from).elements() == 0) {
    return false;
  }
  BytesParams params = one_row(ByteOp::kQuantizeDynamic, lowering.shape(from));
  std::vector<OperandId> inputs = {lowering.operand(from)}, outputs;
  if (kBytewise.max_shares(params) > 1) {  // else each thread would look for the range of all of x
    params.op = ByteOp::kRanges;
    inputs.push_back(lowering.buffer({DType::kFloat32, Shape{kByteRanges, 2}}));
    lowering.step(id, kBytewise, params, {inputs[0]}, {inputs[1]});
    params.op = ByteOp::kQuantizeRanges;
  }
  for (const ValueId to : node.outputs) outputs.push_back(lowering.operand(to));
  lowering.step(id, kBytewise, params, std::move(inputs), std::move(outputs));
  return true;
}

// The shape of y as rows and columns such that b is all of it, a row, a column or one number; false for another
// broadcast.
bool read_rows(const Shape& y, const Shape& b, BytesParams& params) {
  const std::int64_t count = b.elements();
  params.rows = params.b_rows = params.b_columns = 1;
  params.columns = y.elements();
  if (count == 1) return true;
  params.b_columns = params.columns;
  if (count == y.elements()) return true;
  // b's dimensions are ones, then those of y; or those of y, then ones.
  int same = 0;
  while (same < b.rank() && b[b.rank() - 1 - same] == y[y.rank() - 1 - same]) ++same;
  params.columns = y.elements(y.rank() - same, y.rank());
  params.rows = y.elements() / params.columns;
  params.b_columns = params.columns;
  if (count == params.columns) return true;
  if (b.rank() != y.rank()) return false;
  same = 0;
  while (same < b.rank() && b[same] == y[same]) ++same;
  params.rows = params.b_rows = y.elements(0, same);
  params.columns = y.elements() / params.rows;
  params.b_columns = 1;
  return count == params.rows;
}

Result<bool> lower_pair(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const ValueId to = node.outputs[0];
  const Shape& y = lowering.shape(to);
  const bool first_is_whole = lowering.shape(node.inputs[0]).elements() == y.elements();
  const std::size_t a = first_is_whole ? 0 : 3, b = 3 - a;
  const auto of_a = read_numbers(lowering, node.inputs[a + 1], node.inputs[a + 2]);
  const auto of_b = read_numbers(lowering, node.inputs[b + 1], node.inputs[b + 2]);
  const auto of_y = read_numbers(lowering, node.inputs[6], input_of(node, 7));
  BytesParams params{};
  if (!of_a || !of_b || !of_y || y.elements() == 0 || lowering.shape(node.inputs[a]).elements() != y.elements() ||
      lowering.shape(node.inputs[b]).rank() > y.rank() || !read_rows(y, lowering.shape(node.inputs[b]), params)) {
    return false;
  }
  const bool is_product = node.op_type == "QLinearMul";
  params.op = is_product ? ByteOp::kMul : ByteOp::kAdd;
  params.x_signed = is_signed(lowering, node.inputs[a]);
  params.b_signed = is_signed(lowering, node.inputs[b]);
  params.y_signed = is_signed(lowering, to);
  params.x_zero = of_a->zero;
  params.b_zero = of_b->zero;
  params.zero = of_y->zero;
  const double a_scale = static_cast<double>(of_a->scale), b_scale = static_cast<double>(of_b->scale);
  params.x_factor = (is_product ? a_scale * b_scale : a_scale) / static_cast<double>(of_y->scale);
  params.b_factor = is_product ? 0 : b_scale / static_cast<double>(of_y->scale);
  lowering.step(id, kBytewise, params, {lowering.operand(node.inputs[a]), lowering.operand(node.inputs[b])},
                {lowering.operand(to)});
  return true;
}

// A channels-last pool; without a window, over the whole picture.
Result<bool> lower_qpool(Lowering& lowering, NodeId id, PoolKind kind, bool is_global) {
  const Node& node = lowering.graph().node(id);
  const ValueId from = node.inputs[0], to = node.outputs[0];
  const Shape& x = lowering.shape(from);
  const std::string_view auto_pad = node.attributes.get_string("auto_pad", "NOTSET");
  if (x.rank() != 4 || !is_8_bit(lowering, from) || x.elements() == 0 || lowering.shape(to).elements() == 0 ||
      (auto_pad != "NOTSET" && auto_pad != "VALID")) {
    return false;
  }
  QPoolParams params{};
  if (!read_pool(lowering, node, kind, params.pool)) return false;
  if (is_global) {
    params.pool.kernel_h = params.pool.in_h;
    params.pool.kernel_w = params.pool.in_w;
  }
  params.x_signed = is_signed(lowering, from);
  params.y_signed = is_signed(lowering, to);
  if (kind != PoolKind::kMax) {
    const auto of_x = read_numbers(lowering, node.inputs[1], input_of(node, 2));
    const auto of_y = read_numbers(lowering, node.inputs[3], input_of(node, 4));
    if (!of_x || !of_y) return false;
    params.x_scale = static_cast<double>(of_x->scale);
    params.x_zero = of_x->zero;
    params.y_scale = static_cast<double>(of_y->scale);
    params.zero = of_y->zero;
  }
  if (!kQPool.supports(params)) return false;
  lowering.step(id, kQPool, params, {lowering.operand(from)}, {lowering.operand(to)});
  return true;
}

bool is_channels_last(const Lowering& lowering, NodeId id) {
  return lowering.graph().node(id).attributes.get_int("channels_last", 0) != 0;
}

Result<bool> lower_average(Lowering& lowering, NodeId id) {
  if (!is_channels_last(lowering, id)) return false;
  const bool include_pad = lowering.graph().node(id).attributes.get_int("count_include_pad", 0) != 0;
  return lower_qpool(lowering, id, include_pad ? PoolKind::kAverageIncludePad : PoolKind::kAverage, false);
}

Result<bool> lower_global_average(Lowering& lowering, NodeId id) {
  return is_channels_last(lowering, id) ? lower_qpool(lowering, id, PoolKind::kAverage, true) : Result<bool>(false);
}

constexpr LowerRule kByteRules[] = {{"", "QuantizeLinear", lower_quantize},
                                    {"", "DequantizeLinear", lower_dequantize},
                                    {"com.microsoft", "QuantizeLinear", lower_quantize},
                                    {"com.microsoft", "DequantizeLinear", lower_dequantize},
                                    {"", "DynamicQuantizeLinear", lower_dynamic},
                                    {"com.microsoft", "QLinearAdd", lower_pair},
                                    {"com.microsoft", "QLinearMul", lower_pair},
                                    {"com.microsoft", "QLinearAveragePool", lower_average},
                                    {"com.microsoft", "QLinearGlobalAveragePool", lower_global_average}};

}  // namespace

Result<bool> lower_max_pool_of_bytes(Lowering& lowering, NodeId id) {
  return lower_qpool(lowering, id, PoolKind::kMax, false);
}

std::span<const LowerRule> byte_rules() noexcept { return kByteRules; }

}  // namespace kite
