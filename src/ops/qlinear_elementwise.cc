// SPDX-License-Identifier: Apache-2.0
// Operators of com.microsoft that map each 8-bit element, or each broadcast pair, by way of its real value; the result
// is rounded to y's 8 bits. The real values are float64, so that only the last rounding counts.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "ops/broadcast.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/quantization.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// x, x_scale, x_zero, y_scale, y_zero
Status infer_map(InferContext& context) {
  KITE_TRY(context.require_inputs(4, 5));
  KITE_TRY(require_dtype(context, 0, QuantizedTypes{}));
  KITE_TRY(context.get_float("alpha", 0.01F));
  KITE_TRY(require_scale(context, 1));
  KITE_TRY(require_zero_point(context, 2, context.input(0).dtype));
  KITE_TRY(require_scale(context, 3));
  KITE_TRY_ASSIGN(const DType dtype, result_type(context, 4));
  return context.set_output(0, TensorType{dtype, context.shape(0)});
}

// An 8-bit element has 256 values: one table, by its bits.
template <typename Fn>
Status map_table(const ComputeContext& context, Fn fn) {
  const double x_scale = scale_of(context, 1);
  const std::int32_t x_zero = ZeroPoints(context, 2)[0];
  const double y_scale = scale_of(context, 3);
  const MutableTensorView& y = context.outputs[0];
  const Rounding rounding(y.type.dtype, ZeroPoints(context, 4)[0]);
  const bool is_signed = context.inputs[0].type.dtype == DType::kInt8;
  std::array<std::byte, 256> table{};
  for (std::size_t bits = 0; bits < table.size(); ++bits) {
    const std::int32_t q = is_signed ? static_cast<std::int8_t>(bits) : static_cast<std::int32_t>(bits);
    table[bits] = rounding(fn((q - x_zero) * x_scale) / y_scale);
  }
  const auto [first, last] = context.share.of(y.type.shape.elements());
  for (std::int64_t i = first; i < last; ++i) y.data[i] = table[static_cast<std::size_t>(context.inputs[0].data[i])];
  return {};
}

Status compute_leaky_relu(const ComputeContext& context) {
  const double alpha = static_cast<double>(context.attributes.get_float("alpha", 0.01F));
  return map_table(context, [alpha](double x) { return x < 0 ? alpha * x : x; });
}

Status compute_sigmoid(const ComputeContext& context) {
  return map_table(context, [](double x) { return 1 / (1 + std::exp(-x)); });
}

// a, a_scale, a_zero, b, b_scale, b_zero, c_scale, c_zero
Status infer_pair(InferContext& context) {
  KITE_TRY(context.require_inputs(7, 8));
  for (const int i : {0, 3}) {
    if (!context.has_input(i)) return context.invalid("input " + std::to_string(i) + " must not be left out");
    KITE_TRY(require_dtype(context, i, QuantizedTypes{}));
    KITE_TRY(require_scale(context, i + 1));
    KITE_TRY(require_zero_point(context, i + 2, context.input(i).dtype));
  }
  KITE_TRY(require_scale(context, 6));
  KITE_TRY_ASSIGN(const DType dtype, result_type(context, 7));
  KITE_TRY_ASSIGN(const Shape shape, broadcast_inputs(context, {0, 3}));
  return context.set_output(0, TensorType{dtype, shape});
}

// c[i] = fn(a[i], b[i]) on elements without their zero points, in units of c's scale.
template <typename Fn>
Status map_pairs_rounded(const ComputeContext& context, Fn fn) {
  const TensorView& a = context.inputs[0];
  const TensorView& b = context.inputs[3];
  const std::int32_t a_zero = ZeroPoints(context, 2)[0];
  const std::int32_t b_zero = ZeroPoints(context, 5)[0];
  const MutableTensorView& c = context.outputs[0];
  const Rounding rounding(c.type.dtype, ZeroPoints(context, 7)[0]);
  Broadcast<2>(c.type.shape, {a.type.shape, b.type.shape})
      .for_each_row(context.share.of(c.type.shape.elements()), [&](const BroadcastRow<2>& row) {
        for (std::int64_t i = 0; i < row.count; ++i) {
          const std::int32_t left = quantized_at(a, row.in[0] + i * row.step[0]) - a_zero;
          const std::int32_t right = quantized_at(b, row.in[1] + i * row.step[1]) - b_zero;
          c.data[row.out + i] = rounding(fn(static_cast<double>(left), static_cast<double>(right)));
        }
      });
  return {};
}

Status compute_add(const ComputeContext& context) {
  const double c_scale = scale_of(context, 6);
  const double a_scale = scale_of(context, 1);
  const double b_scale = scale_of(context, 4);
  return map_pairs_rounded(context, [=](double a, double b) { return (a * a_scale + b * b_scale) / c_scale; });
}

Status compute_mul(const ComputeContext& context) {
  const double c_scale = scale_of(context, 6);
  const double scale = scale_of(context, 1) * scale_of(context, 4);
  return map_pairs_rounded(context, [=](double a, double b) { return a * b * scale / c_scale; });
}

// x, x_scale, x_zero, y_scale, y_zero; of a row of axes [axis, rank), or of one axis from opset 13 on.
Status infer_softmax(InferContext& context) {
  KITE_TRY(infer_map(context));
  KITE_TRY_ASSIGN(const std::int64_t axis, context.get_int("axis", -1));
  KITE_TRY(context.get_int("opset", 13));
  KITE_TRY(context.normalize_axis(axis, context.shape(0).rank()));
  return {};
}

Status compute_softmax(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const Shape& shape = x.type.shape;
  std::int64_t axis = context.attributes.get_int("axis", -1);
  if (axis < 0) axis += shape.rank();
  const int first = static_cast<int>(axis);
  const int last = context.attributes.get_int("opset", 13) < 13 ? shape.rank() : first + 1;
  const std::int64_t count = shape.elements(first, last);
  const std::int64_t inner = shape.elements(last, shape.rank());
  const double x_scale = scale_of(context, 1);
  const double y_scale = scale_of(context, 3);
  const Rounding rounding(context.outputs[0].type.dtype, ZeroPoints(context, 4)[0]);
  const auto normalise = [&](std::int64_t at) {
    std::int32_t largest = -128;
    for (std::int64_t i = 0; i < count; ++i) largest = std::max(largest, quantized_at(x, at + i * inner));
    const auto power = [&](std::int64_t i) { return std::exp((quantized_at(x, at + i * inner) - largest) * x_scale); };
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += power(i);
    for (std::int64_t i = 0; i < count; ++i) {
      context.outputs[0].data[at + i * inner] = rounding(power(i) / sum / y_scale);
    }
  };
  const std::int64_t outer = shape.elements(0, first);
  const ElementRange rows = context.share.of(outer * inner, 1);
  for (std::int64_t row = rows.first; row < rows.last; ++row) normalise(row / inner * count * inner + row % inner);
  return {};
}

}  // namespace

constexpr std::string_view kLimits = "uint8 and int8; float32 scales";
constexpr std::string_view kMicrosoft = "com.microsoft";

extern const Operator kQLinearAddOperator{kMicrosoft, "QLinearAdd", 1,           1,
                                          kLimits,    infer_pair,   compute_add, Sharing::kShared};
extern const Operator kQLinearMulOperator{kMicrosoft, "QLinearMul", 1,           1,
                                          kLimits,    infer_pair,   compute_mul, Sharing::kShared};
extern const Operator kQLinearLeakyReluOperator{kMicrosoft,         "QLinearLeakyRelu", 1, 1, kLimits, infer_map,
                                                compute_leaky_relu, Sharing::kShared};
extern const Operator kQLinearSigmoidOperator{kMicrosoft,      "QLinearSigmoid", 1, 1, kLimits, infer_map,
                                              compute_sigmoid, Sharing::kShared};
extern const Operator kQLinearSoftmaxOperator{kMicrosoft,      "QLinearSoftmax", 1, 1, kLimits, infer_softmax,
                                              compute_softmax, Sharing::kShared};

}  // namespace kite
