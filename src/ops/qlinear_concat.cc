// SPDX-License-Identifier: Apache-2.0
// QLinearConcat: tensors of their own scales, joined along an axis in the scale of y.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/checked.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/quantization.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// y_scale, y_zero, then x, x_scale, x_zero for each tensor that is joined.
Status infer(InferContext& context) {
  const int count = (context.input_count() - 2) / 3;
  if (count < 1 || context.input_count() != 2 + 3 * count) {
    return context.invalid("expected 2 inputs and 3 for each tensor, found " + std::to_string(context.input_count()));
  }
  KITE_TRY(require_scale(context, 0));
  KITE_TRY_ASSIGN(const DType dtype, result_type(context, 1));
  if (!context.attributes().has("axis")) return context.invalid("attribute 'axis' is missing");
  KITE_TRY_ASSIGN(const std::int64_t stated_axis, context.get_int("axis", 0));
  int axis = 0;
  Checked joined = 0;
  for (int i = 2; i < context.input_count(); i += 3) {
    if (!context.has_input(i)) return context.invalid("input " + std::to_string(i) + " must not be left out");
    KITE_TRY(require_dtype(context, i, QuantizedTypes{}));
    KITE_TRY(require_scale(context, i + 1));
    KITE_TRY(require_zero_point(context, i + 2, context.input(i).dtype));
    const Shape& first = context.shape(2);
    const Shape& shape = context.shape(i);
    KITE_TRY_ASSIGN(axis, context.normalize_axis(stated_axis, first.rank()));
    bool fits = shape.rank() == first.rank();
    for (int k = 0; fits && k < first.rank(); ++k) fits = k == axis || shape[k] == first[k];
    if (fits) joined += shape[axis];
    if (!fits || !joined.exact()) {
      return context.invalid("input " + std::to_string(i) + " of shape " + shape.to_string() +
                             " does not join input 2 of shape " + first.to_string());
    }
  }
  std::vector<std::int64_t> dims(context.shape(2).dims().begin(), context.shape(2).dims().end());
  dims[static_cast<std::size_t>(axis)] = *joined.exact();
  return context.set_output(0, dtype, dims);
}

// What each of the 256 values of an element of input `i` becomes, by its bits.
std::array<std::byte, 256> table_of(const ComputeContext& context, std::size_t i) {
  // In float32, as the two steps DequantizeLinear and QuantizeLinear would be.
  const auto x_scale = static_cast<float>(scale_of(context, i + 1));
  const std::int32_t x_zero = ZeroPoints(context, i + 2)[0];
  const auto y_scale = static_cast<float>(scale_of(context, 0));
  const Rounding rounding(context.outputs[0].type.dtype, ZeroPoints(context, 1)[0]);
  const bool is_signed = context.inputs[i].type.dtype == DType::kInt8;
  std::array<std::byte, 256> table{};
  for (std::size_t bits = 0; bits < table.size(); ++bits) {
    const std::int32_t q = is_signed ? static_cast<std::int8_t>(bits) : static_cast<std::int32_t>(bits);
    table[bits] = rounding(static_cast<float>(q - x_zero) * x_scale / y_scale);
  }
  return table;
}

Status compute(const ComputeContext& context) {
  const MutableTensorView& y = context.outputs[0];
  const Shape& shape = y.type.shape;
  std::int64_t stated_axis = context.attributes.get_int("axis", 0);
  const int axis = static_cast<int>(stated_axis < 0 ? stated_axis + shape.rank() : stated_axis);
  const std::int64_t outer = shape.elements(0, axis);
  const std::int64_t row = shape.elements(axis, shape.rank());
  std::int64_t at = 0;  // within a row of y
  for (std::size_t i = 2; i < context.inputs.size(); i += 3) {
    const std::array<std::byte, 256> table = table_of(context, i);
    const std::int64_t run = context.inputs[i].type.shape.elements(axis, shape.rank());
    const auto [first, last] = context.share.of(outer * run);
    for (std::int64_t k = first; k < last; ++k) {
      y.data[k / run * row + at + k % run] = table[static_cast<std::size_t>(context.inputs[i].data[k])];
    }
    at += run;
  }
  return {};
}

}  // namespace

extern const Operator kQLinearConcatOperator{
    "com.microsoft", "QLinearConcat", 1, 1, "uint8 and int8; float32 scales", infer, compute, Sharing::kShared};

}  // namespace kite
